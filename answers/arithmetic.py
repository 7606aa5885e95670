"""Arithmetic that an answer shows, such as `(1,749 - 1,577) / 1,577 = 10.9%`: found, worked out and compared. Pure.

A small parser of its own reads + - * / ^, brackets, percent and scale words; nothing is ever executed.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from answers.number_matching import tolerance
from answers.numbers import CURRENCY_PATTERN, SCALE_PATTERN, Number, NumberKind, numbers_in

#: Beyond these an expression is not read.
MAX_TOKENS = 120
MAX_DEPTH = 30
MAX_CALCULATIONS = 100
#: An exponent beyond it is no growth rate.
MAX_EXPONENT = 100.0
#: What a formula may bring along: percent, averages, months and days, thousands.
CONSTANTS = frozenset([1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 12.0, 52.0, 100.0, 360.0, 365.0, 1e3, 1e6, 1e9])
_LATEX = (
    (re.compile(r"\\(?:text|mathrm|mbox|textbf)\s*\{[^{}]*\}"), " "),
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"((\1)/(\2))"),
    (re.compile(r"\\times|\\cdot"), "*"),
    (re.compile(r"\\div"), "/"),
    (re.compile(r"\\approx|\\simeq"), "="),
    (re.compile(r"\\(?:left|right|,|;|!|\[|\]|\(|\))"), " "),
    (re.compile(r"\\([%$])"), r"\1"),
    (re.compile(r"\\\\|\$\$"), " "),
)
_SIGNS = str.maketrans(
    {"×": "*", "·": "*", "✕": "*", "÷": "/", "∕": "/", "−": "-", "–": "-", "≈": "=", "≅": "=", "≃": "="}
)
_BOLD = re.compile(r"(?<![\d)%])\*\*|\*\*(?![\d(])")
#: Brackets that hold words only explain.
_NOTE = re.compile(r"\((?=[^()]*[^\W\d_]{2})[^()]*\)")
_FORMULA = re.compile(r"\d[\d.,%)\s]*(?:[^\W\d_]+\s*)?[-+*/×÷−–][\s($€£]*\d")
_TOKEN = re.compile(
    rf"\s*(?:\*\*|[-+*/^()=]|(?:{CURRENCY_PATTERN})?\s?\d{{1,30}}(?:[.,]\d{{1,30}})*"
    rf"(?:\s?(?:%|{SCALE_PATTERN})(?![^\W\d_]))?(?![\d]))",
    re.IGNORECASE,
)
_OPERATORS = frozenset(["+", "-", "*", "/", "^", "**"])
Token = Number | str


@dataclass(frozen=True, slots=True)
class Calculation:
    """`text` is worked out to `value`; `operands` are its numbers. `stated` is the result that the answer gives it."""

    text: str
    value: float
    operands: tuple[Number, ...]
    stated: Number | None = None

    @property
    def is_right(self) -> bool:
        return self.stated is None or gives(self.value, self.stated)


def calculations_in(text: str, language: str = "en") -> list[Calculation]:
    """The expressions of a sentence that can be worked out, and have a result beside them or stand in brackets."""
    found: list[Calculation] = []
    for chain in _chains(_readable(text), language):
        results = [tokens[0] for tokens, _ in chain if len(tokens) == 1 and isinstance(tokens[0], Number)]
        for tokens, is_in_brackets in chain:
            value = evaluate(tokens) if len(chain) > 1 or is_in_brackets else None
            if value is not None and len(found) < MAX_CALCULATIONS:
                operands = tuple(part for part in tokens if isinstance(part, Number))
                shown = " ".join(part.text if isinstance(part, Number) else part for part in tokens)
                found.append(Calculation(shown, value, operands, results[0] if results else None))
    return found


def gives(value: float, number: Number) -> bool:
    """Whether a calculated value is what a number says, rounded as it is written. The sign may be in its words."""
    value = abs(value)
    for mantissa, unit in number.values:
        half = max(tolerance(number, mantissa, unit), unit * 0.5) * 1.02
        for factor in (1.0, 100.0) if number.kind is NumberKind.PERCENT else (1.0, 1 / number.scale):
            if abs(value * factor - mantissa) <= half + abs(mantissa) * 1e-9:
                return True
    return False


def evaluate(tokens: list[Token]) -> float | None:
    """The value of an expression; None when it is none, has no operator, or no value."""
    if len(tokens) < 3 or sum(isinstance(part, Number) for part in tokens) < 2:
        return None
    try:
        reader = _Reader(tokens)
        value = reader.sum(0)
    except (ArithmeticError, ValueError, IndexError):
        return None
    return value if reader.is_done and isinstance(value, float) and math.isfinite(value) else None


class _Reader:
    """Recursive descent: sum → product → power → sign → number or brackets."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def is_done(self) -> bool:
        return self._at == len(self._tokens)

    def sum(self, depth: int) -> float:
        value = self._product(depth)
        while (sign := self._take("+", "-")) is not None:
            other = self._product(depth)
            value = value + other if sign == "+" else value - other
        return value

    def _product(self, depth: int) -> float:
        value = self._power(depth)
        while (sign := self._take("*", "/")) is not None:
            other = self._power(depth)
            value = value * other if sign == "*" else value / other
        return value

    def _power(self, depth: int) -> float:
        base = self._signed(depth)
        if self._take("^", "**") is None:
            return base
        exponent = self._signed(depth)
        if abs(exponent) > MAX_EXPONENT or base < 0:
            raise ValueError
        return float(base**exponent)

    def _signed(self, depth: int) -> float:
        if depth > MAX_DEPTH:
            raise ValueError
        if self._take("-") is not None:
            return -self._signed(depth + 1)
        if self._take("(") is not None:
            value = self.sum(depth + 1)
            if self._take(")") is None:
                raise ValueError
            return value
        part = self._tokens[self._at]
        if not isinstance(part, Number) or not part.values:
            raise ValueError
        self._at += 1
        value = part.values[0][0] * part.scale
        return value / 100 if part.kind is NumberKind.PERCENT else value

    def _take(self, *signs: str) -> str | None:
        part = self._tokens[self._at] if self._at < len(self._tokens) else None
        if isinstance(part, str) and part in signs:
            self._at += 1
            return part
        return None


