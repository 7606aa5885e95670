"""Where the entries of the printed contents lead: by link, by page label, or by the distance of printed page numbers.

While pages go by, lines that have an entry's title are marked, however they are printed. When all pages are known, each
entry is placed on one of them.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from document_structure.numbering import parse_numbering
from document_structure.printed_contents import Entry, levels_of, squeeze, title_keys
from document_structure.text_runs import Run, Style
from pdf_reader.document import Line

#: Shorter titles (`3`, `A`) are on every page.
_MIN_TITLE = 4
#: A printed title has at most so many more spaces and marks than its entry.
_SPACES = 10
#: A title is broken over at most so many lines.
_MAX_LINES = 4
#: A link leads to the line itself, or to somewhere up to so far above it or below its top.
_ABOVE_LINE_POINTS = 60.0
_BELOW_LINE_POINTS = 15.0
#: Printed page numbers tell pages when so many found titles, and this share of them, agree how far they are off.
_MIN_AGREEING = 3
_AGREEING_SHARE = 0.5
#: An entry's title may stand at the end of the page before.
_TOLERANCE = 1
_LABEL = re.compile(r"(?P<prefix>\D*?)(?P<number>\d+)")


@dataclass(frozen=True, slots=True)
class Match:
    """An entry whose title ends on the line `last`. `by_link` says that its link leads to this page."""

    last: int
    entry: int
    by_link: bool


class SoughtTitles:
    """The titles that the contents list, to be found among the lines of the pages that follow.

    `unnumbered` are the entries without a number.
    """

    def __init__(self) -> None:
        self.unnumbered: set[int] = set()
        self._keys: list[tuple[str, ...]] = []
        self._by_title: list[tuple[str, int]] = []  # sorted; of entries without a link, the first with each title
        self._titles: set[str] = set()
        self._by_page: dict[int, list[tuple[int, float | None]]] = defaultdict(list)
        self._some_start_small = False
        self._longest = 0  # in characters

    def add(self, entries: Sequence[Entry]) -> None:
        """Takes the entries that it doesn't have yet; they are named by their number from 0."""
        for entry in entries[len(self._keys) :]:
            index = len(self._keys)
            keys = tuple(key for key in title_keys(entry.title) if len(key) >= _MIN_TITLE)
            self._keys.append(keys)
            if parse_numbering(entry.title) is None:
                self.unnumbered.add(index)
            if entry.target is not None:
                self._by_page[entry.target.page].append((index, entry.target.top))
            else:
                self._by_title += [(key, index) for key in dict.fromkeys(keys) if key not in self._titles]
                self._titles.update(keys)
                self._some_start_small |= entry.title[:1].islower()
                self._longest = max(self._longest, len(entry.title))
        self._by_title.sort()

    def among(self, lines: Sequence[Line], page: int) -> dict[int, Match]:
        """First line → where the title ends, of titles on a page."""
        found: dict[int, Match] = {}
        if linked := self._by_page.get(page):
            texts = [squeeze(line.text) for line in lines]
            for entry, top in linked:
                self._find_linked(entry, top, lines, texts, found)
        if self._by_title:
            longest = self._longest + _SPACES
            for first, line in enumerate(lines):
                if len(line.text) <= longest and (self._some_start_small or not line.text[:1].islower()):
                    self._find_unlinked(first, lines, found)
        return found

    def _find_linked(
        self, entry: int, top: float | None, lines: Sequence[Line], texts: Sequence[str], found: dict[int, Match]
    ) -> None:
        """The first line with the title that the link leads to, or else the first one on the page."""
        matches = []
        for first, text in enumerate(texts):
            if text and first not in found and any(key.startswith(text) for key in self._keys[entry]):
                last = max(
                    (_last_line(key, texts[first : first + _MAX_LINES]) for key in self._keys[entry]), default=-1
                )
                if last >= 0:
                    distance = 0.0 if top is None else lines[first].bbox[1] - top
                    is_there = -_BELOW_LINE_POINTS <= distance <= _ABOVE_LINE_POINTS
                    matches.append((not is_there, first, first + last))
        if matches:
            _, first, last = min(matches)
            found[first] = Match(last, entry, by_link=True)

    def _find_unlinked(self, first: int, lines: Sequence[Line], found: dict[int, Match]) -> None:
        """The longest title that begins on a line."""
        text = squeeze(lines[first].text)
        place = bisect_left(self._by_title, (text, -1)) if len(text) >= _MIN_TITLE else len(self._by_title)
        texts: Sequence[str] = ()
        while place < len(self._by_title) and self._by_title[place][0].startswith(text):
            key, entry = self._by_title[place]
            texts = texts or [squeeze(line.text) for line in lines[first : first + _MAX_LINES]]
            last = _last_line(key, texts)
            if last >= 0 and (first not in found or first + last > found[first].last):
                found[first] = Match(first + last, entry, by_link=False)
            place += 1


