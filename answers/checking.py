"""Checks an answer against the passages that the model got: which citations hold, which sentences and numbers do. Pure.

A citation that doesn't support its sentence is removed, one that does is added where the answer has none. Passages are
evidence only: nothing that is written in them changes a rule.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from answers.answer_sentences import Sentence, sentences_of
from answers.arithmetic import CONSTANTS, Calculation, calculations_in, gives
from answers.checked_answer import CheckedAnswer, CheckedNumber, CheckedSentence, Citation, NumberOrigin, Verdict
from answers.citation_marks import Mark, marks_in
from answers.claims import Claim, claim_of, is_claim, is_constant, is_distinctive, is_telling
from answers.denials import is_denial
from answers.marked_text import corrected
from answers.numbers import Number, NumberKind, numbers_in
from answers.passages import Passage
from answers.sources import Source, Terms
from answers.support import (
    SUPPORTING_SHARE,
    WEAK_SHARE,
    Findings,
    is_negated,
    judge,
)
from embeddings.bm25 import read_as, terms
from embeddings.language import UNKNOWN, detect_language

#: A sentence has at most so many citations that it didn't name.
MAX_ADDED = 3
#: Of an answer, so many sentences at its front say by themselves that it is one.
MAX_REFUSAL_SENTENCES = 3
#: Calculations that later sentences may build on: the last so many.
MAX_RESULTS = 50
#: Numbers of one sentence that are listed; all are checked.
MAX_NUMBERS = 100


@dataclass(frozen=True, slots=True)
class _Result:
    """A calculation that holds, and the passages of its operands."""

    calculation: Calculation
    passages: tuple[int, ...]


def check(answer: str, question: str, passages: Sequence[Passage]) -> CheckedAnswer:
    """An answer with its verdicts. `passages` are those that the model got, `question` what was asked."""
    language = language_of(answer, passages)
    marks = marks_in(answer, passages)
    asked = frozenset(
        number.values[0][0] for number in numbers_in(question, language) if number.kind is NumberKind.YEAR
    )
    checker = Checker(language, {passage.number: Source(passage) for passage in passages}, asked)
    checked = tuple(checker.check(sentence, answer) for sentence in sentences_of(answer, marks))
    claims = [one for one in checked if one.verdict is not Verdict.NONE]
    denied = any(is_denial(one.text) for one in checked[:MAX_REFUSAL_SENTENCES])
    return CheckedAnswer(corrected(answer, checked, marks), checked, is_refusal=denied and not claims)


def language_of(answer: str, passages: Sequence[Passage]) -> str:
    """The language that an answer is read in; that of the first passage where it doesn't tell."""
    found = detect_language(answer)
    if found != UNKNOWN:
        return read_as(found)
    return Source(passages[0]).language if passages else read_as(found)


