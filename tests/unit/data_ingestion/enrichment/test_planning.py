"""How a document is cut into questions, what they will cost, and what they may."""

import pytest

from data_ingestion.enrichment.estimate import Estimate, Estimator
from data_ingestion.enrichment.model_enricher import Scope
from data_ingestion.enrichment.pages import OutlinePaths
from data_ingestion.enrichment.plan import Part, plan_parts
from document_structure.section_texts import SectionText
from foundation.app_config import ModelPrice, parse_app_config
from foundation.tokens import count_tokens
from model_api.prices import Allowance, find_price, priced
from model_api.usage import Usage
from pdf_reader.document import OutlineEntry

CONFIG = parse_app_config(None)
PRICE = ModelPrice(input=1.0, output=10.0)


def section(path: str, page: int, words: int, last_page: int | None = None) -> SectionText:
    return SectionText(tuple(path.split("/")) if path else (), page, last_page or page, "goblin " * words)


def test_a_short_document_is_one_part() -> None:
    [part] = plan_parts([section("A", 1, 10), section("B", 2, 10)], 1_000)

    assert (part.first_page, part.last_page, part.path) == (1, 2, ())
    assert part.text.startswith("A\ngoblin")
    assert "\n\nB\ngoblin" in part.text


@pytest.mark.parametrize("max_tokens", [200, 1_000, 5_000])
def test_parts_hold_all_text_in_order_and_keep_to_the_budget(max_tokens: int) -> None:
    sections = [SectionText((f"Chapter {n}",), n, n, f"number {n}: " + "word " * (n * 60 % 700)) for n in range(1, 40)]

    parts = plan_parts(sections, max_tokens)

    text = "\n".join(part.text for part in parts)
    positions = [text.index(f"number {n}:") for n in range(1, 40)]
    assert positions == sorted(positions)
    assert text.count("word") == sum(s.text.count("word") for s in sections)
    assert all(count_tokens(part.text) <= max_tokens * 1.02 for part in parts)


def test_a_long_section_is_cut_and_each_piece_keeps_its_heading() -> None:
    parts = plan_parts([section("Bestiary/Goblins", 5, 3_000, last_page=9)], 1_000)

    assert len(parts) >= 3
    assert {part.path for part in parts} == {("Bestiary", "Goblins")}
    assert all(part.text.startswith("Bestiary > Goblins\n") for part in parts)


def test_a_change_in_one_chapter_moves_no_boundary_in_another() -> None:
    def chapters(words_in_second: int) -> list[SectionText]:
        words = [900, words_in_second, 900, 900]
        return [section(f"Chapter {n}/{part}", n, words[n] // 3) for n in range(4) for part in "abc"]

    before, after = (plan_parts(chapters(words), 700) for words in (600, 660))

    changed = {part.text for part in before} ^ {part.text for part in after}
    assert changed
    assert all("Chapter 1" in text for text in changed)


def test_nothing_is_asked_about_empty_sections() -> None:
    assert not plan_parts([section("A", 1, 0), SectionText((), 2, 2, " \n\t")], 1_000)


@pytest.mark.parametrize(
    ("part", "title"),
    [
        (Part(("A", "B"), 3, 3, "", 0), "A > B, page 3"),
        (Part((), 3, 9, "", 0), "pages 3-9"),
    ],
)
def test_a_part_is_named_by_heading_and_pages(part: Part, title: str) -> None:
    assert part.title == title


OUTLINE = (
    OutlineEntry(1, "One", 1),
    OutlineEntry(2, "One.a", 1),
    OutlineEntry(2, "One.b", 3),
    OutlineEntry(1, "Two", 5),
    OutlineEntry(2, "Two.a", 5),
    OutlineEntry(3, "Two.a.i", 6),
    OutlineEntry(1, "Three", 9),
)


PATHS = {
    1: ("One", "One.a"),
    2: ("One", "One.a"),
    3: ("One", "One.b"),
    5: ("Two", "Two.a"),
    7: ("Two", "Two.a", "Two.a.i"),
    30: ("Three",),
}


@pytest.mark.parametrize("page", PATHS)
def test_a_page_has_a_heading_path_by_the_outline(page: int) -> None:
    assert OutlinePaths(OUTLINE).at(page) == PATHS[page], "as the first that is asked for"
    assert OutlinePaths(()).at(page) == ()


def test_pages_in_rising_order_have_the_same_heading_paths() -> None:
    paths = OutlinePaths(OUTLINE)
    assert {page: paths.at(page) for page in PATHS} == PATHS


def test_the_second_section_of_a_page_is_the_next_pages() -> None:
    paths = OutlinePaths((OutlineEntry(1, "One", 1), OutlineEntry(1, "Two", 1)))
    assert [paths.at(1), paths.at(2)] == [("One",), ("Two",)]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4.1-mini", PRICE),
        ("gpt-4.1-mini-2025-04-14", PRICE),
        ("openai/gpt-4.1-mini", PRICE),
        ("gpt-4.1-minimal", None),
        ("gpt-4.1", None),
    ],
)
def test_a_price_is_found_by_the_model_not_by_its_beginning(model: str, expected: ModelPrice | None) -> None:
    assert find_price({"gpt-4.1-mini": PRICE}, model) == expected


