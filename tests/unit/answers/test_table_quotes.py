"""What of a table answers a question: cells with the names of their row and column."""

import pytest

from answers.extractive_reader import read
from answers.passage_tables import PassageTable, TableRow, cells_of, tables_in
from answers.table_quotes import named_columns
from embeddings.bm25 import terms
from foundation.placed_box import PlacedBox
from tests.support.passages import passage

FEES = (
    "4.1 Table of berth fees\n\n| Length | Summer, a day | Winter, a day | Water and power |\n"
    "| --- | --- | --- | --- |\n"
    "| up to 8 m | 9.00 | 5.00 | 1.50 |\n| 8 to 12 m | 14.00 | 8.00 | 2.50 |\n| 12 to 20 m | 26.00 | 15.00 | |\n\n"
    "4.2 Winter storage\n\nBoats may be stored ashore from October to April."
)
LAMPS = "| Lamp | Keeper | Height |\n| --- | --- | --- |\n| Red | A. Holm | 12 m |\n| White | the pilot | 30 m |"
RATES = "| | 2018 | 2017 |\n| --- | --- | --- |\n| Net revenues | 32,765 | 31,657 |\n| Net income | 5,000 | 4,900 |"
IN_WINTER = "up to 8 m (Winter, a day): 5.00; 8 to 12 m (Winter, a day): 8.00; 12 to 20 m (Winter, a day): 15.00."
PATH = "4 Moorings and fees > 4.1 Table of berth fees"


@pytest.mark.parametrize(
    ("question", "text", "path", "quote"),
    [
        ("What does a berth cost in winter?", FEES, PATH, IN_WINTER),
        ("How much does a berth of 8 to 12 m cost in winter?", FEES, PATH, "8 to 12 m (Winter, a day): 8.00."),
        ("How much is water and power for 8 to 12 m?", FEES, PATH, "8 to 12 m (Water and power): 2.50."),
        ("Who is the keeper of the red lamp?", LAMPS, "", "Red (Keeper): A. Holm."),
        ("How high is the white lamp?", LAMPS, "", "White: the pilot · 30 m."),
        ("What is the height of the white lamp?", LAMPS, "", "White (Height): 30 m."),
        ("What were net revenues in 2017?", RATES, "", "Net revenues (2017): 31,657."),
        ("What were net revenues in 2016?", RATES, "", "Net revenues: 32,765 · 31,657."),
    ],
)
def test_a_question_gets_the_cells_that_it_names(question: str, text: str, path: str, quote: str) -> None:
    first = read(question, [passage(1, text, heading_path=path)]).sentences[0]

    assert first.text == quote


def test_every_figure_stands_in_a_cell_of_the_cited_rows() -> None:
    places = [(FEES.index(line), line) for line in FEES.split("\n") if line]
    lines = [[at, at + len(line), 4, 48, at, 370, at + 18] for at, line in places]
    source = passage(1, FEES, heading_path=PATH, line_boxes=lines)
    [only] = read("What does a berth cost in winter?", [source]).sentences
    [citation] = only.citations
    rows = [row for table in tables_in(FEES) for row in table.rows]

    cells = {cell for row in rows for cell in row.cells}
    assert {number.text for number in only.numbers if "." in number.text} == {"5.00", "8.00", "15.00"} <= cells
    assert citation.boxes == tuple(PlacedBox(4, 48, row.start, 370, row.start + 18) for row in rows)


@pytest.mark.parametrize(
    ("question", "path"),
    [
        pytest.param("What does a pilot cost in spring?", PATH, id="no column"),
        pytest.param("What does a pilot cost in winter?", "7 Weather", id="a column of a table about something else"),
    ],
)
def test_a_table_that_does_not_fit_is_not_quoted(question: str, path: str) -> None:
    assert all("5.00" not in one.text for one in read(question, [passage(1, FEES, heading_path=path)]).sentences)


def test_a_long_column_is_not_quoted() -> None:
    rows = "".join(f"| {n} m | {n}.50 |\n" for n in range(1, 20))
    text = f"| Length | Winter |\n| --- | --- |\n{rows}"

    assert read("What does a berth cost in winter?", [passage(1, text, heading_path=PATH)]).sentences == ()


@pytest.mark.parametrize(
    ("header", "question", "columns"),
    [
        (("Length", "Summer, a day", "Winter, a day"), "per day in winter", (2,)),
        (("Length", "Summer, a day", "Winter, a day"), "per day", ()),
        (("Length", "Fee"), "fee", (1,)),
        (("Winter", "Fee"), "winter", ()),
        (("", "2018", "2017"), "in 2018 and 2017", (1, 2)),
    ],
)
def test_columns_that_a_question_names(header: tuple[str, ...], question: str, columns: tuple[int, ...]) -> None:
    years = [year for year in ("2017", "2018") if year in question]

    assert named_columns(header, terms(question), years, "en") == columns


def test_tables_of_a_passage_have_their_rows_places() -> None:
    text = "| a | b |\n|---|---|\n| 1 \\| 2 | 3 |\n\n| cut | off |\n\n| c |\n|---|\n| 4"

    assert list(tables_in(text)) == [
        PassageTable(("a", "b"), (TableRow(("1 | 2", "3"), 20, 34),)),
        PassageTable(("c",), (TableRow(("4",), 63, 66),)),
    ]
    assert [text[row.start : row.end] for table in tables_in(text) for row in table.rows] == ["| 1 \\| 2 | 3 |", "| 4"]
    assert cells_of("| 1 | | 2") == ("1", "", "2")
