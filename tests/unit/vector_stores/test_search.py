"""What search decides by itself: headings lift, and a document's hits are of one generation."""

from typing import Any

import pytest

from vector_stores.points import Hit
from vector_stores.search import best_fused_score, heading_matches, lift_by_headings, mixed_documents, newest_only


def hit(name: str, score: float = 0.0, **metadata: Any) -> Hit:
    return Hit(name, score, "", metadata)


@pytest.mark.parametrize(
    ("query", "headings", "best"),
    [
        ("Heavy Armor", ["Armor", "Heavy Armor", "Heavy Weapons of War"], 1),
        ("heavy armors", ["Spells", "Heavy Armor"], 1),
        ("armor", ["The Making and Care of Armor", "Armor"], 1),
        ("What does a shield cost in armor?", ["Armor", "Shield", "Armor", "Armor"], 1),
    ],
)
def test_the_heading_with_the_rarest_words_of_the_query_and_few_others_matches_best(
    query: str, headings: list[str], best: int
) -> None:
    matches = heading_matches(query, [hit("point", 0.0, h1="Rules", h2=heading) for heading in headings])
    assert matches[best] == max(matches) == 1.0
    assert matches.count(1.0) == 1


def test_headings_that_share_no_word_with_the_query_match_not_at_all() -> None:
    assert heading_matches("armor", [hit("a", h1="Spells"), hit("b"), hit("c", h1="Armor", h2="Spells")]) == [0, 0, 0]
    assert heading_matches("?", [hit("a", h1="Armor")]) == [0]
    assert heading_matches("armor", []) == []


def test_a_heading_lifts_by_no_more_than_gamma() -> None:
    hits = [hit("first", 0.5, h1="Spells"), hit("second", 0.45, h1="Armor"), hit("third", 0.3, h1="Armor")]

    assert [(one.id, round(one.score, 2)) for one in lift_by_headings("armor", hits, 0.1)] == [
        ("second", 0.55),
        ("first", 0.5),
        ("third", 0.4),
    ]
    assert lift_by_headings("armor", hits, 0.0) == hits


def test_the_best_fused_score_is_that_of_a_point_first_in_every_search_that_counts() -> None:
    """1 / (rank / weight + k - 1) with k = 60."""
    assert best_fused_score([1.0, 1.0]) == pytest.approx(2 / 60)
    assert best_fused_score([0.5, 0.5]) == pytest.approx(2 / 61)
    assert best_fused_score([0.5, 0.0]) == pytest.approx(1 / 61)
    assert best_fused_score([0.0, 0.0]) == 1.0


def test_documents_in_the_middle_of_a_flip_are_told_from_whole_ones() -> None:
    hits = [
        hit("a", document_id="flipping", generation="000001-x"),
        hit("b", document_id="whole", generation="000009-y"),
        hit("c", document_id="flipping", generation="000002-z"),
        hit("d", document_id="whole", generation="000009-y"),
    ]

    assert mixed_documents(hits) == {"flipping"}
    assert [one.id for one in newest_only(hits)] == ["b", "c", "d"]
