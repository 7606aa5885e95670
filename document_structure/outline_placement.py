"""Where on a page the titles of an outline stand. Its cost is bounded, whatever outline and page say."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from document_structure.numbering import parse_numbering
from document_structure.printed_contents import title_keys
from pdf_reader.document import Line, OutlineEntry

#: How alike a title and the lines at its destination have to be.
_MIN_LIKENESS = 0.85
#: Texts whose lengths differ by more than this share of the title's are not alike.
_LENGTH_CHANGE = 0.3
#: A title is looked for in up to so many lines joined.
_MAX_TITLE_LINES = 6
#: What comparing one document's titles may cost, fifty times what the SRD needs: pairs of title and line,
#: and products of the lengths of those that are compared letter by letter.
_MAX_PAIRS = 1_000_000
_MAX_LETTERS_SQUARED = 20_000_000


@dataclass(slots=True)
class Place:
    """Where an entry is. `offset` is None until its title is found; `fallback` serves if it never is."""

    entry: OutlineEntry
    page: int
    offset: int | None = None
    fallback: int = 0
    has_text: bool = False


@dataclass(slots=True)
class Effort:
    """What is left of a document's allowance. When it is used up, titles are no longer found, and the outline, which
    was made for this, is not believed."""

    pairs: int = _MAX_PAIRS
    letters_squared: int = _MAX_LETTERS_SQUARED


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A line that may be an entry's title, better with more `worth`."""

    place: int
    line: int
    worth: float


def locate(places: Sequence[Place], lines: Sequence[Line], effort: Effort) -> None:
    """Finds the titles of entries, which share a page, among its lines: in the entries' order as far as possible."""
    if not places:
        return
    page = _Lines(lines, {title[0] for place in places for title in _spellings(place.entry.title)})
    shared_top = len(places) > 1 and len({place.entry.top for place in places}) == 1
    candidates = [
        candidate
        for index, place in enumerate(places)
        for candidate in page.candidates(index, place.entry, None if shared_top else place.entry.top, effort)
    ]
    chosen = _in_order(candidates, len(lines))
    taken = {candidate.line for candidate in chosen}
    settled = {candidate.place for candidate in chosen}
    for candidate in sorted(candidates, key=lambda candidate: -candidate.worth):
        if candidate.place not in settled and candidate.line not in taken:
            chosen.append(candidate)
            taken.add(candidate.line)
            settled.add(candidate.place)
    for candidate in chosen:
        places[candidate.place].offset = lines[candidate.line].start


def put_fallbacks(places: Sequence[Place], lines: Sequence[Line]) -> None:
    """Says of all entries of a page where they begin if their titles are not found.

    At their destination; else, unless an entry of the top level opens the page, before the next title that is there.
    """
    bottoms = sorted((line.bbox[3], line.bbox[1], line.start) for line in lines)
    highest: list[tuple[float, int]] = [(top, start) for _, top, start in bottoms]  # of this line and those after it
    for index in range(len(highest) - 2, -1, -1):
        highest[index] = min(highest[index], highest[index + 1])
    opening = next((index for index, place in enumerate(places) if place.offset is not None), len(places))
    following: int | None = None
    for index in range(len(places) - 1, -1, -1):
        place = places[index]
        place.has_text = bool(lines)
        following = following if place.offset is None else place.offset
        top = place.entry.top
        below = bisect_right(bottoms, (top + 1, float("inf"), 0)) if top is not None and top > 0 else len(bottoms)
        if below < len(bottoms):
            place.fallback = highest[below][1]
        elif index <= opening and (place.entry.level == 1 or following is None):
            place.fallback = 0
        else:
            place.fallback = lines[-1].start if following is None else following


