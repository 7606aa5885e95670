"""Numbers that BM25's tokenizer takes apart, as one more term each: `25,850` is `25` and `850` to it. Pure.

    25,850 · 25.850 · 25'850 → 25850      5.89 · 5,89 → 5p89      1,234.5 → 1234p5      3.2.1, v1.2, 12.10.2024 → none

A group of three behind a comma is taken for thousands, in texts and in queries, so that both come to the same term.
"""

import re
from collections.abc import Iterator

#: Begins with what it looks for, so that prose is gone through quickly.
_CANDIDATE = re.compile(r"[0-9]+(?:[.,'’][0-9]+)+")
_GROUPED = re.compile(r"([1-9][0-9]{0,2}(?:[.,'’][0-9]{3}){1,6})(?:[.,]([0-9]{1,2}))?")
_DECIMAL = re.compile(r"([0-9]{1,15})[.,]([0-9]{1,15})")
_SEPARATORS = ".,'’"
_WITHOUT_SEPARATORS = str.maketrans("", "", _SEPARATORS)


def joined_numbers(text: str) -> Iterator[str]:
    """A term for each number with separators in it, in order."""
    for found in _CANDIDATE.finditer(text):
        number = found[0]
        if not (parts := _GROUPED.fullmatch(number) or _DECIMAL.fullmatch(number)) or _is_within(text, *found.span()):
            continue
        whole, decimals = parts.groups()
        yield whole.translate(_WITHOUT_SEPARATORS) + (f"p{decimals}" if decimals else "")


def _is_within(text: str, start: int, end: int) -> bool:
    """Whether it is part of a word, a date or a longer number."""
    before, after = text[max(0, start - 1) : start], text[end : end + 2]
    if before and (before.isalnum() or before in "_" + _SEPARATORS):
        return True
    following = after[1:] if after[:1] and after[0] in _SEPARATORS else after[:1]
    return bool(following) and (following.isalnum() or following == "_")
