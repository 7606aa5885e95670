"""Tables of a page as files, from the reader."""

import pytest

from composition.parts import Parts
from tests.support.panel import Visitor, put_document, put_page_file

TABLE = {
    "kind": "table", "text": "", "boxes": [[50.0, 100.0, 350.0, 150.0]], "start": 0, "end": 80, "provenance": "layout",
    "table": {
        "rows": [["Gate", "Minutes"], ["North, old", "11"], ["=South", "-3"]], "header_rows": 1,
        "header": ["Gate", "Minutes"], "spans": [], "row_boxes": [],
    },
}  # fmt: skip


@pytest.fixture
def address(parts: Parts) -> str:
    put_page_file(parts, "a b.pdf", 1, [TABLE], pages=1)
    return f"/documents/{put_document(parts, 'a b.pdf', pages_total=1)}/pages/1"


def test_the_reader_offers_each_table_as_csv_and_json(parts: Parts, browser: Visitor, address: str) -> None:
    page = browser.get(address).text
    for kind in ("csv", "json"):
        label = f"Table 1 of page A-1 as {kind.upper()}"
        assert f'<a href="{address}/tables/1.{kind}" download aria-label="{label}">' in page
    csv = browser.get(f"{address}/tables/1.csv")
    assert csv.text == 'Gate,Minutes\r\n"North, old",11\r\n\'=South,-3\r\n'
    assert csv.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%20b-page-1-table-1.csv"
    box = {"page": 1, "x0": 50.0, "y0": 100.0, "x1": 350.0, "y1": 150.0}
    assert list(browser.get(f"{address}/tables/1.json").json.items()) == [
        ("page", 1), ("number", 1), ("title", ""), ("heading_path", ""), ("columns", ["Gate", "Minutes"]),
        ("row_count", 2), ("boxes", [box]), ("first_row", 0), ("rows", [["North, old", "11"], ["=South", "-3"]]),
        ("row_boxes", [box, box]),
    ]  # fmt: skip
    for gone in ("/tables/2.csv", "/tables/0.csv", "/tables/1.xls"):
        assert browser.get(address + gone).status_code == 404
    # A document that was stored without files offers none, and says so.
    other = put_document(parts, "old.pdf")
    assert browser.get(f"/documents/{other}/pages/1/tables/1.csv").status_code == 404
