"""The PDF's own outline: believed only as far as its titles stand on the pages that they point to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from data_ingestion.pdf.model import Line, OutlineEntry, Page
from data_ingestion.structure.contents import title_keys
from data_ingestion.structure.tree import Section

#: An outline is good when this share of its entries (on pages with text) stand where they point to.
_MIN_FOUND_SHARE = 0.6
#: How alike a title and the lines at its destination have to be.
_MIN_LIKENESS = 0.85
#: A title is looked for in up to so many lines joined.
_MAX_TITLE_LINES = 6
#: A destination at the foot of a page may mean the head of the next: so many of its lines are tried.
_LATE_LINES = 12
#: A list of tables reaches over the beginnings of at least so many of the outline's main branches.
_INDEX_COVERS = 2
_MIN_BRANCHES = 3
#: Entries of one page that are put in order; on a page with more, each is placed on its own.
_MAX_ORDERED = 200


@dataclass(slots=True)
class _Place:
    """Where an entry is. `offset` is None until its title is found; `fallback` serves if it never is."""

    entry: OutlineEntry
    page: int
    offset: int | None = None
    fallback: int = 0
    has_text: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A line that may be an entry's title, better with more `worth`."""

    place: int
    line: int
    worth: float


class OutlineCheck:
    """Compares an outline with the pages as they come."""

    def __init__(self, entries: Iterable[OutlineEntry], page_count: int) -> None:
        usable = [entry for entry in entries if entry.title.strip() and 1 <= entry.page <= page_count]
        self._places = [_Place(entry, entry.page) for entry in _without_indexes(usable)]
        self._by_page: dict[int, list[_Place]] = defaultdict(list)
        for place in self._places:
            self._by_page[place.page].append(place)

    def add(self, page: Page) -> None:
        """Locates the entries that point to this page, and those of the page before that were not found there."""
        here = self._by_page.get(page.number, [])
        late = [place for place in self._by_page.pop(page.number - 1, []) if place.offset is None]
        if not here and not late:
            return
        lines = [line for line in page.lines if line.text.strip()]
        _locate(here, lines)
        taken = {place.offset for place in here}
        for place in here:
            place.has_text = bool(lines)
            place.fallback = _fallback(place, here, lines)
        _locate(late, [line for line in lines[:_LATE_LINES] if line.start not in taken])
        for place in late:
            if place.offset is not None:
                place.page = page.number

    def finish(self) -> tuple[Section, ...] | None:
        """The sections of a good outline in its order, None for one that cannot be believed."""
        checked = [place for place in self._places if place.has_text]
        found = sum(place.offset is not None for place in checked)
        if not checked or found < _MIN_FOUND_SHARE * len(checked):
            return None
        return tuple(
            Section(
                place.entry.level,
                " ".join(place.entry.title.split()),
                place.page,
                place.fallback if place.offset is None else place.offset,
            )
            for place in self._places
        )


def _without_indexes(entries: Sequence[OutlineEntry]) -> list[OutlineEntry]:
    """Leaves out branches that list places inside of other branches, such as a list of all tables at the outline's end.

    They go back to pages before their predecessor's and reach over the beginnings of several other branches.
    """
    branches = _branches(entries)
    starts = [branch[0].page for branch in branches]
    kept: list[OutlineEntry] = []
    for position, branch in enumerate(branches):
        pages = [entry.page for entry in branch]
        covered = sum(min(pages) < start <= max(pages) for start in starts[:position])
        if position == 0 or starts[position] >= starts[position - 1] or covered < _INDEX_COVERS:
            kept += branch
    return kept


def _branches(entries: Sequence[OutlineEntry]) -> list[list[OutlineEntry]]:
    """The outline's main branches, on the highest level that has several; what stands above comes first."""
    counts = Counter(entry.level for entry in entries)
    main = min((level for level, count in counts.items() if count >= _MIN_BRANCHES), default=1)
    branches: list[list[OutlineEntry]] = []
    for entry in entries:
        if entry.level <= main or not branches:
            branches.append([entry])
        else:
            branches[-1].append(entry)
    return branches