def test_a_cost_without_a_price_is_unknown_and_not_nothing() -> None:
    usage = Usage(calls=3, cached_calls=1, tokens_in=1_000, tokens_out=100)

    assert priced(usage, PRICE).cost_usd == pytest.approx(0.002)
    assert priced(usage, PRICE).unpriced_calls == 0
    assert priced(usage, None).unpriced_calls == 3


def test_usage_adds_up() -> None:
    assert Usage(1, 2, 3, 4, 0.5, 6) + Usage(1, 1, 1, 1, 0.25, 1) == Usage(2, 3, 4, 5, 0.75, 7)


def test_an_allowance_is_taken_before_and_corrected_after() -> None:
    allowance = Allowance(PRICE, 0.01)

    assert allowance.reserve(5_000, 300) == pytest.approx(0.008)
    assert allowance.reserve(5_000, 300) is None
    allowance.settle(0.008, Usage(tokens_in=1_000, tokens_out=100))
    assert allowance.reserve(5_000, 300) == pytest.approx(0.008)
    assert not allowance.covers(1, 0)


def test_without_a_maximum_everything_is_allowed() -> None:
    allowance = Allowance(None, None)

    assert allowance.reserve(10**12, 10**12) == 0.0
    assert allowance.covers(10**12, 10**12)
    assert not allowance.is_limited


@pytest.mark.parametrize(
    ("scope", "pages", "tokens", "calls"),
    [
        ("document", 10, 9_000, 1),
        ("document", 400, 360_000, 21),
        ("section", 400, 360_000, 161),
        ("page", 400, 360_000, 401),
        ("page", 3, 900, 4),
    ],
)
def test_an_estimate_counts_the_questions_that_will_be_asked(scope: Scope, pages: int, tokens: int, calls: int) -> None:
    estimate = Estimator(CONFIG, scope, "gpt-4.1-mini", "text-embedding-3-small").document(pages, tokens)

    assert (estimate.documents, estimate.pages, estimate.calls) == (1, pages, calls)
    assert tokens <= estimate.tokens_in <= tokens + calls * 400 + 24_000
    assert estimate.cost_usd > tokens * 0.4 / 1e6
    assert estimate.unpriced == frozenset()


def test_an_estimate_is_near_what_planning_gives() -> None:
    sections = [section(f"Chapter {n // 7}/{n}", n, 800) for n in range(1, 200)]
    tokens = sum(count_tokens(s.text) for s in sections)

    estimate = Estimator(CONFIG, "document", "gpt-4.1-mini", None).document(200, tokens)

    assert estimate.calls == pytest.approx(len(plan_parts(sections, CONFIG.enrichment_input_tokens)) + 1, rel=0.35)


def test_estimates_add_up_and_name_the_models_without_a_price() -> None:
    free = Estimator(CONFIG, "document", None, None).document(10)
    unknown = Estimator(CONFIG, "document", "a-model", "an-embedder").document(10)

    assert (free.calls, free.tokens_in, free.embedding_tokens, free.cost_usd) == (0, 0, 0, 0.0)
    total = sum([free, unknown, unknown], Estimate())
    assert (total.documents, total.pages, total.unpriced) == (3, 30, frozenset({"a-model", "an-embedder"}))
    assert total.cost_usd == 0.0
