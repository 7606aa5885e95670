"""Which of several passages of a page a citation means, while the answer is written."""

import pytest

from answers.cited_passages import CitedPassages
from answers.marked_text import SLOT_END, SLOT_START, with_passages
from tests.support.passages import passage

PASSAGES = [
    passage(1, "The floodgate takes eleven minutes to close.", page=5),
    passage(2, "The tug tows a burning ship out of the basin.", page=5),
    passage(3, "Throw the ring and keep your eyes on the person.", page=5),
    passage(4, "The barometer is read every three hours.", page=4),
]


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [
        ("The tug tows a burning ship out of the basin [a.pdf, p. 5].", [(2,)]),
        ("It takes eleven minutes to close the floodgate [a.pdf, p. 5].", [(1,)]),
        ("Throw the ring [a.pdf, p. 5]. Read the barometer [a.pdf, p. 4]", [(3,), (4,)]),
        ("The lemon trees bloom [a.pdf, p. 5].", [(1,)]),
        ("The tug tows a burning ship [2, 4].", [(2,)]),
        ("See [4].", [(4,)]),
        ("The tug [b.pdf, p. 9] tows.", []),
        ("The tug tows a burning ship out of the basin [a.pdf, p.", []),
    ],
)
def test_a_citation_means_the_passage_that_supports_its_sentence(answer: str, numbers: list[tuple[int, ...]]) -> None:
    assert [found for _, found in CitedPassages(PASSAGES).of(answer)] == numbers


def test_slots_with_the_passages_numbers_stand_for_citations() -> None:
    answer = f"A burning ship is towed by the tug [a.pdf, p. 5]. {SLOT_START}9{SLOT_END}Not [here]."

    made = with_passages(answer, CitedPassages(PASSAGES).of(answer))

    assert made == f"A burning ship is towed by the tug {SLOT_START}2{SLOT_END}. 9Not [here]."
