"""Which passages the citations of an answer mean while it is written: a page that one names may have several. Pure.

What is written already is read as the finished answer will be (`checking`): a citation leads to one passage before and
after.
"""

from collections.abc import Sequence

from answers.answer_sentences import sentences_of
from answers.checking import Checker, language_of
from answers.citation_marks import Mark, marks_in, marks_within
from answers.claims import claim_of
from answers.passages import Passage
from answers.sources import Source


class CitedPassages:
    """For one answer; passages are looked at once, however often it is asked."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._sources = {passage.number: Source(passage) for passage in passages}

    def of(self, answer: str) -> list[tuple[Mark, tuple[int, ...]]]:
        """The citations in order, each with the numbers of its passages: those that support its sentence, or the first.

        Citations that name no passage are left out.
        """
        marks = marks_in(answer, self._passages)
        checker = Checker(language_of(answer, self._passages), self._sources)
        supporting: dict[int, list[int]] = {}
        for sentence in sentences_of(answer, marks) if any(len(mark.numbers) > 1 for mark in marks) else ():
            claim = claim_of(sentence, checker.language)
            for mark in marks_within(marks, sentence.start, sentence.end):
                if len(mark.numbers) > 1:
                    supporting[mark.start] = checker.supporting(mark, claim)
        return [
            (mark, tuple(supporting.get(mark.start) or (mark.numbers[:1] if mark.is_place else mark.numbers)))
            for mark in marks
            if mark.numbers
        ]