def _locate(places: Sequence[_Place], lines: Sequence[Line]) -> None:
    """Finds the titles of entries, which share a page, among its lines: in the entries' order as far as possible."""
    keys = [title_keys(line.text) or ("",) for line in lines]
    shared_top = len(places) > 1 and len({place.entry.top for place in places}) == 1
    candidates = [
        candidate
        for index, place in enumerate(places)
        for candidate in _candidates(index, place.entry, lines, keys, None if shared_top else place.entry.top)
    ]
    chosen = _in_order(candidates) if len(places) <= _MAX_ORDERED else []
    taken = {candidate.line for candidate in chosen}
    settled = {candidate.place for candidate in chosen}
    for candidate in sorted(candidates, key=lambda candidate: -candidate.worth):
        if candidate.place not in settled and candidate.line not in taken:
            chosen.append(candidate)
            taken.add(candidate.line)
            settled.add(candidate.place)
    for candidate in chosen:
        places[candidate.place].offset = lines[candidate.line].start


def _candidates(
    index: int, entry: OutlineEntry, lines: Sequence[Line], keys: Sequence[tuple[str, ...]], top: float | None
) -> list[_Candidate]:
    titles = _spellings(entry.title)
    found = []
    for line, spellings in enumerate(keys):
        likeness = max((_likeness(title, key, keys, line) for key in spellings if key for title in titles), default=0.0)
        if likeness >= _MIN_LIKENESS:
            distance = 0.0 if not top or top < 0 else min(abs(lines[line].bbox[1] - top), 1_000.0)
            found.append(_Candidate(index, line, 10 ** (10 * (likeness - 1)) * (1 - distance / 2_000)))
    return found


def _in_order(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The worthiest choice of candidates in which both entries and lines only go forward."""
    best: list[tuple[float, int]] = []  # worth of the best chain that ends with this candidate, and the one before it
    for position, candidate in enumerate(candidates):
        worth, before = 0.0, -1
        for earlier in range(position):
            other = candidates[earlier]
            if other.place < candidate.place and other.line < candidate.line and best[earlier][0] > worth:
                worth, before = best[earlier][0], earlier
        best.append((worth + candidate.worth, before))
    chain = []
    current = max(range(len(best)), key=lambda position: best[position][0], default=-1)
    while current >= 0:
        chain.append(candidates[current])
        current = best[current][1]
    return chain


def _fallback(place: _Place, here: Sequence[_Place], lines: Sequence[Line]) -> int:
    """Where a title that is not on its page begins.

    At its destination; else, unless it is of the top level and opens the page, before the next title that is there.
    """
    if place.entry.top is not None and place.entry.top > 0:
        below = [line for line in lines if line.bbox[3] > place.entry.top + 1]
        if below:
            return min(below, key=lambda line: line.bbox[1]).start
    position = next(index for index, other in enumerate(here) if other is place)
    following = next((other.offset for other in here[position:] if other.offset is not None), None)
    opens_page = all(other.offset is None for other in here[:position])
    if opens_page and (place.entry.level == 1 or following is None):
        return 0
    return lines[-1].start if following is None else following


def _spellings(title: str) -> tuple[str, ...]:
    """What to look for: the title, without its number, and what follows a label (`Sidebar: Names`)."""
    label, colon, rest = title.partition(":")
    labelled = title_keys(rest) if colon and len(label.split()) <= 2 else ()
    return (*title_keys(title), *(key for key in labelled if len(key) > 2))


def _likeness(title: str, first: str, keys: Sequence[tuple[str, ...]], index: int) -> float:
    """How well the lines from `index` on spell a title: 1 exactly, .92 as a line's beginning, else by difference.

    `first` is the first line's key, with or without its number.
    """
    joined = first
    for key, *_ in keys[index + 1 : index + _MAX_TITLE_LINES]:
        if len(joined) >= len(title):
            break
        joined += key
    if joined == title:
        return 1.0
    if len(title) >= 3 and joined.startswith(title):
        return 0.92
    if joined[:1] != title[:1] or abs(len(joined) - len(title)) > 0.3 * len(title):
        return 0.0
    return min(0.99, SequenceMatcher(None, joined, title, autojunk=False).ratio())
