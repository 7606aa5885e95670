"""Words that a line's end broke, decided with all words of the document.

A page's own text decides with the page's words and a word list, and is final when the page is read. What the rest of
the document writes is only known at its end: chunks, stores and files have it, as `Structure.spellings`.
"""

import re
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from foundation.spool import Spool
from pdf_reader.document import Line, Page

_BROKEN = re.compile(r"(?<![\w-])([^\W\d_]+(?:-[^\W\d_]+)*)-$")
_FIRST = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
#: Shorter halves are marks and units.
_FEWEST_LETTERS = 2


class BrokenWords:
    """Takes a document's pages; their texts wait on disk."""

    def __init__(self) -> None:
        self._texts: Spool[str] = Spool()
        #: Both halves of a word in lower case → how often the page's text has it joined, and with its hyphen.
        self._joined: Counter[tuple[str, str]] = Counter()
        self._kept: Counter[tuple[str, str]] = Counter()

    def add(self, page: Page) -> None:
        self._texts.append(page.text)
        for above, below in pairwise(page.lines):
            if above.text.endswith("-") and above.block == below.block and not above.in_table:
                for halves, has_hyphen in _halves(above, below, page.text):
                    (self._kept if has_hyphen else self._joined)[halves] += 1

    def finish(self) -> Mapping[str, str]:
        """Words in lower case as pages spell them → as the document does where no line ends."""
        broken = self._joined.keys() | self._kept.keys()
        if not broken:
            return {}
        words: Counter[str] = Counter()
        wanted = {form for before, after in broken for form in (before + after, f"{before}-{after}")}
        for text in self._texts:
            words.update(word for word in _WORDS.findall(text.lower()) if word in wanted)
        found = {}
        for before, after in broken:
            joined, hyphenated = before + after, f"{before}-{after}"
            whole = words[joined] - self._joined[before, after]
            apart = words[hyphenated] - self._kept[before, after]
            if apart > whole and self._joined[before, after]:
                found[joined] = hyphenated
            elif whole > apart and self._kept[before, after]:
                found[hyphenated] = joined
        return found


def _halves(above: Line, below: Line, text: str) -> Iterator[tuple[tuple[str, str], bool]]:
    """The halves of a word that goes on in the next line, and whether its hyphen was kept."""
    before, after = _BROKEN.search(above.text), _FIRST.match(below.text.lstrip())
    if not before or not after or not after.group()[0].islower():
        return
    if min(len(before.group(1)), len(after.group())) < _FEWEST_LETTERS or below.start != above.end:
        return
    yield (before.group(1).lower(), after.group().lower()), text[above.end - 1 : above.end] == "-"


@dataclass(frozen=True, slots=True)
class Respelled:
    """A text whose words are spelled otherwise. `shifts`: where such words ended, and how far the rest moved."""

    text: str
    shifts: tuple[tuple[int, int], ...] = ()

    def position(self, before: int) -> int:
        """Where the character is now that was at `before`."""
        earlier = bisect_right(self.shifts, (before, sys.maxsize))
        return before + (self.shifts[earlier - 1][1] if earlier else 0)


def respell(text: str, spellings: Mapping[str, str]) -> Respelled:
    """The text with these words spelled so, capitals kept."""
    if not spellings:
        return Respelled(text)
    # Most texts have none of them, not even inside of a longer word: that is seen in a fifth of the time, or less, that
    # finding the text's words takes.
    folded = text.casefold()
    if not any(word.casefold() in folded for word in spellings):
        return Respelled(text)
    shifts: list[tuple[int, int]] = []
    moved = 0

    def instead(found: re.Match[str]) -> str:
        nonlocal moved
        word = found.group()
        spelled = spellings.get(word.lower())
        if spelled is None:
            return word
        moved += len(spelled) - len(word)
        shifts.append((found.end(), moved))
        return _in_case(word, spelled)

    return Respelled(_WORDS.sub(instead, text), tuple(shifts))


def respelled(text: str, spellings: Mapping[str, str]) -> str:
    """The text alone."""
    return respell(text, spellings).text


def _in_case(word: str, spelled: str) -> str:
    """The letters of a word with the hyphens of its spelling."""
    letters = iter(letter for letter in word if letter != "-")
    return "".join(letter if letter == "-" else next(letters, letter) for letter in spelled)
