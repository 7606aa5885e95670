"""Section texts and records: what a model and the stores get to see."""

import pytest

from data_ingestion.records import RecordFactory, name_words
from document_structure.section_texts import section_texts, without_ranges
from pdf_reader.document import DocumentFacts
from tests.support.documents import pages, structure


def test_each_section_has_its_own_text_and_pages() -> None:
    document = pages("Preface\n\nOne\nfirst", "still one\n\nTwo\nsecond")
    sections = structure([(1, "One", 1, 9), (2, "Two", 2, 11)])
    texts = list(section_texts(document, sections))
    assert [(text.path, text.first_page, text.last_page) for text in texts] == [
        ((), 1, 1),
        (("One",), 1, 2),
        (("One", "Two"), 2, 2),
    ]
    assert texts[1].text == "One\nfirst\n\nstill one"


def test_a_document_without_sections_comes_in_groups_of_pages() -> None:
    texts = list(section_texts(pages(*[f"page {n}" for n in range(1, 26)]), structure()))
    assert [(text.first_page, text.last_page) for text in texts] == [(1, 10), (11, 20), (21, 25)]


def test_running_text_is_left_out_wherever_it_stands() -> None:
    assert without_ranges("head body foot", ((0, 5), (10, 14))) == "body"
    assert without_ranges("head body foot", ((0, 5), (10, 14)), 2, 7) == "bo"
    assert without_ranges("body", ()) == "body"


def factory(**changes: object) -> RecordFactory:
    facts = DocumentFacts(page_count=3, page_labels=("i", "1", "2"))
    values: dict[str, object] = {
        "s3_key": "source-pdfs/core/rules/phb.pdf", "bucket": "b", "pdf_prefix": "source-pdfs/", "document_id": "d",
        "content_sha256": "s", "processed_at": "t", "title": "Player's Handbook", "facts": facts,
        "text_sources": {2: "ocr"}, "image_keys": {2: "pdf_page_images/core/rules/phb/s/2.jpg"}, **changes,
    }  # fmt: skip
    return RecordFactory(**values)  # type: ignore[arg-type]


def test_page_records_carry_the_payload_that_the_outside_relies_on() -> None:
    sections = structure([(1, "Equipment", 1, 0), (2, "Weapons", 2, 0)])
    records = list(factory().of_pages(pages("Equipment", "Weapons\nswords", ""), sections))
    assert [record.index for record in records] == [0, 1, 2]
    metadata = records[1].metadata
    assert metadata["source"] == "source-pdfs/core/rules/phb.pdf"
    assert metadata["filename"] == "phb.pdf"
    assert (metadata["source_dir"], metadata["folder"]) == ("source-pdfs/core/rules", "core/rules")
    assert (metadata["page"], metadata["page_label"], metadata["total_pages"]) == (2, "1", 3)
    assert metadata["image_url"] == "s3://b/pdf_page_images/core/rules/phb/s/2.jpg"
    assert (metadata["h1"], metadata["h2"]) == ("Equipment", "Weapons")
    assert metadata["heading_path"] == "Equipment > Weapons"
    assert metadata["text_source"] == "ocr"
    assert records[0].metadata["image_url"] is None


def test_the_heading_path_and_the_context_are_embedded_but_not_stored() -> None:
    sections = structure([(1, "Equipment", 1, 0)])
    (record,) = factory(page_context={1: "About gear."}.get).of_pages(pages("Ropes are 50 feet long."), sections)
    assert record.text == "Ropes are 50 feet long."
    assert record.embedding_text == "phb\nEquipment\n\nAbout gear.\n\nRopes are 50 feet long."


def test_without_headings_the_title_says_where_a_text_belongs() -> None:
    (record,) = factory().of_pages(pages("Ropes."), structure())
    assert record.embedding_text == "phb\nPlayer's Handbook\n\nRopes."


@pytest.mark.parametrize(
    ("stem", "words"),
    [
        ("ACME_2022-annual.report", "ACME 2022 annual report"),
        ("handbook", "handbook"),
        ("猫の本", "猫の本"),
        ("--", ""),
    ],
)
def test_a_file_name_is_read_as_words(stem: str, words: str) -> None:
    assert name_words(stem) == words
