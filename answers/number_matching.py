"""Whether a number of an answer stands in a text, by value and within the rounding that the answer shows. Pure.

A bare number of a table may be thousands or millions: what the text says of it ("in millions") decides; where it says
nothing, the answer's own scale is believed.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from answers.numbers import Date, Number, NumberKind, numbers_in

_UNITS = {"thousands": 1e3, "millions": 1e6, "billions": 1e9}
_DECLARED = re.compile(
    r"\b(?:in|of)\s+(?:us\s+)?[$€£]?\s?(thousands|millions|billions)\b|[$€£]\s?(thousands|millions|billions)\b"
    r"|\((thousands|millions|billions)\b",
    re.IGNORECASE,
)
_FACTORS = (1.0, 1e3, 1e6, 1e9)
#: Rounding to one digit says too little to be checked: 2 billion is not 1.6 billion.
MIN_ROUNDED_DIGITS = 2
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Match:
    """`number` is the text's. `has_other_sign`: the answer writes a minus, the text doesn't."""

    number: Number
    has_other_sign: bool = False


class Figures:
    """The numbers of one text, ready to be looked up in logarithmic time."""

    def __init__(self, text: str, language: str = "en", more: str = "") -> None:
        """`more` are words that go with the text (its headings, its file's name): only their years count."""
        self._sorted: dict[str, list[tuple[float, int]]] = defaultdict(list)
        self._numbers: list[Number] = []
        self._dates: dict[Date, Number] = {}
        self._labels: dict[str, Number] = {}
        found = {name.casefold() for groups in _DECLARED.findall(text) for name in groups if name}
        self._declared = tuple(_UNITS[name] for name in sorted(found))
        for number in numbers_in(text, language):
            self._add(number)
        for number in numbers_in(re.sub(r"[_/-]", " ", more), language):
            if number.kind is NumberKind.YEAR:
                self._add(number)
        for values in self._sorted.values():
            values.sort()

    def find(self, number: Number) -> Match | None:
        """Where `number` stands in the text, None when it doesn't."""
        if number.kind is NumberKind.DATE:
            return self._find_date(number)
        if number.kind is NumberKind.LABEL:
            label = self._labels.get(number.text)
            return Match(label) if label else None
        for kind, low, high in _wanted(number, self._declared):
            found = self._within(kind, low, high)
            if found is not None:
                return Match(found, number.has_minus and not found.is_negative)
        return None

    def _add(self, number: Number) -> None:
        index = len(self._numbers)
        self._numbers.append(number)
        for date in number.dates:
            self._dates.setdefault(date, number)
            self._sorted["year"].append((float(date[0]), index))
            self._sorted["bare"].append((float(date[2]), index))
        if number.kind is NumberKind.LABEL:
            self._labels[number.text] = number
        for value, _ in number.values:
            kind = "bare"
            if number.kind is NumberKind.PERCENT:
                kind = "percent"
            elif number.scale != 1:
                self._sorted["mantissa"].append((value, index))
                kind, value = "scaled", value * number.scale
            elif number.kind is NumberKind.MONEY:
                kind = "money"
            elif number.kind is NumberKind.YEAR:
                self._sorted["year"].append((value, index))
            self._sorted[kind].append((value, index))

    def _find_date(self, number: Number) -> Match | None:
        for date in number.dates:
            if date in self._dates:
                return Match(self._dates[date])
        for year, _, day in number.dates:  # "year ended December 31," above a column "2022"
            found = self._within("year", year, year)
            if found and (self._within("bare", day, day) or self._within("money", day, day)):
                return Match(found)
        return None

    def _within(self, kind: str, low: float, high: float) -> Number | None:
        values = self._sorted.get(kind)
        if not values:
            return None
        slack = abs(high) * _EPSILON
        at = bisect_left(values, (low - slack, -1))
        if at < len(values) and values[at][0] <= high + slack:
            return self._numbers[values[at][1]]
        return None


@lru_cache(maxsize=512)
def figures_of(text: str, language: str, more: str) -> Figures:
    """The figures of a passage: an answer's sentences look at the same ones again and again."""
    return Figures(text, language, more)


def _wanted(number: Number, declared: Sequence[float]) -> Iterator[tuple[str, float, float]]:
    """Kinds of numbers in a text, and the bounds between which one of them is this number."""
    for value, unit in number.values:
        low, high = value - tolerance(number, value, unit), value + tolerance(number, value, unit)
        full_low, full_high = low * number.scale, high * number.scale
        if number.kind is NumberKind.PERCENT:
            yield "percent", low, high
            yield "bare", low, high
            yield "bare", low / 100, high / 100
            continue
        if number.kind is NumberKind.YEAR:
            yield "year", value, value
            yield "bare", value, value
            yield "money", value, value
            continue
        yield "scaled", full_low, full_high
        if number.scale == 1:
            yield "bare", low, high
            yield "money", low, high
            yield "mantissa", low, high
            if number.kind is not NumberKind.MONEY:
                yield "percent", low, high
                yield "percent", low * 100, high * 100
            continue
        for factor in dict.fromkeys((*declared, 1.0)) if declared else _FACTORS:
            for kind in ("bare", "money"):
                yield kind, full_low / factor, full_high / factor


def tolerance(number: Number, value: float, unit: float) -> float:
    """Half a unit of the last digit where the answer may have rounded: decimals, percent, or a scale word."""
    digits = len(str(round(value / unit)))
    may_be_rounded = unit < 1 or number.scale != 1 or number.kind is NumberKind.PERCENT
    return unit / 2 if may_be_rounded and digits >= MIN_ROUNDED_DIGITS else 0.0
