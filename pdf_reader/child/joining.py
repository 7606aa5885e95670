"""Joins printed lines into text: what stands between two lines is a line break, a blank, or nothing at all.

    printed            text
    the infor-         the information is
    mation is          \\
    a longer-          a longer-term goal
    term goal          \\
    中国的现代         中国的现代建筑教育
    建筑教育
"""

import re
from collections.abc import Collection

from pdf_reader.child.words import CLOSED_COMPOUNDS, is_known

#: A word broken at a line's end has at least so many letters before the hyphen. A soft hyphen is one anywhere.
_FEWEST_BROKEN = 2
_KEPT_HYPHEN = re.compile(r"[\w)]-$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_SOFT_HYPHEN = "\u00ad"
_FIRST_TOKEN = re.compile(r"^\S+")
_ADDRESS = re.compile(
    r"^[(<\[\"']*(?:https?://|ftp://|www\.|mailto:|(?:[a-z0-9-]+\.)+[a-z]{2,6}/)|^[(<\[]*[\w.+-]+@[\w.-]*$",
    re.IGNORECASE,
)
#: What is in every line that ends in an address without a scheme or an @.
_MAY_HOLD_ADDRESS = re.compile(r"www\.|\.[a-z]{2,6}/", re.IGNORECASE)
_MAILBOX = re.compile(r"[\w+-][\w.+-]*$")
_OPEN_ADDRESS = tuple("@/-_=&?#~%:.")
_GOES_ON_ADDRESS = tuple("/?&#=@_%~.")
_TOP_LEVEL = r"(?:com|org|net|edu|gov|mil|int|info|[a-z]{2})"
_DOMAIN_END = re.compile(rf"(?:[\w-]+\.)*{_TOP_LEVEL}(?:[/:?#]\S*|[.,;)\]>]*)", re.IGNORECASE)
#: An address that goes on in capitals has one of these, which words of a sentence have not.
_OF_ADDRESSES = re.compile(r"[./_=&?#%\d]\S")
_DOMAIN = re.compile(rf"(?:[\w-]+\.)+{_TOP_LEVEL}(?!\w)", re.IGNORECASE)
#: The second half of an address, of which a hyphen at a line's end is a part.
_REST_OF_ADDRESS = re.compile(r"[\w.+-]*@[\w-]+\.|(?:[\w-]+\.)+(?:com|org|net|edu|gov|int|info)(?!\w)", re.IGNORECASE)
_WHOLE_HOST = re.compile(rf"(?:[\w-]+\.)+{_TOP_LEVEL}(?:/\S*)?", re.IGNORECASE)


def joint(above: str, below: str, words: Collection[str], language: str = "en") -> tuple[int, str]:
    """How the line `above` goes on in the line `below`: characters to cut off its end, and what to put between.

    `words` are those that the page has elsewhere, in lower case: they tell `well-known` from `infor-mation`. Where they
    don't, the word list of `language` does: joined when that gives a word, else with its hyphen when both halves are.
    """
    first, last = below[:1], above[-1:]
    if last == _SOFT_HYPHEN:
        return 1, ""
    if (first == "@" or "@" in above or "." in above or "://" in above) and _is_broken_address(above, below):
        return 0, ""
    hyphenated = last == "-"
    # Nearly always: a word ends, and the next one begins.
    if not hyphenated and (last < "\u2e80" or first < "\u2e80"):
        return 0, " "
    if hyphenated and _KEPT_HYPHEN.search(above) and _REST_OF_ADDRESS.match(below):
        return 0, ""
    broken = _letters_at_end(above[:-1]) if hyphenated else ""
    if len(broken) >= _FEWEST_BROKEN and first.islower():
        before = broken.lower()
        following = _FIRST_WORD.match(below)
        after = following.group().lower() if following else ""
        keeps = _keeps_hyphen(before, after, words, language) or (len(before) < 4 and _is_compound(above, broken))
        return (0, "") if keeps else (1, "")
    if hyphenated and first.isalnum() and _KEPT_HYPHEN.search(above):
        return 0, ""
    return (0, "") if is_unspaced(last) and is_unspaced(first) else (0, " ")


def _letters_at_end(text: str) -> str:
    """Found from the end, as a regular expression would try each letter of a long word."""
    begin = len(text)
    while begin and _is_letter(text[begin - 1]):
        begin -= 1
    return text[begin:]


def _is_letter(character: str) -> bool:
    return character.isalnum() and not character.isdecimal()


def _is_compound(above: str, broken: str) -> bool:
    """Whether the broken word is the second part of one with a hyphen."""
    before = above[: -1 - len(broken)]
    return before[-1:] == "-" and _is_letter(before[-2:-1])


def _keeps_hyphen(before: str, after: str, words: Collection[str], language: str) -> bool:
    if before + after in words:
        return False
    if f"{before}-{after}" in words:
        return True
    if language in CLOSED_COMPOUNDS or is_known(before + after, language):
        return False
    return is_known(before, language) and is_known(after, language)


def _is_broken_address(above: str, below: str) -> bool:
    """Whether an address of the web or of mail goes on in the next line."""
    if below.startswith("@"):
        return bool(_MAILBOX.search(above) and _DOMAIN.match(below[1:]))
    if not ("@" in above or "://" in above or ("." in above and _MAY_HOLD_ADDRESS.search(above))):
        return False
    first = _FIRST_TOKEN.match(below)
    end = "" if above[-1].isspace() else above.rsplit(maxsplit=1)[-1]
    if not first or not _ADDRESS.match(end):
        return False
    begin = first.group()
    if begin[0] in _GOES_ON_ADDRESS and len(begin) > 1:
        return True
    if not end.endswith(_OPEN_ADDRESS) or not (begin[0].islower() or begin[0].isdigit() or _OF_ADDRESSES.search(begin)):
        return False
    if end.endswith("."):
        # `www.example.` goes on; `see www.example.org.` ends a sentence.
        host = end.rstrip(".").split("//")[-1].split("@")[-1]
        return bool(_DOMAIN_END.fullmatch(begin)) and ("/" in begin or not _WHOLE_HOST.fullmatch(host))
    return True


def is_unspaced(character: str) -> bool:
    """Han, Kana and their punctuation are written without blanks; Hangul is not."""
    return character >= "\u2e80" and (
        character <= "\u312f"
        or "\u31a0" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\uff00" <= character <= "\uff9f"
        or "\U00020000" <= character <= "\U0003ffff"
    )
