"""A shallow outline, filled up with the headings that are printed between its entries."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from document_structure.printed_contents import title_keys
from document_structure.section_tree import Section, parents_of

#: Outlines with fewer entries a page name chapters only: their sections are looked for in the layout.
_SPARSE_ENTRIES_A_PAGE = 0.25
#: Shorter documents need no more than their outline.
_MIN_PAGES = 8


def is_sparse(outline: Sequence[Section], pages: int) -> bool:
    """Whether a search would want finer sections than the outline has."""
    return pages >= _MIN_PAGES and len(outline) < _SPARSE_ENTRIES_A_PAGE * pages


def filled_up(outline: Sequence[Section], printed: Sequence[Section]) -> tuple[Section, ...]:
    """The outline with the printed headings between its entries below them; what it has itself is not repeated."""
    known = {(section.page, key) for section in outline for key in title_keys(section.title)}
    places = {_place(section) for section in outline}
    entries = sorted(outline, key=_place)
    more = [
        section
        for section in printed
        if _place(section) not in places and not any((section.page, key) in known for key in title_keys(section.title))
    ]
    more_places = [_place(section) for section in more]
    bounds = [*(bisect_left(more_places, _place(entry)) for entry in entries), len(more)]
    merged: list[Section] = []
    for entry, (start, end) in zip(entries, pairwise(bounds), strict=True):
        merged += [entry, *_below(entry, more[start:end])]
    return tuple(merged)


def _below(entry: Section, headings: Sequence[Section]) -> list[Section]:
    """The headings with the levels that they have among one another, below the entry's."""
    levels: list[int] = []
    for parent in parents_of(heading.level for heading in headings):
        levels.append(entry.level + 1 if parent < 0 else levels[parent] + 1)
    return [
        Section(level, heading.title, heading.page, heading.offset)
        for level, heading in zip(levels, headings, strict=True)
    ]


def _place(section: Section) -> tuple[int, int]:
    return section.page, section.offset
