"""BM25 as sparse vectors: saturating term frequencies, stable term numbers, and titles as rare terms."""

import math
from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from embeddings.sparse import SparseVector
from embeddings.version_0_1.sparse import encode_query, encode_text


def score(query: SparseVector, text: SparseVector) -> float:
    weights = dict(zip(text.indices, text.values, strict=True))
    return sum(value * weights.get(term, 0.0) for term, value in zip(query.indices, query.values, strict=True))


def best(query: str, *texts: tuple[str, Sequence[str]]) -> int:
    """Which text scores highest, with Qdrant's inverse document frequency over these texts."""
    encoded = [encode_text(*text) for text in texts]
    found_in = Counter(term for vector in encoded for term in vector.indices)
    asked = encode_query(query)
    rare = [
        value * math.log((len(texts) - found_in[term] + 0.5) / (found_in[term] + 0.5) + 1)
        for term, value in zip(asked.indices, asked.values, strict=True)
    ]
    return max(range(len(texts)), key=lambda at: score(SparseVector(asked.indices, rare), encoded[at]))


def test_term_numbers_never_change() -> None:
    """They are stored: another numbering would need every document to be ingested again."""
    assert encode_query("Hold Monster").indices == [255288856, 408899318, 1385791266, 1481987757, 1918069274]


def test_a_text_without_words_has_an_empty_vector() -> None:
    assert encode_text(" \n—") == SparseVector([], [])
    assert encode_query("?!") == SparseVector([], [])


@given(st.text(), st.lists(st.text(), max_size=4))
def test_vectors_are_what_qdrant_takes(text: str, headings: list[str]) -> None:
    """Distinct numbers of at most 32 bits in rising order, finite positive values."""
    vector = encode_text(text, headings)

    assert vector.indices == sorted(set(vector.indices))
    assert all(0 <= term < 2**32 for term in vector.indices)
    assert all(0 < value < math.inf for value in vector.values)
    assert len(vector.indices) == len(vector.values)


def test_repeating_a_word_helps_less_each_time() -> None:
    asked = encode_query("owl")
    once, twice, often = (score(asked, encode_text(f"so {'owl ' * n}flies on and on over hills")) for n in (1, 2, 50))

    assert once < twice < often < 3 * once


def test_of_texts_with_the_same_word_the_shorter_is_more_about_it() -> None:
    long = "an owl in a list " + "of many other animals that are not at all like it " * 30

    assert best("owl", (long, []), ("an owl at night over the old mill by the river, seen by nobody at all", [])) == 1


def test_plural_and_possessive_find_the_singular() -> None:
    assert score(encode_query("wizards' spells"), encode_text("the spell of a wizard")) > 0


def test_chinese_is_found_without_blanks() -> None:
    assert best("数据库", ("这是一个关于天气的句子。", []), ("我们使用数据库来保存记录。", [])) == 1


def test_a_query_that_is_a_title_finds_its_section_before_texts_that_use_the_words() -> None:
    mention = ("the duration of a spell: its duration is how long the spell's duration lasts", ["Spells", "Range"])
    section = ("Duration\nis the length of time it persists", ["Spells", "Duration"])

    assert best("Duration", mention, section) == 1


def test_the_start_of_a_section_comes_before_its_continuation_and_before_its_subsections() -> None:
    start = ("Weapons\nYour class grants proficiency in certain of them.", ["Equipment", "Weapons"])
    continued = ("Some of them are listed in the table on the page after this one.", ["Equipment", "Weapons"])
    inner = ("Net\nA creature hit by one is restrained until freed.", ["Equipment", "Weapons", "Special"])

    assert best("Weapons", inner, continued, start) == 2
    assert best("Weapons", inner, continued) == 1


def test_a_page_on_which_a_section_starts_comes_before_one_that_only_lists_it() -> None:
    contents = encode_text("Armor\nHeavy Armor\nWeapons", ["Contents"])
    page = encode_text("the end of another section. 2 HEAVY ARMOR offers protection", ["Armor"], ["Heavy Armor"])
    asked = encode_query("Heavy Armor")

    assert score(asked, page) > score(asked, contents)


def test_a_question_that_names_a_section_finds_it() -> None:
    section = ("Spells > Hold Monster\n\n5th-level enchantment. Range: 90 feet.", ["Spells", "Hold Monster"])
    others: list[tuple[str, list[str]]] = [
        (f"What is the range of the {name}? It is the range of a monster that you hold.", []) for name in "abcd"
    ]

    assert best("What is the range of Hold Monster?", *others, section) == len(others)
