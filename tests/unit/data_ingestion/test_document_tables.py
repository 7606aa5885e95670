"""A document's tables as data: whole tables over pages, names over columns, cells over rows, safe CSV."""

from typing import cast

import pytest

from data_ingestion.artifacts import Artifacts
from data_ingestion.document_file import DocumentFile, ListedPage
from data_ingestion.document_metadata import DocumentMetadata
from data_ingestion.document_tables import DocumentTable, tables_of
from data_ingestion.page_file import PageFile, StoredBlock, StoredTable
from data_ingestion.table_reading import FilesMissing, TableTooLong, find_table, list_tables
from document_structure.section_tree import Section
from foundation.placed_box import PlacedBox
from pdf_reader.blocks import Cell, flat_header

HEADER = ["Grain", "2022", "2021"]
KEY = "source-pdfs/mill.pdf"


def table(
    *rows: list[str], header_rows: int = 1, spans: tuple[Cell, ...] = (), top: float = 100.0, continues: bool = False
) -> StoredBlock:
    """A table's block, 20 points a row, between 50 and 350 points from the left."""
    texts = tuple(map(tuple, rows))
    boxes = tuple((50.0, top + 20 * row, 350.0, top + 20 * row + 20) for row in range(len(rows)))
    header = flat_header(texts, header_rows, spans)
    stored = StoredTable(texts, header_rows, header, spans, boxes[header_rows:], continues)
    return StoredBlock("table", "", ((50.0, top, 350.0, boxes[-1][3]),), 1, 2, "layout", table=stored)


def text(words: str, kind: str = "paragraph") -> StoredBlock:
    return StoredBlock(kind, words, (), 0, 0 if kind == "stamp" else 1, "layout")


def page(number: int, *blocks: StoredBlock) -> PageFile:
    return PageFile(number, blocks, heading_path="Sales")


def cells(found: DocumentTable) -> list[tuple[str, ...]]:
    return [row.cells for row in found.rows]


class Files:
    """The files of one document, as S3 has them; counts what is read."""

    def __init__(self, *pages: PageFile, says_tables: bool = True) -> None:
        self.pages = {item.page: item for item in pages}
        listed = [
            ListedPage(item.page, table_count=sum(b.table is not None for b in item.blocks) if says_tables else None)
            for item in pages
        ]
        self.document = DocumentFile(pages=tuple(listed))
        self.read: list[str] = []

    def get_metadata(self, s3_key: str) -> DocumentMetadata | None:
        return DocumentMetadata(generation="000001-a") if s3_key == KEY else None

    def get_document(self, s3_key: str, generation: str) -> DocumentFile | None:
        self.read.append("document.json")
        return self.document

    def get_page(self, s3_key: str, generation: str, page: int) -> PageFile | None:
        self.read.append(f"pages/{page}.json")
        return self.pages.get(page)

    @property
    def artifacts(self) -> Artifacts:
        return cast(Artifacts, self)


def test_a_table_has_names_of_columns_rows_and_their_places() -> None:
    block = table(HEADER, ["Flour", "1,200", "1,100"], ["Bran", "300", "280"])
    [found] = tables_of([page(3, text("Sales by grain"), block)])
    assert (found.info.page, found.info.number, found.info.title) == (3, 1, "Sales by grain")
    assert found.info.columns == ("Grain", "2022", "2021")
    assert cells(found) == [("Flour", "1,200", "1,100"), ("Bran", "300", "280")]
    assert found.rows[1].box == PlacedBox(3, 50.0, 140.0, 350.0, 160.0)
    assert found.info.row_count == 2


def test_a_heading_found_by_layout_is_a_title_and_a_stamp_is_none() -> None:
    block = table(HEADER, ["Flour", "1,200", "1,100"])
    [found] = tables_of([page(1, text("Sales by grain", "heading"), text("DRAFT", "stamp"), block)])
    assert found.info.title == "Sales by grain"


def test_the_heading_path_is_the_one_at_the_table_not_at_the_pages_start() -> None:
    outline = [Section(1, "Sales", 1, 0), Section(2, "Grain", 2, 1), Section(2, "Flour", 2, 9)]
    [found] = tables_of([page(2, table(HEADER, ["Flour", "1", "2"]))], outline)
    assert found.info.heading_path == "Sales > Grain"


@pytest.mark.parametrize(
    "later", [table(HEADER, ["Rye", "10", "20"]), table(["Rye", "10", "20"])], ids=["names printed again", "no names"]
)
def test_a_table_over_pages_is_one_and_names_printed_again_are_no_row(later: StoredBlock) -> None:
    foot = text("Page 1 of 2", "running_line")
    first = page(1, text("Sales"), table(HEADER, ["Flour", "1,200", "1,100"]), foot)
    [found] = tables_of([first, page(2, text("Mill Ltd.", "running_line"), later, text("The end."))])
    assert cells(found) == [("Flour", "1,200", "1,100"), ("Rye", "10", "20")]
    assert [box.page for box in found.info.boxes] == [1, 2]
    assert found.numbers == ((1, 1), (2, 1))
    assert found.rows[1].box.page == 2
    assert found.info.title == "Sales"


