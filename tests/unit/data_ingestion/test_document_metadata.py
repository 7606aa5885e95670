"""The metadata's file: what every version wrote can be read, and what we write is what programs have read so far."""

import json
from pathlib import Path
from typing import Any

import pytest

from data_ingestion.document_metadata import Description, DocumentMetadata, Provenance
from document_structure.section_tree import Section
from tests.support.release_data import FOLDER

DATA_SETS = sorted(FOLDER.glob("v*/*/objects.json"))


def metadata_files(objects: Path) -> list[dict[str, Any]]:
    """The metadata of a release's data set."""
    files = [
        objects.parents[1] / "files" / item["file"]
        for item in json.loads(objects.read_text(encoding="utf-8"))
        if item["key"].startswith("pdf-metadata/") and item["key"].count("/") == 1
    ]
    assert files
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


@pytest.mark.parametrize("objects", DATA_SETS, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_a_file_of_any_release_is_written_as_it_was_read(objects: Path) -> None:
    """The order of the keys as well. 0.1.0 wrote no `generation`, since it had none."""
    for stored in metadata_files(objects):
        again = DocumentMetadata.from_json(stored).to_json()
        if "generation" not in stored:
            assert again.pop("generation") == ""
        assert json.dumps(again) == json.dumps(stored)


def test_what_is_missing_has_its_default_and_what_is_unknown_is_left_out() -> None:
    stored = {"source_book_title": "A book", "keywords": None, "a later version's": 1}

    assert DocumentMetadata.from_json(stored) == DocumentMetadata(description=Description(title="A book"))


@pytest.mark.parametrize(
    "faulty",
    [
        {"toc": 5},
        {"toc": [{"level": "deep"}]},
        {"provenance": "a model"},
        {"provenance": {"fields": [], "cost_usd": "much"}},
        {"keywords": 5, "entities": {"a": 1}},
        {"page_count": "many"},
    ],
)
def test_one_faulty_field_hides_no_other(faulty: dict[str, Any]) -> None:
    """A document whose outline can't be read can still be shown, and removed."""
    known = {"generation": "000001-a", "llm_cache_keys": ["processing/llm_cache/a.json"]}
    expected = DocumentMetadata(generation="000001-a", answer_keys=("processing/llm_cache/a.json",))

    assert DocumentMetadata.from_json(known | faulty) == expected


def test_keys_of_answers_that_cannot_be_read_are_not_taken_for_none() -> None:
    metadata = DocumentMetadata.from_json({"llm_cache_keys": 5})

    with pytest.raises(TypeError):
        list(metadata.answer_keys)


def test_a_heading_is_written_with_its_place() -> None:
    written = DocumentMetadata(toc=(Section(2, "Gates", 5, 12),)).to_json()

    assert written["toc"] == [{"level": 2, "title": "Gates", "page": 5, "offset": 12}]


@pytest.mark.parametrize(
    ("provenance", "first"),
    [
        (Provenance(model="extractive", cost_usd=0.0, title_source="pdf"), "model"),
        (Provenance(model="gpt", prompt_sha256="ab", language_source="llm"), "fields"),
    ],
)
def test_a_provenance_keeps_the_order_of_its_maker(provenance: Provenance, first: str) -> None:
    written = provenance.to_json()

    assert next(iter(written)) == first
    assert Provenance.from_json(written) == provenance
