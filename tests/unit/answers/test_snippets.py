"""Snippets: which sentences of a passage stand for it, what of them is marked, and where they are on the page."""

import pytest

from answers.snippets import MAX_CHARACTERS, cut_snippets, matching_sentences, page_of, snippets_of
from foundation.placed_box import PlacedBox
from vector_stores.points import Hit

TEXT = (
    "The company sells adhesives. Its operating margin fell by 1.7 percentage points in the year that ended now."
    "\n\nWeather was mild. Employees number 92,000 people in more than seventy countries of the world."
)
FIRST, SECOND = PlacedBox(4, 50, 100, 500, 110), PlacedBox(4, 50, 110, 400, 120)
LINES = [[0, 60, 4, 50, 100, 500, 110], [60, 115, 4, 50, 110, 400, 120], [117, 210, 5, 50, 70, 500, 80]]
HEAD = "| Percent | 2022 | 2021 |\n| --- | --- | --- |\n"
TABLE = HEAD + "| Cost of sales | 56.2 | 53.2 |\n| Operating margin | 19.1 | 20.8 |"


def test_the_sentence_that_matches_stands_for_its_passage() -> None:
    """The words of the query are marked in it, other forms of them too; its boxes are those of its own lines."""
    (snippet,) = snippets_of("What drove the operating margins?", Hit("1", 1.0, TEXT, {"line_boxes": LINES}))
    assert snippet.text.startswith("Its operating margin fell")
    assert snippet.text.endswith("now.")
    assert [snippet.text[slice(*match)] for match in snippet.matches] == ["operating", "margin"]
    assert TEXT[snippet.start : snippet.end] == snippet.text
    assert snippet.boxes == (FIRST, SECOND)


def test_two_sentences_are_shown_when_each_has_words_of_its_own() -> None:
    snippets = cut_snippets("margin employees", TEXT, {"line_boxes": LINES})
    assert [snippet.boxes[0].page for snippet in snippets] == [4, 5]
    assert [len(cut_snippets("margin operating", TEXT, {})), len(cut_snippets("margin employees", TEXT, {}, 1))] == [
        1,
        1,
    ]


def test_a_passage_found_by_its_meaning_begins_with_its_beginning() -> None:
    (snippet,) = cut_snippets("profitability", TEXT, {})
    assert snippet.start == 0
    assert snippet.matches == ()


def test_a_row_of_a_table_is_shown_with_its_header() -> None:
    (snippet,) = cut_snippets("operating margin", TABLE, {"line_boxes": [[75, 106, 9, 1, 2, 3, 4]]})
    assert snippet.text == "Operating margin · 19.1 · 20.8"
    assert snippet.header == "Percent · 2022 · 2021"
    assert snippet.boxes == (PlacedBox(9, 1, 2, 3, 4),)


FEES = (
    "4.1 Table of berth fees\n\n| Length | Summer, a day | Winter, a day |\n| --- | --- | --- |\n"
    "| up to 8 m | 9.00 | 5.00 |\n| 8 to 12 m | 14.00 | 8.00 |\n\nLonger ships ask."
)
FEES_ABOVE = {"heading_path": "4 Moorings and fees > 4.1 Table of berth fees"}
COLUMNS = "Length · Summer, a day · Winter, a day"
FIRST_ROW, SECOND_ROW = "up to 8 m · 9.00 · 5.00", "8 to 12 m · 14.00 · 8.00"


@pytest.mark.parametrize(
    ("query", "shown", "header"),
    [
        ("berth fees in winter", f"{FIRST_ROW}; {SECOND_ROW}", COLUMNS),  # the title and a column: all rows answer
        ("berth fees", f"{FIRST_ROW}; {SECOND_ROW}", COLUMNS),  # the title only
        ("winter", f"{FIRST_ROW}; {SECOND_ROW}", COLUMNS),  # a column only
        ("berth fees of 12 m", SECOND_ROW, COLUMNS),  # a row is named
        ("mooring", f"{FIRST_ROW}; {SECOND_ROW}", COLUMNS),  # found by its meaning
        ("berth fees of longer ships", "Longer ships ask.", ""),  # a sentence is named
    ],
)
def test_rows_of_a_table_are_shown_rather_than_its_title_or_header(query: str, shown: str, header: str) -> None:
    """A title and the names of columns say what a passage is about, and answer nothing."""
    (snippet,) = cut_snippets(query, FEES, FEES_ABOVE, 1)
    assert (snippet.text, snippet.header) == (shown, header)


def test_of_a_long_table_as_many_rows_are_shown_as_a_snippet_holds() -> None:
    rows = "\n".join(f"| Pier {number} on the northern mole | {number}.00 |" for number in range(60))
    (snippet,) = cut_snippets("winter", f"| Place | Winter |\n| --- | --- |\n{rows}", {})
    assert snippet.text.startswith("Pier 0 on the northern mole · 0.00; Pier 1 on")
    assert snippet.text.endswith(".00")
    assert len(snippet.text) <= MAX_CHARACTERS


