"""A page's blocks as Markdown."""

from typing import Any

from data_ingestion.page_file import StoredBlock, StoredTable
from data_ingestion.page_markdown import page_markdown


def block(kind: str, text: str, **more: Any) -> StoredBlock:
    return StoredBlock(kind, text, **more)


def test_blocks_are_written_in_their_order_without_what_is_printed_around_the_text() -> None:
    rows = (("Length", "Fee"), ("8 m", "9|00"))
    made = page_markdown(
        [
            block("running_line", "The Handbook 4"),
            block("heading", "Moorings", level=2),
            block("paragraph", "Every ship pays."),
            block("list_item", "by the day", depth=0),
            block("list_item", "from noon", depth=1),
            block("list_item", "1. in coin", depth=0),
            block("table", "", table=StoredTable(rows, header_rows=1)),
            block("stamp", "DRAFT"),
            block("code", "a\n  b"),
            block("figure", ""),
            block("heading", "Deep", level=9),
        ]
    )
    assert made == (
        "## Moorings\n\nEvery ship pays.\n\n- by the day\n  - from noon\n1. in coin\n\n"
        "| Length | Fee |\n| --- | --- |\n| 8 m | 9\\|00 |\n\n```\na\n  b\n```\n\n###### Deep"
    )