def _last_line(key: str, texts: Sequence[str]) -> int:
    """The index of the text with which a title ends that begins with the first one, -1 when they say something else."""
    for last, text in enumerate(texts):
        if not text or not key.startswith(text):
            return -1
        key = key[len(text) :]
        if not key:
            return last
    return -1


@dataclass(frozen=True, slots=True)
class PlacedEntries:
    """`levels` has each run's level in the contents, None when they don't list it there; `led_to` the indices of runs
    to which an entry leads."""

    levels: Sequence[int | None] = ()
    led_to: frozenset[int] = field(default_factory=frozenset)


def place_entries(
    entries: Sequence[Entry], runs: Sequence[Run], running: frozenset[int], page_labels: Sequence[str]
) -> PlacedEntries:
    """Places the contents' entries on the runs. `running` are indices of runs that recur on page after page."""
    if not entries:
        return PlacedEntries([None] * len(runs))
    by_key: dict[str, list[int]] = defaultdict(list)
    for index, entry in enumerate(entries):
        for key in title_keys(entry.title):
            by_key[key].append(index)
    listed_as: list[Sequence[int]] = [
        next((by_key[key] for key in title_keys(run.title) if key in by_key), ()) for run in runs
    ]
    pages = _pages_of(entries, runs, listed_as, page_labels)
    placed: dict[int, set[Style]] = defaultdict(set)
    for run, listed in zip(runs, listed_as, strict=True):
        for index in listed:
            if abs(pages[index] - run.page) <= _TOLERANCE:
                placed[index].add(run.style)
    levels = levels_of(entries)
    found: list[int | None] = []
    for run, listed in zip(runs, listed_as, strict=True):
        # On another page than its entry says, only a title that looks like the one there is its peer.
        is_listed = any(index not in placed or run.style in placed[index] for index in listed)
        keys = title_keys(run.title) if is_listed else ()
        found.append(next((levels[key] for key in keys if key in levels), None))
    return PlacedEntries(found, _led_to(runs, running, pages))


def _led_to(runs: Sequence[Run], running: frozenset[int], pages: Sequence[int]) -> frozenset[int]:
    """For each entry the run with its title that is on its page and printed best."""
    best: dict[int, tuple[tuple[bool, bool, bool, float, int], int]] = {}
    for index, run in enumerate(runs):
        page = pages[run.entry] if run.entry >= 0 else 0
        if page and abs(page - run.page) <= _TOLERANCE and index not in running:
            worth = (page == run.page, not run.in_table, run.style.bold, run.style.size, -index)
            best[run.entry] = max(best.get(run.entry, (worth, index)), (worth, index))
    return frozenset(index for _, index in best.values())


def _pages_of(
    entries: Sequence[Entry], runs: Sequence[Run], listed_as: Sequence[Sequence[int]], page_labels: Sequence[str]
) -> list[int]:
    """The page that each entry leads to, 0 when it isn't known."""
    by_label = {label: page for page, label in enumerate(page_labels, 1)}
    offsets: dict[str, Counter[int]] = defaultdict(Counter)
    labels: Counter[bool] = Counter()
    for run, listed in zip(runs, listed_as, strict=True):
        for index in listed:
            label = entries[index].label
            if match := _LABEL.fullmatch(label):
                offsets[match["prefix"]][run.page - int(match["number"])] += 1
            if label in by_label:
                labels[by_label[label] == run.page] += 1
    usual = {}
    for prefix, counts in offsets.items():
        offset, count = counts.most_common(1)[0]
        if count >= max(_MIN_AGREEING, _AGREEING_SHARE * counts.total()):
            usual[prefix] = offset
    trusted = labels[True] >= _MIN_AGREEING and labels[True] >= _AGREEING_SHARE * labels.total()
    pages = []
    for entry in entries:
        match = _LABEL.fullmatch(entry.label)
        if entry.target is not None:
            pages.append(entry.target.page)
        elif trusted and entry.label in by_label:
            pages.append(by_label[entry.label])
        elif match and match["prefix"] in usual:
            pages.append(max(0, int(match["number"]) + usual[match["prefix"]]))
        else:
            pages.append(0)
    return pages