def _readable(text: str) -> str:
    for pattern, replacement in _LATEX:
        text = pattern.sub(replacement, text)
    text = _NOTE.sub(_without_words, text)
    # Two stars are Markdown's bold unless a number or bracket stands on both sides.
    return _BOLD.sub(" ", text).translate(_SIGNS)


def _without_words(match: re.Match[str]) -> str:
    """A bracket with an operator between numbers is part of a formula, whatever words are in it."""
    return match.group() if _FORMULA.search(match.group()) else " "


def _chains(plain: str, language: str) -> Iterator[list[tuple[list[Token], bool]]]:
    """Runs of numbers and operators, with whether brackets enclose each; those that equals signs join are one chain."""
    chain: list[tuple[list[Token], bool]] = []
    run: list[Token] = []
    at = 0
    while at <= len(plain):
        match = _TOKEN.match(plain, at) if at < len(plain) else None
        part = _token(match.group(), language) if match else None
        if match and part is not None and part != "=" and not _is_new(run, part):
            if len(run) < MAX_TOKENS:
                run.append(part)
            at = match.end()
            continue
        if run:
            tokens, is_in_brackets = _trimmed(run)
            chain += [(tokens, is_in_brackets)] if tokens else []
            run = []
            if part != "=":
                # A result may stand before its formula in brackets: no equals sign joins them.
                yield chain
                chain = []
                continue
        elif chain and part != "=" and not plain[at : at + 1].isspace() and plain[at : at + 1] not in "$€£":
            yield chain
            chain = []
        at = match.end() if match else at + 1
    if chain:
        yield chain


def _token(text: str, language: str) -> Token | None:
    text = text.strip()
    if text in ("**", "=") or (len(text) == 1 and text in "+-*/^()"):
        return text
    numbers = [number for number in numbers_in(text, language) if number.kind is not NumberKind.WORD]
    return numbers[0] if len(numbers) == 1 else None


def _is_new(run: list[Token], part: Token) -> bool:
    """No operator stands between what a run ends with and this."""
    if not run or run[-1] in _OPERATORS:
        return False
    ends = isinstance(run[-1], Number) or run[-1] == ")"
    return ends and (isinstance(part, Number) or part == "(")


def _trimmed(run: list[Token]) -> tuple[list[Token], bool]:
    """Without operators and brackets that belong to the words around; whether brackets stood around all of it."""
    start, end = 0, len(run)
    is_in_brackets = False
    while start < end:
        inner = run[start:end]
        depth, lowest = 0, 0
        for part in inner:
            depth += (part == "(") - (part == ")")
            lowest = min(lowest, depth)
        if inner[0] in _OPERATORS and inner[0] != "-":
            start += 1
        elif inner[-1] in _OPERATORS or inner[-1] == "(":
            end -= 1
        elif depth > 0 and inner[0] == "(":
            start, is_in_brackets = start + 1, True
        elif lowest < 0 and inner[-1] == ")":
            end, is_in_brackets = end - 1, True
        else:
            break
    tokens = run[start:end]
    return tokens, is_in_brackets or (len(tokens) > 3 and tokens[0] == "(" and tokens[-1] == ")")
