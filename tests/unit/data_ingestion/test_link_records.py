"""Links get a category by colour and a snippet of what stands at their target."""

from dataclasses import replace

from data_ingestion.link_records import LinkCollector
from pdf_reader.document import Link
from tests.support.documents import page

RECT = (10.0, 10.0, 60.123, 20.0)


def collector() -> LinkCollector:
    return LinkCollector(lambda color: {"#704cd9": "spell"}.get(color or ""))


def test_an_internal_link_shows_the_text_at_its_target_not_the_pages_first_words() -> None:
    links = collector()
    jump = Link("see Fireball", 1, RECT, "#704cd9", "internal", target_page=2, target_top=73.0)
    links.add(replace(page(1, "Spells"), links=(jump,)))
    links.add(page(2, "A running head", "Firebolt", "Fireball", "A bright streak flashes."))
    (record,) = links.records()
    assert record.target_snippet == "Fireball A bright streak flashes."
    assert record.link_category == "spell"
    assert record.source_rect == (10.0, 10.0, 60.12, 20.0)
    assert (record.target_page, record.target_url) == (2, None)


def test_a_target_below_all_text_shows_the_page_from_its_start() -> None:
    links = collector()
    links.add(replace(page(1, "Top"), links=(Link("x", 1, RECT, None, "internal", target_page=1, target_top=590.0),)))
    (record,) = links.records()
    assert record.target_snippet == "Top"


def test_a_target_on_a_page_that_could_not_be_read_has_no_snippet() -> None:
    links = collector()
    links.add(replace(page(1, "Top"), links=(Link("x", 1, RECT, None, "internal", target_page=9),)))
    (record,) = links.records()
    assert record.target_snippet is None


def test_an_external_link_has_a_url_and_no_snippet() -> None:
    links = collector()
    link = Link("tides", 1, RECT, "#0000ff", "external", target_url="https://example.org/tides")
    links.add(replace(page(1, "Top"), links=(link,)))
    (record,) = links.records()
    assert record.to_json() == {
        "link_text": "tides", "source_page": 1, "source_rect": [10.0, 10.0, 60.12, 20.0], "color": "#0000ff",
        "link_category": None, "link_type": "external", "target_page": None,
        "target_url": "https://example.org/tides", "target_snippet": None,
    }  # fmt: skip


def test_a_long_target_is_cut_between_words() -> None:
    links = collector()
    links.add(replace(page(1, "word " * 100), links=(Link("x", 1, RECT, None, "internal", target_page=1),)))
    (record,) = links.records()
    assert record.target_snippet is not None
    assert len(record.target_snippet) <= 240
    assert record.target_snippet.endswith("word")
