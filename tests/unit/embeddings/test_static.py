"""The static model: unit vectors, the same each time, near for what means about the same."""

import pytest

from embeddings.static import DIMENSIONS, StaticEmbedder

EMBEDDER = StaticEmbedder()


def cosine(one: str, other: str) -> float:
    first, second = EMBEDDER.embed([one, other])
    return sum(a * b for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("text", ["Owls hunt at night.", "", " \n", "🦉", "夜のフクロウ", "broken \ud800 font"])
def test_every_text_has_a_unit_vector(text: str) -> None:
    [vector] = EMBEDDER.embed([text])

    assert len(vector) == DIMENSIONS == EMBEDDER.dimensions
    assert sum(value * value for value in vector) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What drove operating margin in FY2022?", True),
        ("Dans quel cas peut-on être privé de sa propriété ?", True),
        ("Womit füllten sie den Bauch des Wolfes?", True),
        ("2022", True),
        ("", True),
        ("broken \ud800 font", True),
        ("蜘蛛の糸はなぜ切れたのか", False),
        ("대수의 법칙이란 무엇인가?", False),
        ("מהי אנרגיה קינטית?", False),
        ("ماذا كان المصريون القدماء يسمون السمك الرعاش؟", False),
    ],
)
def test_a_question_in_a_script_that_the_model_only_spells_is_not_read(question: str, expected: bool) -> None:
    assert EMBEDDER.reads(question) is expected


def test_what_means_about_the_same_is_near_without_a_word_in_common() -> None:
    assert cosine("a car drove fast", "the vehicle was speeding") > cosine("a car drove fast", "boil rice in water")


def test_common_and_repeated_words_count_little() -> None:
    assert cosine("the revenue of the firm", "revenue firm") > 0.9
    assert cosine("owl owl owl owl owl owl revenue", "owl revenue") > 0.9


def test_a_text_has_the_same_vector_alone_and_among_others() -> None:
    texts = [f"text number {n} about owls" for n in range(300)]

    assert EMBEDDER.embed(texts)[299] == pytest.approx(EMBEDDER.embed_query(texts[299]), abs=1e-6)
