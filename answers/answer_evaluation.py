"""How good answers are on questions whose answers are known: right, supported, cited on the right page. Pure.

An expected answer is compared as what it is:
- a *number* (it is hardly more than one): right when the answer's sentences have it by value, within 1 % or the
  rounding that either shows;
- *yes or no* (it begins so): right when the answer begins the same.
- *text*: right when token F1 is at least .5, or the answer has all of its words that say something, and its numbers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from answers.checked_answer import CheckedAnswer, NumberOrigin, Verdict
from answers.evaluation import Question, interval
from answers.numbers import Number, NumberKind, numbers_in, without_numbers
from embeddings.bm25 import read_as, terms
from embeddings.language import detect_language

#: Two numbers this near each other are the same to a person who asked.
RELATIVE_TOLERANCE = 0.01
#: SQuAD's measure (Rajpurkar et al., 2016) over stems instead of words; half of it is a right answer in other words.
RIGHT_F1 = 0.5
#: An expected answer with fewer words beside its number is that number.
MAX_WORDS_OF_A_NUMBER = 4
#: A smaller number without a scale word is no amount of millions.
MIN_SCALED_VALUE = 100.0
_SCALES = (1.0, 1e3, 1e6, 1e9)
_BEGINNINGS = {
    word: is_yes
    for words, is_yes in (("yes ja oui sí si sim 是 はい نعم", True), ("no nein non não nee 否 いいえ لا", False))
    for word in words.split()
}

#: S3 key and page.
Page = tuple[str, int]


class Kind(StrEnum):
    """What an expected answer is."""

    NUMBER = "number"
    YES_NO = "yes or no"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Answered:
    """`cited` are the pages of the answer's citations, `key` is the S3 key of the question's document."""

    question: Question
    key: str
    answer: CheckedAnswer
    refused: bool
    cited: tuple[Page, ...] = ()
    milliseconds: float = 0.0

    @property
    def words(self) -> str:
        """What the answer says, without citations."""
        return "\n".join(sentence.text for sentence in self.answer.sentences)


def kind_of(expected: str) -> Kind:
    """By its first word, and by what stands beside its numbers."""
    if _yes_or_no(expected) is not None:
        return Kind.YES_NO
    numbers = list(_figures(expected))
    words = terms(without_numbers(expected))
    return Kind.NUMBER if numbers and len(words) <= MAX_WORDS_OF_A_NUMBER else Kind.TEXT


def is_right(expected: str, given: str) -> bool:
    """Whether an answer says what was expected; see above."""
    match kind_of(expected):
        case Kind.YES_NO:
            return _yes_or_no(given) is _yes_or_no(expected)
        case Kind.NUMBER:
            return _has_numbers(expected, given)
        case _:
            return f1(expected, given) >= RIGHT_F1 or _contains(expected, given)


def f1(expected: str, given: str) -> float:
    """Harmonic mean of precision and recall over the terms of both, each counted once."""
    wanted, said = _terms(expected), _terms(given)
    shared = len(wanted & said)
    return 2 * shared / (len(wanted) + len(said)) if shared else 0.0


def _contains(expected: str, given: str) -> bool:
    words = without_numbers(expected)
    return bool(terms(words)) and terms(words) <= terms(given) and _has_numbers(expected, given)


def _terms(text: str) -> frozenset[int]:
    return terms(text, read_as(detect_language(text)))


def _figures(text: str) -> Iterator[Number]:
    return (
        number for number in numbers_in(text) if number.values and number.kind not in (NumberKind.YEAR, NumberKind.WORD)
    )


def _has_numbers(expected: str, given: str) -> bool:
    said = list(_figures(given))
    return all(any(same(number, other) for other in said) for number in _figures(expected))


def same(expected: Number, given: Number) -> bool:
    """By value, within RELATIVE_TOLERANCE or the rounding that either shows. A sign may be in the words.

    Money and large numbers without a scale word may be thousands, millions or billions; a share may be a percentage.
    """
    if {expected.kind, given.kind} == {NumberKind.PERCENT, NumberKind.MONEY}:
        return False
    for value, unit in expected.values:
        for other_value, other_unit in given.values:
            wanted, said = value * expected.scale, other_value * given.scale
            if expected.kind is not NumberKind.PERCENT and given.kind is NumberKind.PERCENT:
                said /= 100
            may_be_scaled = expected.kind is NumberKind.MONEY or value >= MIN_SCALED_VALUE
            factors = _SCALES if may_be_scaled and (expected.scale == 1) != (given.scale == 1) else (1.0,)
            roundings = [step / 2 / of for step, of in ((unit, value), (other_unit, other_value)) if step < 1 and of]
            slack = wanted * max([RELATIVE_TOLERANCE, *roundings])
            if any(min(abs(said * by - wanted), abs(said / by - wanted)) <= slack for by in factors):
                return True
    return False


def _yes_or_no(text: str) -> bool | None:
    first = text.split(maxsplit=1)[0].strip("*_.,:;!-–").casefold() if text.split() else ""
    return _BEGINNINGS.get(first)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _of_verdict(verdict: Verdict) -> "Measure":
    def measure(answered: Answered) -> float | None:
        counts = answered.answer.counts
        return _share(counts[verdict.value], sum(counts.values()) - counts[Verdict.NONE.value])

    return measure


def _on_evidence(answered: Answered) -> float | None:
    return _share(sum(_is_evidence(answered, page) for page in answered.cited), len(answered.cited))


def _is_evidence(answered: Answered, page: Page) -> bool:
    return page[0] == answered.key and page[1] in answered.question.pages


def _missing_numbers(answered: Answered) -> float | None:
    origins = [number.origin for sentence in answered.answer.sentences for number in sentence.numbers]
    return _share(origins.count(NumberOrigin.MISSING), len(origins))


#: None where an answer has nothing that it is measured on; the mean is over the others.
Measure = Callable[[Answered], float | None]
MEASURES: Mapping[str, Measure] = {
    "right": lambda answered: float(not answered.refused and is_right(answered.question.answer, answered.words)),
    "refused": lambda answered: float(answered.refused),
    "sentences supported": _of_verdict(Verdict.SUPPORTED),
    "sentences weak": _of_verdict(Verdict.WEAK),
    "sentences unsupported": _of_verdict(Verdict.UNSUPPORTED),
    "citations on an evidence page": _on_evidence,
    "answers that cite an evidence page": lambda answered: float(
        any(_is_evidence(answered, page) for page in answered.cited)
    ),
    "numbers in no source": _missing_numbers,
}


def report(answered: Sequence[Answered], configuration: Mapping[str, Any]) -> dict[str, Any]:
    """What `evaluate --answers --json` prints: measures with intervals, right answers by kind, and every answer."""
    measures: dict[str, Any] = {}
    for name, measure in MEASURES.items():
        values = [value for one in answered if (value := measure(one)) is not None]
        if values:
            found = interval(values)
            measures[name] = {
                "mean": round(found.mean, 4),
                "interval": [round(found.low, 4), round(found.high, 4)],
                "questions": len(values),
            }
    right = MEASURES["right"]
    kinds: dict[str, dict[str, float]] = {}
    for kind in Kind:
        of_kind = [right(one) or 0.0 for one in answered if kind_of(one.question.answer) is kind]
        if of_kind:
            kinds[kind.value] = {"questions": len(of_kind), "right": round(sum(of_kind) / len(of_kind), 4)}
    return {
        "questions": len(answered),
        "measures": measures,
        "right_by_kind": kinds,
        "milliseconds": round(sum(one.milliseconds for one in answered) / len(answered), 1),
        "configuration": dict(configuration),
        "results": [_result(one) for one in answered],
    }


def _result(answered: Answered) -> dict[str, Any]:
    measured = {name: measure(answered) for name, measure in MEASURES.items()}
    return {
        "question": answered.question.question,
        "document": answered.question.document,
        "pages": sorted(answered.question.pages),
        "expected": answered.question.answer,
        "answer": answered.answer.text,
        "cited": [list(page) for page in answered.cited],
        **{name: value if value is None else round(value, 4) for name, value in measured.items()},
    }
