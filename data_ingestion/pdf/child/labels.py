"""Printed page labels (PDF 32000-1, 12.4.2): "iv", "A-3", "12"."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from data_ingestion.pdf.child.cleaning import clean_string

MAX_LABEL_CHARACTERS = 40
#: Roman numerals above this, and runs of letters longer than this, are nonsense.
_MAX_ROMAN = 3_999
_MAX_LETTERS = 10
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
    (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


def page_labels(rules: Sequence[Mapping[str, Any]], page_count: int) -> tuple[str, ...]:
    """One label a page from `Document.get_page_labels()`; empty when there are no rules, or none that makes sense."""
    starts = sorted({rule["startpage"]: rule for rule in rules if 0 <= rule["startpage"] < page_count}.items())
    labels = [str(number) for number in range(1, page_count + 1)]
    for (start, rule), (end, _) in pairwise([*starts, (page_count, {})]):
        prefix = clean_string(rule.get("prefix"), MAX_LABEL_CHARACTERS)
        first = max(1, int(rule.get("firstpagenum", 1)))
        style = _STYLES.get(rule.get("style", ""))
        for page in range(start, end):
            number = style(first + page - start) if style else ""
            labels[page] = prefix + number or labels[page]
    return tuple(labels) if starts else ()


def _roman(number: int) -> str:
    if number > _MAX_ROMAN:
        return str(number)
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text


def _letters(number: int) -> str:
    """a…z, then aa…zz: the letter is repeated."""
    times = (number - 1) // 26 + 1
    return chr(ord("a") + (number - 1) % 26) * times if times <= _MAX_LETTERS else str(number)


_STYLES: dict[str, Callable[[int], str]] = {
    "D": str,
    "r": _roman,
    "R": lambda number: _roman(number).upper(),
    "a": _letters,
    "A": lambda number: _letters(number).upper(),
}