class _Lines:
    """A page's lines by what they spell: letters and digits only, with and without a number in front.

    Only lines that begin with one of the `initials` are candidates; of the others most are never spelled out.
    """

    def __init__(self, lines: Sequence[Line], initials: Set[str]) -> None:
        self._lines = lines
        self._spelled: dict[int, tuple[str, ...]] = {}
        self._beginning: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for index, line in enumerate(lines):
            if _may_begin_with(line.text, initials):
                for key in filter(None, self._keys(index)):
                    self._beginning[key[0]].append((index, key))

    def _keys(self, index: int) -> tuple[str, ...]:
        keys = self._spelled.get(index)
        if keys is None:
            keys = self._spelled[index] = title_keys(self._lines[index].text) or ("",)
        return keys

    def candidates(self, index: int, entry: OutlineEntry, top: float | None, effort: Effort) -> Iterator[_Candidate]:
        """The lines that may be the title of the entry, which is the `index`th of the page."""
        best: dict[int, float] = {}
        for title in _spellings(entry.title):
            alike = self._beginning.get(title[0], ())
            if len(alike) > effort.pairs:
                return
            effort.pairs -= len(alike)
            for line, key in alike:
                # Of most lines only the first letter is the title's: `_likeness` would find the same.
                if len(key) - len(title) > _LENGTH_CHANGE * len(title) and not key.startswith(title):
                    continue
                likeness = self._likeness(title, key, line, effort)
                if likeness >= _MIN_LIKENESS and likeness > best.get(line, 0.0):
                    best[line] = likeness
        for line, likeness in sorted(best.items()):
            distance = 0.0 if not top or top < 0 else min(abs(self._lines[line].bbox[1] - top), 1_000.0)
            yield _Candidate(index, line, 10 ** (10 * (likeness - 1)) * (1 - distance / 2_000))

    def _likeness(self, title: str, first: str, index: int, effort: Effort) -> float:
        """How well the lines from `index` on spell a title that begins with the same letter: 1 exactly, .92 as a
        line's beginning, else by difference. `first` is the first line's key, with or without its number."""
        joined = first
        for following in range(index + 1, min(index + _MAX_TITLE_LINES, len(self._lines))):
            if len(joined) >= len(title):
                break
            joined += self._keys(following)[0]
        if joined == title:
            return 1.0
        if len(title) >= 3 and joined.startswith(title):
            return 0.92
        cost = len(joined) * len(title)
        if abs(len(joined) - len(title)) > _LENGTH_CHANGE * len(title) or cost > effort.letters_squared:
            return 0.0
        matcher = SequenceMatcher(None, joined, title, autojunk=False)
        if matcher.quick_ratio() < _MIN_LIKENESS:
            return 0.0
        effort.letters_squared -= cost
        return min(0.99, matcher.ratio())


def _may_begin_with(text: str, initials: Set[str]) -> bool:
    """Whether one of a line's keys may begin with one of these letters: a quick look, not at its spelling."""
    # The second character may be a mark that belongs to the first.
    head = text.lstrip()[:2]
    if not (head.isascii() and head[:1].isalpha()) or head[0].lower() in initials:
        return True
    return parse_numbering(text) is not None


def _in_order(candidates: Sequence[_Candidate], lines: int) -> list[_Candidate]:
    """The worthiest choice of candidates, sorted by place, in which both entries and lines only go forward."""
    heaviest = _PrefixMaximum(lines)
    worths: list[float] = []
    before: list[int] = []  # the one before this candidate in the best chain that ends with it
    for _, peers in groupby(range(len(candidates)), key=lambda position: candidates[position].place):
        here = list(peers)
        for position in here:
            worth, earlier = heaviest.before(candidates[position].line)
            worths.append(worth + candidates[position].worth)
            before.append(earlier)
        for position in here:
            heaviest.put(candidates[position].line, worths[position], position)
    chain = []
    current = max(range(len(worths)), key=worths.__getitem__, default=-1)
    while current >= 0:
        chain.append(candidates[current])
        current = before[current]
    return chain


class _PrefixMaximum:
    """The greatest value put at any of the first places (a Fenwick tree); of equals, the one with the lowest number."""

    def __init__(self, size: int) -> None:
        self._best: list[tuple[float, int]] = [(0.0, 1)] * (size + 1)

    def before(self, place: int) -> tuple[float, int]:
        """The greatest value below `place`, and its number; (0, -1) without one."""
        best = (0.0, 1)
        while place > 0:
            best = max(best, self._best[place])
            place -= place & -place
        return best[0], -best[1]

    def put(self, place: int, value: float, number: int) -> None:
        place += 1
        while place < len(self._best):
            self._best[place] = max(self._best[place], (value, -number))
            place += place & -place


def _spellings(title: str) -> tuple[str, ...]:
    """What to look for: the title, without its number, and what follows a label (`Sidebar: Names`)."""
    label, colon, rest = title.partition(":")
    labelled = title_keys(rest) if colon and len(label.split()) <= 2 else ()
    return (*title_keys(title), *(key for key in labelled if len(key) > 2))
