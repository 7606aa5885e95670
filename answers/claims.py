"""What a sentence of an answer claims: its words and numbers, and whether a passage could support it at all. Pure."""

from collections.abc import Set
from dataclasses import dataclass

from answers.answer_sentences import Kind, Sentence, is_title
from answers.arithmetic import CONSTANTS
from answers.denials import is_denial
from answers.numbers import Number, NumberKind, numbers_in, without_numbers
from answers.sources import Terms
from embeddings.bm25 import terms

#: A claim has this many words that say something, or a number.
MIN_CLAIM_TERMS = 2
#: From this value on, or with decimals, a number is rarely in a text by chance.
TELLING_VALUE = 10.0
#: With so many digits a number tells its place by itself.
DISTINCTIVE_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """`terms` are those of its words, without numbers."""

    terms: Terms
    numbers: tuple[Number, ...]


def claim_of(sentence: Sentence, language: str) -> Claim:
    words = without_numbers(sentence.text, language)
    numbers = () if sentence.kind is Kind.CODE else numbers_in(sentence.text, language)
    return Claim(terms(words, language), numbers)


def is_claim(sentence: Sentence, claim: Claim, answer: str) -> bool:
    """Whether it says something that a passage could support. Code is not read."""
    if sentence.kind is Kind.CODE:
        return False
    if any(map(is_telling, claim.numbers)):
        return True
    if is_title(sentence, answer):
        return False
    if sentence.marks:
        return True
    if sentence.text.endswith((":", "：", "?", "？", "؟")) or is_denial(sentence.text):
        return False
    return len(claim.terms) >= MIN_CLAIM_TERMS


def is_telling(number: Number) -> bool:
    """A number that a text has seldom by chance."""
    if number.kind in (NumberKind.YEAR, NumberKind.WORD):
        return False
    return any(value >= TELLING_VALUE or unit < 1 for value, unit in number.values) or bool(number.dates)


def is_distinctive(number: Number) -> bool:
    """A number that names its place in a text though no word of the sentence is there."""
    if number.kind in (NumberKind.YEAR, NumberKind.WORD):
        return False
    digits = max((len(str(round(value / unit)).rstrip("0")) for value, unit in number.values), default=0)
    return digits >= DISTINCTIVE_DIGITS or bool(number.dates)


def is_constant(number: Number, operands: Set[float]) -> bool:
    """Part of a formula, such as the 2 of an average."""
    return any(value in CONSTANTS and value in operands for value, _ in number.values)