def test_text_between_two_tables_parts_them() -> None:
    first = page(1, table(HEADER, ["Flour", "1,200", "1,100"]), text("That was 2022."))
    assert len(list(tables_of([first, page(2, table(HEADER, ["Rye", "10", "20"]))]))) == 2


def test_tags_make_a_table_one_whatever_stands_between() -> None:
    first = page(1, table(HEADER, ["Flour", "1,200", "1,100"]), text("1 A footnote.", "footnote"))
    second = page(2, text("continued"), table(HEADER, ["Rye", "10", "20"], continues=True))
    [found] = tables_of([first, second])
    assert len(found.rows) == 2


def test_a_cell_over_rows_is_said_in_each_and_one_over_columns_once() -> None:
    spans = (Cell(1, 0, 2, 1), Cell(3, 1, 1, 2))
    [found] = tables_of([page(1, table(HEADER, ["Flour", "1", "2"], ["", "3", "4"], ["Sum", "10", ""], spans=spans))])
    assert cells(found) == [("Flour", "1", "2"), ("Flour", "3", "4"), ("Sum", "10", "")]


def test_a_name_over_columns_is_said_with_each() -> None:
    rows = (["", "Sales", ""], HEADER, ["Flour", "1", "2"])
    [found] = tables_of([page(1, table(*rows, header_rows=2, spans=(Cell(0, 1, 1, 2),)))])
    assert found.info.columns == ("Grain", "Sales 2022", "Sales 2021")


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =cmd|' /C calc'!A0", "' =cmd|' /C calc'!A0"),
        ("-2+3+cmd", "'-2+3+cmd"),
        ("＝1+1", "'＝1+1"),
        ("-1,200.5", '"-1,200.5"'),
        ("+3%", "+3%"),
        ("-", "-"),
        ("wheat", "wheat"),
        ('5" pipe', '"5"" pipe"'),
    ],
)
def test_csv_computes_nothing_and_keeps_amounts(cell: str, written: str) -> None:
    [found] = tables_of([page(1, table(["Name", "Value"], ["a", cell]))])
    assert found.to_csv() == f"Name,Value\r\na,{written}\r\n"


def test_a_list_reads_pages_with_tables_only() -> None:
    files = Files(page(1, text("a")), page(2, table(HEADER, ["Flour", "1", "2"])), page(3, text("b")))
    assert [info.page for info in list_tables(files.artifacts, KEY)] == [2]
    assert files.read == ["document.json", "pages/2.json"]


def test_files_of_an_earlier_version_are_read_whole() -> None:
    files = Files(page(1, text("a")), page(2, table(HEADER, ["Flour", "1", "2"])), says_tables=False)
    assert [info.page for info in list_tables(files.artifacts, KEY)] == [2]


def test_a_later_part_is_found_with_the_whole_table() -> None:
    pages = [page(n, table(HEADER, [f"row {n}", str(n), "2"])) for n in range(2, 6)]
    files = Files(page(1, table(HEADER, ["other", "1", "2"]), text("between")), *pages, page(6, text("end")))
    found = find_table(files.artifacts, KEY, 4, 1)
    assert found is not None
    assert [row.cells[0] for row in found.rows] == ["row 2", "row 3", "row 4", "row 5"]
    assert find_table(files.artifacts, KEY, 4, 2) is None
    assert find_table(files.artifacts, KEY, 6, 1) is None
    assert find_table(files.artifacts, KEY, 7, 1) is None


def test_a_second_table_of_a_page_is_found_by_its_number() -> None:
    one, two = table(HEADER, ["a", "1", "2"]), table(["X", "Y"], ["b", "1"], top=300.0)
    found = find_table(Files(page(1, one, text("between"), two)).artifacts, KEY, 1, 2)
    assert found is not None
    assert found.info.columns == ("X", "Y")


def test_a_document_without_files_is_said_to_need_processing() -> None:
    with pytest.raises(FilesMissing, match="Process it again"):
        list_tables(Files().artifacts, "source-pdfs/unknown.pdf")


def test_a_table_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_ingestion.table_reading.MAX_PAGES", 3)
    files = Files(*(page(n, table(HEADER, [str(n), "1", "2"])) for n in range(1, 9)))
    for asked in (1, 8):
        with pytest.raises(TableTooLong, match="more than 3 pages"):
            find_table(files.artifacts, KEY, asked, 1)
