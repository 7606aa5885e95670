"""A page's file: files of released versions come back byte for byte, and faulty ones are read as far as they go."""

import json
from pathlib import Path
from typing import Any

import pytest

from data_ingestion.document_export import PageSpool, page_files
from data_ingestion.page_file import PageFile, StoredBlock, StoredTable
from document_structure import Section, Structure
from pdf_reader.blocks import Annotation, Block, BlockKind, Cell, Provenance, Table
from pdf_reader.document import DocumentFacts, Page, PageOutcome

RELEASES = Path(__file__).resolve().parents[2] / "data"
BOX = (10.0, 20.0, 300.126, 40.0)
STORED_BOX = [10.0, 20.0, 300.13, 40.0]


def stored_pages() -> list[Path]:
    files = sorted(RELEASES.glob("v*/files/*.json"))
    return [path for path in files if b'"blocks":' in path.read_bytes()[:400]]


def written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def test_files_of_released_versions_come_back_byte_for_byte() -> None:
    files = stored_pages()
    assert len(files) > 20
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert written(PageFile.from_json(json.loads(text)).to_json()) == text, path


def test_a_page_is_written_with_every_key_in_its_place() -> None:
    rows = (("Gate", "Minutes"), ("North", "11"))
    table = Table(BOX, rows, "", 20, 60, spans=(Cell(1, 0, 1, 2),), row_boxes=(BOX,), continues=True)
    blocks = (
        Block(BlockKind.HEADING, "Gates", (BOX,), 0, 5, depth=2, provenance=Provenance.TAGS, language="de"),
        Block(BlockKind.LIST_ITEM, "north", (BOX,), 7, 12, depth=1),
        Block(BlockKind.TABLE, "", (BOX,), 20, 60, table=table),
    )
    page = Page(
        1, PageOutcome.TEXT, "", width=400, height=600.456, blocks=blocks,
        annotations=(Annotation("text", "Ann", "Why?", BOX),), losses=("links: timed out",), notes=("a note",),
    )  # fmt: skip
    spool = PageSpool()
    spool.add(page)
    spool.add_loss(1, "image: crashed")
    [file] = page_files(spool, DocumentFacts(1, page_labels=("iv",)), Structure((), "none", {}))
    assert written(file.to_json()) == written(
        {
            "schema": 1, "label": "iv", "heading_path": "", "page": 1, "outcome": "text", "text_source": "native",
            "width": 400, "height": 600.46,
            "blocks": [
                {
                    "kind": "heading", "text": "Gates", "boxes": [STORED_BOX], "start": 0, "end": 5,
                    "provenance": "tags", "level": 2, "language": "de",
                },
                {
                    "kind": "list_item", "text": "north", "boxes": [STORED_BOX], "start": 7, "end": 12,
                    "provenance": "layout", "depth": 1,
                },
                {
                    "kind": "table", "text": "", "boxes": [STORED_BOX], "start": 20, "end": 60, "provenance": "layout",
                    "table": {
                        "rows": [["Gate", "Minutes"], ["North", "11"]], "header_rows": 1,
                        "header": ["Gate", "Minutes"],
                        "spans": [{"row": 1, "column": 0, "row_span": 1, "column_span": 2}],
                        "row_boxes": [STORED_BOX], "continues": True,
                    },
                },
            ],
            "annotations": [{"kind": "text", "author": "Ann", "text": "Why?", "box": list(BOX)}],
            "losses": ["links: timed out", "image: crashed"], "notes": ["a note"],
        }
    )  # fmt: skip


def test_headings_and_running_lines_are_those_of_the_whole_document() -> None:
    def block(text: str, start: int, kind: BlockKind = BlockKind.PARAGRAPH, **more: Any) -> Block:
        return Block(kind, text, (BOX,), start, start + len(text), **more)

    blocks = (
        block("The Handbook", 0),
        block("Gates", 14, language="de"),
        block("1. north", 21, BlockKind.LIST_ITEM),
        block("a flood-gate", 31),
        block("Locks", 45, BlockKind.HEADING, depth=2, language="de"),
    )
    spool = PageSpool()
    spool.add(Page(3, PageOutcome.TEXT, blocks=blocks))
    sections = tuple(Section(level, "", 3, at) for level, at in ((1, 0), (1, 14), (2, 14), (1, 21), (3, 45)))
    structure = Structure(sections, "outline", {3: ((0, 12),)}, {"flood-gate": "floodgate"})
    [file] = page_files(spool, DocumentFacts(3), structure)

    assert [(block.kind, block.level, block.text) for block in file.blocks] == [
        ("running_line", None, "The Handbook"),
        ("heading", 1, "Gates"),
        ("list_item", None, "1. north"),
        ("paragraph", None, "a floodgate"),
        ("heading", 3, "Locks"),
    ]
    assert PageFile.from_json(json.loads(written(file.to_json()))) == file


def test_what_a_file_lacks_has_its_default_and_what_is_unknown_is_left_out() -> None:
    table = {"rows": [["Year"], ["2022"]], "caption": "later"}
    value = {"page": 5, "blocks": [{"kind": "chart", "style": "later"}, {"kind": "table", "table": table}], "mood": "x"}
    assert PageFile.from_json(value) == PageFile(
        5, (StoredBlock("chart"), StoredBlock("table", table=StoredTable((("Year",), ("2022",)))))
    )


def test_null_is_read_as_nothing() -> None:
    block = dict.fromkeys(("text", "boxes", "start", "end", "provenance", "depth", "level", "language", "table"))
    value = {"page": 5, "blocks": [{"kind": "stamp", **block}], "label": None, "annotations": None, "losses": None}
    assert PageFile.from_json(value) == PageFile(5, (StoredBlock("stamp"),))


@pytest.mark.parametrize(
    ("value", "missing"),
    [
        ({"page": 5}, "blocks"),
        ({"blocks": []}, "page"),
        ({"page": 5, "blocks": [{"kind": "table", "table": {"header_rows": 1}}]}, "rows"),
        ({"page": 5, "blocks": [{"table": {"rows": [["a"]], "spans": [{"row": 0}]}}]}, "column"),
    ],
)
def test_a_file_that_says_too_little_is_refused(value: dict[str, Any], missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        PageFile.from_json(value)