def test_the_rows_that_are_shown_are_marked_on_the_page() -> None:
    header, first, second = FEES.index("| Length"), FEES.index("| up"), FEES.index("| 8 to")
    lines = [[0, 23, 3, 1, 1, 9, 9], [header, header + 46, 4, 1, 2, 9, 9], [first, first + 27, 4, 1, 3, 9, 9],
             [second, second + 28, 4, 1, 4, 9, 9]]  # fmt: skip
    hit = Hit("1", 1.0, FEES, {**FEES_ABOVE, "page": 3, "line_boxes": lines})
    (snippet,) = snippets_of("berth fees in winter", hit)
    places = (PlacedBox(4, 1, 3, 9, 9), PlacedBox(4, 1, 4, 9, 9))
    assert snippet.boxes == places
    assert page_of("berth fees in winter", hit) == 4
    assert tuple(box for one in matching_sentences("berth fees in winter", hit, 4) for box in one.boxes) == places


def test_a_heading_gives_way_to_what_stands_below_it() -> None:
    text = (
        "4.2 Winter storage\n\nBoats may be stored ashore from October to April by those who ask.\n\n"
        "Masts are laid on the racks."
    )
    above = {"heading_path": "4 Moorings and fees > 4.2 Winter storage"}
    assert [snippet.text for snippet in cut_snippets("winter", text, above)] == [
        "Boats may be stored ashore from October to April by those who ask."
    ]
    assert [snippet.text for snippet in cut_snippets("racks in winter", text, above)] == [
        "Masts are laid on the racks."
    ]
    (alone,) = cut_snippets("winter", "4.2 Winter storage", above)
    assert alone.text == "4.2 Winter storage"


def test_a_row_that_is_named_stands_alone() -> None:
    """The next row would be read as its end."""
    assert cut_snippets("up to 8 m", FEES, FEES_ABOVE, 1)[0].text == FIRST_ROW


def test_a_long_sentence_is_cut_around_what_matches() -> None:
    text = "word " * 200 + "needle in it " + "word " * 200
    (snippet,) = cut_snippets("needle", text, {})
    assert len(snippet.text) <= MAX_CHARACTERS + len("… ") * 2
    assert snippet.text.startswith("… word")
    assert snippet.text.endswith("word …")
    assert [snippet.text[slice(*match)] for match in snippet.matches] == ["needle"]


def test_a_cut_row_keeps_no_marks_of_its_cells() -> None:
    row = "| " + " | ".join(f"column {number}" for number in range(60)) + " | needle | more | cells |"
    (snippet,) = cut_snippets("needle", row, {})
    assert "|" not in snippet.text
    assert "needle" in snippet.text


def test_what_an_older_version_stored_has_the_boxes_of_its_passage() -> None:
    box = {"page": 4, "x0": 50, "y0": 100, "x1": 500, "y1": 120}
    (snippet,) = cut_snippets("margin", TEXT, {"boxes": [box]})
    assert snippet.boxes == (PlacedBox(4, 50, 100, 500, 120),)
    assert cut_snippets("margin", TEXT, {})[0].boxes == ()


@pytest.mark.parametrize(
    ("query", "text", "language", "marked"),
    [
        ("人人生而自由", "序言。人人生而自由,在尊严和权利上一律平等。", "zh", ["人人生而自由"]),
        ("権利", "すべての人間は、尊厳と権利とについて平等である。", "ja", ["権利"]),
        ("자유", "모든 인간은 태어날 때부터 자유로우며 평등하다.", "ko", ["자유"]),
        ("Rechte", "Alle Menschen sind frei und gleich an Würde und Rechten geboren.", "de", ["Rechten"]),
    ],
)
def test_words_are_matched_as_the_language_is_searched(query: str, text: str, language: str, marked: list[str]) -> None:
    (snippet,) = cut_snippets(query, text, {"language": language})
    assert [snippet.text[slice(*match)] for match in snippet.matches] == marked


@pytest.mark.parametrize(("query", "text"), [("", "Some text."), ("word", ""), ("🙂", "Some text."), ("word", "\n\n")])
def test_nothing_to_match_is_no_fault(query: str, text: str) -> None:
    assert [snippet.matches for snippet in cut_snippets(query, text, {})] in ([], [()])


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("margin", 4),
        ("weather", 5),
        ("margin of weather and mild employees", 5),  # one word stands on page 4, two in a sentence of page 5
        ("zeppelin", 3),
        ("", 3),
    ],
)
def test_a_hit_is_opened_where_its_best_matching_sentence_stands(query: str, page: int) -> None:
    text = TEXT.replace("Weather was mild. ", "Weather was mild for employees. ")
    end = text.index("\n\n")
    lines = [[0, end, 4, 50, 100, 500, 120], [end + 2, len(text), 5, 50, 70, 500, 80]]
    assert page_of(query, Hit("1", 1.0, text, {"page": 3, "line_boxes": lines})) == page


def test_a_hit_without_known_lines_is_opened_where_it_begins() -> None:
    """What an older version stored, and the header of a table that a chunk repeats from another page."""
    assert page_of("margin", Hit("1", 1.0, TEXT, {"page": 3})) == 3
    assert page_of("margin", Hit("1", 1.0, TEXT, {"page": 3, "line_boxes": []})) == 3
