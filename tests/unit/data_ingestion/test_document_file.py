"""A document's file: those of released versions come back byte for byte, and others are read as far as they go."""

import json
from pathlib import Path

from data_ingestion.document_export import document_file
from data_ingestion.document_file import DocumentFile, ListedPage
from document_structure import Section, Structure
from document_structure.chunking import PageText
from foundation.packed_json import pack
from pdf_reader.blocks import Block, BlockKind, Table
from pdf_reader.document import DocumentFacts, Page, PageOutcome
from tests.support.release_data import FOLDER

BOX = (10.0, 20.0, 300.0, 40.0)


def stored_documents() -> list[Path]:
    files = sorted(FOLDER.glob("v*/files/*.json"))
    return [path for path in files if b'"outline_source":' in path.read_bytes()[:400]]


def test_files_of_released_versions_come_back_byte_for_byte() -> None:
    files = stored_documents()
    assert files
    for path in files:
        stored = path.read_bytes()
        assert pack(DocumentFile.from_json(json.loads(stored)).to_json()) == stored, path


def test_a_document_is_written_with_every_key_in_its_place() -> None:
    table = Table(BOX, (("Gate", "Minutes"), ("North", "11")), "", 0, 5)
    pages = [
        Page(1, PageOutcome.TEXT, "Gates", width=400, height=600.456),
        Page(2, PageOutcome.TEXT, "table", blocks=(Block(BlockKind.TABLE, "", (BOX,), 0, 5, table=table),)),
    ]
    structure = Structure((Section(1, "Gates", 1, 0), Section(2, "猫", 2, 7)), "outline", {})
    facts = DocumentFacts(2, page_labels=("iv", "v"), title="The Handbook", language="en")
    made = document_file(facts, structure, [PageText.of(page) for page in pages], ["a note"])
    expected = {
        "schema": 1, "title": "The Handbook", "language": "en", "page_count": 2, "outline_source": "outline",
        "outline": [
            {"level": 1, "title": "Gates", "page": 1, "offset": 0}, {"level": 2, "title": "猫", "page": 2, "offset": 7},
        ],
        "pages": [
            {"page": 1, "label": "iv", "width": 400, "height": 600.46, "tables": 0},
            {"page": 2, "label": "v", "width": 0.0, "height": 0.0, "tables": 1},
        ],
        "notes": ["a note"],
    }  # fmt: skip
    assert pack(made.to_json()) == pack(expected)
    assert DocumentFile.from_json(expected) == made


def test_what_a_file_lacks_has_its_default_and_what_is_unknown_is_left_out() -> None:
    value = {"outline": None, "pages": [{"page": 1, "label": None, "mood": "x"}], "mood": "x"}
    assert DocumentFile.from_json(value) == DocumentFile(pages=(ListedPage(1, table_count=None),))
    assert DocumentFile.from_json({}) == DocumentFile()