@dataclass
class Checker:
    """Goes through an answer; what was worked out before (`results`) may be used later on."""

    language: str
    sources: dict[int, Source]
    asked_years: frozenset[float] = frozenset()
    results: list[_Result] = field(default_factory=list)

    def check(self, sentence: Sentence, answer: str) -> CheckedSentence:
        text = sentence.text
        claim = claim_of(sentence, self.language)
        named = list(dict.fromkeys(number for mark in sentence.marks for number in mark.numbers))
        if not is_claim(sentence, claim, answer):
            return CheckedSentence(text, sentence.start, sentence.end, Verdict.NONE, removed=_texts(sentence, named))
        calculations = calculations_in(text, self.language)
        kept = list(dict.fromkeys(number for mark in sentence.marks for number in self.supporting(mark, claim)))
        cited = [*kept, *self._added(kept, claim, calculations)]
        numbers = self._numbers(claim, calculations, cited)
        verdict, reason = judge(
            Findings(
                share=self._share(claim, cited),
                numbers=numbers,
                has_citation=bool(cited),
                doubts=self._doubts(text, claim, numbers, cited),
                wrong_calculation=next((_wrong(one) for one in calculations if not one.is_right), ""),
                is_other_language=bool(cited) and all(self._is_foreign(self.sources[n]) for n in cited),
            )
        )
        return CheckedSentence(
            text,
            sentence.start,
            sentence.end,
            verdict,
            reason,
            citations=tuple(self._citation(number, claim, is_added=number not in kept) for number in cited),
            removed=_texts(sentence, [number for number in named if number not in kept]),
            numbers=tuple(numbers[:MAX_NUMBERS]),
        )

    def _share(self, claim: Claim, cited: Sequence[int]) -> float:
        if not claim.terms:
            return 1.0
        said: Terms = frozenset().union(*(self.sources[number].terms for number in cited))
        return len(claim.terms & said) / len(claim.terms)

    def _is_foreign(self, source: Source) -> bool:
        return source.language != self.language

    def _contributes(self, source: Source, claim: Claim, figure: Callable[[Number], bool] = is_telling) -> bool:
        """Whether it has enough of the claim's words, or one of its figures."""
        if any(source.find(number) for number in claim.numbers if figure(number)):
            return True
        if self._is_foreign(source):
            return not any(map(is_telling, claim.numbers))
        return source.share(claim.terms) >= WEAK_SHARE

    def supporting(self, mark: Mark, claim: Claim) -> list[int]:
        """The passages of a citation that support its sentence. A page may have several: those that add nothing go."""
        useful = [number for number in mark.numbers if self._contributes(self.sources[number], claim)]
        if len(useful) < 2 or not mark.is_place:
            return useful
        chosen: list[int] = []
        said: Terms = frozenset()
        left = {number.start for number in claim.numbers}
        while useful:
            found = {n: {one.start for one in claim.numbers if self.sources[n].find(one)} & left for n in useful}
            best = max(useful, key=lambda n: (len(found[n]), len((self.sources[n].terms & claim.terms) - said), -n))
            adds = len((self.sources[best].terms & claim.terms) - said)
            if chosen and not found[best] and adds * 5 < len(claim.terms):
                break
            chosen.append(best)
            said |= self.sources[best].terms
            left -= found[best]
            useful.remove(best)
        return chosen

    def _added(self, kept: Sequence[int], claim: Claim, calculations: Sequence[Calculation]) -> list[int]:
        """Passages that the sentence doesn't name: for numbers that no other has, or when it names none that holds."""
        others = [source for source in self.sources.values() if source.number not in kept]
        needed = [
            number
            for number in claim.numbers
            if not number.is_soft
            and not any(self.sources[n].find(number) for n in kept)
            and not self._is_asked(number)
            and not any(gives(one.value, number) for one in (*calculations, *(r.calculation for r in self.results)))
        ]
        added: list[int] = []
        while needed and len(added) < MAX_ADDED:
            gains = [(len([n for n in needed if one.find(n)]), one.share(claim.terms), -one.number) for one in others]
            best = max(range(len(others)), key=gains.__getitem__, default=None)
            if best is None or gains[best][0] == 0 or not self._contributes(others[best], claim, is_distinctive):
                break
            source = others.pop(best)
            added.append(source.number)
            needed = [number for number in needed if not source.find(number)]
        if not kept and not added and others:
            source = max(others, key=lambda one: (one.share(claim.terms), -one.number))
            if source.share(claim.terms) >= SUPPORTING_SHARE and not self._is_foreign(source):
                added.append(source.number)
        return added

    def _numbers(self, claim: Claim, calculations: Sequence[Calculation], cited: Sequence[int]) -> list[CheckedNumber]:
        found: list[CheckedNumber] = []
        for calculation in calculations:
            if (passages := self._operand_passages(calculation, cited)) is not None:
                self.results = [*self.results, _Result(calculation, passages)][-MAX_RESULTS:]
        operands = {value for one in calculations for operand in one.operands for value, _ in operand.values}
        for number in claim.numbers:
            passages = tuple(n for n in cited if self.sources[n].find(number))
            if passages:
                found.append(CheckedNumber(number.text, NumberOrigin.SOURCE, passages))
            elif (result := self._result(number)) is not None:
                shown = result.calculation.text
                found.append(CheckedNumber(number.text, NumberOrigin.CALCULATED, result.passages, shown))
            elif self._is_asked(number):
                found.append(CheckedNumber(number.text, NumberOrigin.QUESTION))
            elif not number.is_soft and not is_constant(number, operands):
                found.append(CheckedNumber(number.text, NumberOrigin.MISSING))
        return found

    def _operand_passages(self, calculation: Calculation, cited: Sequence[int]) -> tuple[int, ...] | None:
        """The passages that hold a calculation's operands; None when one stands nowhere, or all are constants."""
        passages: list[int] = []
        is_founded = False
        for operand in calculation.operands:
            places = [n for n in cited if self.sources[n].find(operand)]
            earlier = self._result(operand)
            if places or earlier:
                passages += places[:1] or (earlier.passages if earlier else ())
                is_founded = True
            elif not (operand.scale == 1 and operand.values[0][0] in CONSTANTS):
                return None
        return tuple(dict.fromkeys(passages)) if is_founded else None

    def _result(self, number: Number) -> _Result | None:
        """The calculation that has this number as its result."""
        if not number.values or number.kind in (NumberKind.YEAR, NumberKind.WORD):
            return None
        return next((one for one in self.results if gives(one.calculation.value, number)), None)

    def _is_asked(self, number: Number) -> bool:
        return number.kind is NumberKind.YEAR and number.values[0][0] in self.asked_years

    def _doubts(self, text: str, claim: Claim, numbers: Sequence[CheckedNumber], cited: Sequence[int]) -> list[str]:
        """Why it may be otherwise than it sounds."""
        doubts = [
            f"{number.text} stands in the question only" for number in numbers if number.origin is NumberOrigin.QUESTION
        ]
        for number in claim.numbers:
            matches = [match for n in cited if (match := self.sources[n].find(number))]
            if number.is_soft and cited and not matches:
                doubts.append(f"“{number.text}” does not stand in the passages")
            elif matches and all(match.has_other_sign for match in matches):
                doubts.append(f"{number.text} has no minus in the passages")
        if any(self._is_turned_round(text, self.sources[n], claim) for n in cited[:1]):
            doubts.append("only one of the sentence and its source says “not”")
        return doubts

    def _is_turned_round(self, text: str, source: Source, claim: Claim) -> bool:
        ranges = source.evidence(claim.terms, ())
        if len(ranges) != 1 or self._is_foreign(source):
            return False
        said = source.words(ranges)
        is_same = len(terms(said, self.language) & claim.terms) >= SUPPORTING_SHARE * len(claim.terms)
        return is_same and is_negated(text, self.language) != is_negated(said, self.language)

    def _citation(self, number: int, claim: Claim, *, is_added: bool) -> Citation:
        source = self.sources[number]
        matches = [match for one in claim.numbers if (match := source.find(one))]
        return source.citation(source.evidence(claim.terms, matches), is_added=is_added)


def _texts(sentence: Sentence, dropped: Sequence[int]) -> tuple[str, ...]:
    """The citations that name only passages which are dropped, or none."""
    return tuple(mark.text for mark in sentence.marks if all(number in dropped for number in mark.numbers))


def _wrong(calculation: Calculation) -> str:
    stated = calculation.stated.text if calculation.stated else ""
    return f"{calculation.text} is {calculation.value:,.4g}, not {stated}"
