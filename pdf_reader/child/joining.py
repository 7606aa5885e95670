"""Joins printed lines into text: what stands between two lines is a line break, a blank, or nothing at all.

    printed            text
    the infor-         the information is
    mation is          \
    中国的现代         中国的现代建筑教育
    建筑教育
"""

import re
from collections.abc import Collection

#: A word broken at a line's end: at least two letters, and the hyphen. A soft hyphen is one anywhere.
_BROKEN = re.compile(r"([^\W\d_]{2,})-$")
_KEPT_HYPHEN = re.compile(r"[\w)]-$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_SOFT_HYPHEN = "\u00ad"
#: Before these a hyphen is the word's own.
_KEPT_AFTER = {
    "all", "by", "co", "cross", "ex", "half", "high", "in", "long", "low", "much", "multi", "non", "off", "on", "self",
    "short", "single", "so", "well", "one", "two", "three", "four", "five", "six", "first", "second", "third",
}  # fmt: skip


def joint(above: str, below: str, words: Collection[str]) -> tuple[int, str]:
    """How the line `above` goes on in the line `below`: characters to cut off its end, and what to put between.

    `words` are those that the page has elsewhere, in lower case: they tell `well-known` from `infor-mation`.
    """
    if above.endswith(_SOFT_HYPHEN):
        return 1, ""
    first = below[:1]
    hyphenated = above.endswith("-")
    broken = _BROKEN.search(above) if hyphenated else None
    if broken and first.islower():
        before = broken.group(1).lower()
        following = _FIRST_WORD.match(below)
        after = following.group().lower() if following else ""
        if before + after in words:
            return 1, ""
        keep = f"{before}-{after}" in words or before in _KEPT_AFTER
        return (0, "") if keep else (1, "")
    if hyphenated and first.isalnum() and _KEPT_HYPHEN.search(above):
        return 0, ""
    if is_unspaced(above[-1:]) and is_unspaced(first):
        return 0, ""
    return 0, "\n"


def is_unspaced(character: str) -> bool:
    """Han, Kana and their punctuation are written without blanks; Hangul is not."""
    return bool(character) and (
        "\u2e80" <= character <= "\u312f"
        or "\u31a0" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\uff00" <= character <= "\uff9f"
        or "\U00020000" <= character <= "\U0003ffff"
    )
