"""The PDF's own outline: believed only as far as its titles stand on the pages that they point to."""

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from document_structure.outline_placement import Effort, Place, locate, put_fallbacks
from document_structure.section_tree import Section
from pdf_reader.document import OutlineEntry, Page

#: An outline is good when this share of its entries (on pages with text) stand where they point to.
_MIN_FOUND_SHARE = 0.6
#: A destination at the foot of a page may mean the head of the next: so many of its lines are tried.
_LATE_LINES = 12
#: A list of tables reaches over the beginnings of at least so many of the outline's main branches.
_INDEX_COVERS = 2
_MIN_BRANCHES = 3


class OutlineCheck:
    """Compares an outline with the pages as they come."""

    def __init__(self, entries: Iterable[OutlineEntry], page_count: int) -> None:
        usable = [entry for entry in entries if entry.title.strip() and 1 <= entry.page <= page_count]
        self._places = [Place(entry, entry.page) for entry in _without_indexes(usable)]
        self._effort = Effort()
        self._by_page: dict[int, list[Place]] = defaultdict(list)
        for place in self._places:
            self._by_page[place.page].append(place)

    def add(self, page: Page) -> None:
        """Locates the entries that point to this page, and those of the page before that were not found there."""
        here = self._by_page.get(page.number, [])
        late = [place for place in self._by_page.pop(page.number - 1, []) if place.offset is None]
        if not here and not late:
            return
        lines = [line for line in page.lines if line.text.strip()]
        locate(here, lines, self._effort)
        put_fallbacks(here, lines)
        taken = {place.offset for place in here}
        locate(late, [line for line in lines[:_LATE_LINES] if line.start not in taken], self._effort)
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
    before: list[int] = []
    for position, branch in enumerate(branches):
        pages = [entry.page for entry in branch]
        covered = bisect_right(before, max(pages)) - bisect_right(before, min(pages))
        if position == 0 or starts[position] >= starts[position - 1] or covered < _INDEX_COVERS:
            kept += branch
        insort(before, starts[position])
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
