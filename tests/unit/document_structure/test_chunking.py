"""Chunks respect sections, paragraphs, rows and the token budget, and know exactly where they come from."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from document_structure import Structure
from document_structure.chunking import Chunk, PageText, chunk_document
from foundation.tokens import count_tokens
from tests.support.documents import page_text, pages, structure

PROSE = "The outer buoy is painted in green and white bands. It carries a bell. The bell is rung by the swell. " * 3


def chunk(texts: list[PageText], sections: Structure | None = None, size: int = 120, overlap: int = 0) -> list[Chunk]:
    return list(chunk_document(texts, sections or structure(), max_tokens=size, overlap_tokens=overlap))


def test_a_section_begins_a_chunk_of_its_own_with_its_path() -> None:
    first = "Harbour\n" + PROSE
    text = first + "\n\nLights\n" + PROSE
    made = chunk(pages(text), structure([(1, "Harbour", 1, 0), (2, "Lights", 1, len(first) + 2)]))
    assert [c.heading_path for c in made] == [("Harbour",), ("Harbour", "Lights")]
    assert made[1].text.startswith("Lights")
    assert made[1].offset == len(first) + 2


def test_a_heading_without_a_body_goes_along_with_its_first_subsection() -> None:
    text = "Weather\nIce\n" + PROSE
    made = chunk(pages(text), structure([(1, "Weather", 1, 0), (2, "Ice", 1, 8)]))
    assert len(made) == 1
    assert made[0].text.startswith("Weather\n\nIce")


def test_a_sentence_that_goes_on_over_the_page_is_one_text_on_two_pages() -> None:
    made = chunk(pages("The channel between them is narrow, well marked and", "never less than six metres deep."))
    assert [c.text for c in made] == [
        "The channel between them is narrow, well marked and never less than six metres deep."
    ]
    assert made[0].pages_spanned == (1, 2)
    assert made[0].cross_page


def test_running_headers_and_footers_are_left_out() -> None:
    text = "The Handbook\n\n" + PROSE.strip() + "\n\n17"
    running = {1: ((0, 12), (len(text) - 2, len(text)))}
    assert [c.text for c in chunk(pages(text), structure(running=running), size=400)] == [PROSE.strip()]


def test_a_large_table_is_cut_between_rows_under_its_repeated_header() -> None:
    header = "| Length | Summer | Winter |\n| --- | --- | --- |"
    rows = [f"| {n} to {n + 1} m | {n}.00 | {n}.50 |" for n in range(60)]
    table = "\n".join([header, *rows])
    before = "Fees are due at noon.\n\n"
    made = chunk([page_text(1, before + table, (len(before), len(before) + len(table)))])
    assert len(made) > 3
    assert all(header in c.text for c in made)
    found = [line for c in made for line in c.text.split("\n") if line.startswith("|") and line not in header]
    assert found == rows


def test_a_table_that_fits_is_never_cut() -> None:
    table = "| a | b |\n| --- | --- |\n" + "\n".join(f"| row {n} | value |" for n in range(8))
    text = PROSE.strip() + "\n\n" + table
    made = chunk([page_text(1, text, (len(text) - len(table), len(text)))], size=100)
    assert [c for c in made if table in c.text]


def test_the_next_chunk_of_a_section_repeats_the_end_of_the_one_before() -> None:
    sentences = [f"Rule number {n} says that nobody walks on the mole in weather of force {n}." for n in range(40)]
    made = chunk(pages(" ".join(sentences)), size=100, overlap=30)
    for left, right in pairwise(made):
        assert left.text.endswith(right.text.split(". ")[0] + ".")


def test_overlap_does_not_reach_into_another_section() -> None:
    first = "Harbour\n" + PROSE
    text = first + "\n\nLights\n" + PROSE
    made = chunk(pages(text), structure([(1, "Harbour", 1, 0), (1, "Lights", 1, len(first) + 2)]), overlap=30)
    assert made[-1].text.startswith("Lights")


def test_one_word_larger_than_a_chunk_is_cut_and_nothing_is_lost() -> None:
    word = "ab1" * 5_000
    made = chunk(pages(word), size=50)
    assert "".join(c.text for c in made) == word
    assert all(c.tokens <= 50 for c in made)


def test_an_empty_document_has_no_chunks() -> None:
    assert chunk(pages("", "  \n\n ")) == []


words = st.text(alphabet=st.sampled_from("abc dé.,!?\n-漢字 |1"), max_size=400)


@settings(max_examples=60, deadline=None)
@given(st.lists(words, min_size=1, max_size=5), st.integers(50, 120), st.integers(0, 25))
def test_every_chunk_keeps_the_budget_and_no_character_is_lost(texts: list[str], size: int, overlap: int) -> None:
    made = chunk(pages(*texts), size=size, overlap=overlap)
    assert all(c.tokens == count_tokens(c.text) <= size for c in made)
    assert [c.index for c in made] == list(range(len(made)))
    whole = "".join("".join(c.text.split()) for c in made)
    for text in texts:
        for part in text.split():
            assert part in whole or len(part) > 20


def test_a_table_that_is_running_text_as_well_is_cut_at_all() -> None:
    text = "| Page | 1 |\n| --- | --- |"
    page = page_text(1, text, (0, len(text)))
    assert chunk([page], structure(running={1: ((0, len(text)),)})) == []


def test_tokens_that_were_counted_with_the_page_make_the_same_chunks() -> None:
    header = "| Length | Summer |\n| --- | --- |"
    table = "\n".join([header, *(f"| {n} m | {n}.00 |" for n in range(40))])
    before = f"Lights\n{PROSE}\n\n"
    text = before + table
    whole = [page_text(1, text, (len(before), len(text))), *pages(PROSE * 3, PROSE)[1:]]
    sections = structure([(1, "Lights", 1, 0)], running={2: ((0, 9),)})

    made = chunk([page.counted() for page in whole], sections, overlap=30)

    assert made == chunk(whole, sections, overlap=30)
    assert all(block.tokens is not None for page in whole for block in page.counted().blocks)
