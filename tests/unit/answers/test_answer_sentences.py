"""Where the sentences of an answer end, in prose, lists, tables and several scripts."""

from itertools import pairwise

import pytest

from answers.answer_sentences import MAX_SENTENCES, Kind, sentences_of
from answers.citation_marks import marks_in
from tests.support.passages import passage

PASSAGES = [passage(number, "text") for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        ("It is 3.5 m. It is 1,577.", ["It is 3.5 m.", "It is 1,577."]),
        ("In the U.S. Navy, e.g. on ships, it holds.", ["In the U.S. Navy, e.g. on ships, it holds."]),
        ("Made by Acme Inc. The rest is not.", ["Made by Acme Inc.", "The rest is not."]),
        ("Made by Acme Inc. Limited.", ["Made by Acme Inc. Limited."]),
        ("Dr. Who left. J. Smith came.", ["Dr. Who left.", "J. Smith came."]),
        ("Am 3. Mai kam er. Das z. B. auch.", ["Am 3. Mai kam er.", "Das z. B. auch."]),
        ("See No. 5. Then go!", ["See No. 5.", "Then go!"]),
        ("水門は閉まる。次の文。", ["水門は閉まる。", "次の文。"]),
        ("هل تعمل؟ نعم.", ["هل تعمل؟", "نعم."]),
        ("He said “yes.” She left.", ["He said “yes.”", "She left."]),
        ("One line\nwrapped. Two.", ["One line wrapped.", "Two."]),
        ("- one\n- two. Three.\n1. four", ["one", "two.", "Three.", "four"]),
        ("> quoted\n> on.\n\nAnd.", ["quoted on.", "And."]),
        ("# Title\nText.", ["Title", "Text."]),
        ("| a | b |\n|---|---|\n| c | 5 |", ["a · b", "c · 5"]),
        ("---\nText\n***", ["Text"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_sees_it(answer: str, sentences: list[str]) -> None:
    assert [sentence.text for sentence in sentences_of(answer, [])] == sentences


@pytest.mark.parametrize(
    ("answer", "cited"),
    [
        ("First [1]. Second. [2] Third.[3]", [(1,), (2,), (3,)]),
        ("First.[1][2] Second", [(1, 2), ()]),
        ("First.\n\n[1]", [(1,)]),
        ("- one [1]\n- two", [(1,), ()]),
        ("| a |\n|---|\n| c [2] |", [(), (2,)]),
        ("閉まる。[1]次。", [(1,), ()]),
        ("Text.\n```\n[1] code.\n```", [(), ()]),
    ],
)
def test_a_citation_belongs_to_the_sentence_that_it_stands_in_or_behind(
    answer: str, cited: list[tuple[int, ...]]
) -> None:
    found = sentences_of(answer, marks_in(answer, PASSAGES))
    assert [tuple(number for mark in sentence.marks for number in mark.numbers) for sentence in found] == cited


def test_ranges_are_those_of_the_answer_and_in_order() -> None:
    answer = "# T\n\nOne **bold** [1]. Two?\n\n- a [2]\n| x |\n|---|\n| y |\n\n```\ncode\n```\nEnd."
    found = sentences_of(answer, marks_in(answer, PASSAGES))
    assert [sentence.start for sentence in found] == sorted(sentence.start for sentence in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    kinds = [sentence.kind for sentence in found]
    assert kinds == [Kind.HEADING, *[Kind.SENTENCE] * 3, Kind.HEADING, Kind.ROW, Kind.CODE, Kind.SENTENCE]
    assert found[5].header == "| x |"


def test_an_answer_without_end_has_a_bounded_number_of_sentences() -> None:
    assert len(sentences_of("No. " * 5_000, [])) == MAX_SENTENCES
