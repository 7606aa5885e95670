"""The document's text by section: what a model is asked to summarise."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from document_structure import Structure
from document_structure.chunking import PageText
from foundation.spool import Spool

#: Titles from the outermost section to the innermost.
HeadingPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SectionText:
    """The text of one section without that of its subsections, or of a group of pages when there is no structure."""

    path: HeadingPath
    first_page: int
    last_page: int
    text: str

    @classmethod
    def spool(cls, sections: "Iterable[SectionText]") -> "Spool[SectionText]":
        """Sections on disk, in their order."""
        return Spool(
            sections,
            pack=lambda section: (section.path, section.first_page, section.last_page, section.text),
            unpack=lambda packed: cls(*packed),
        )


#: Without any section, this many pages are taken together.
PAGES_PER_GROUP = 10


def section_texts(pages: Iterable[PageText], structure: Structure) -> Iterator[SectionText]:
    """Each section's own text, without that of its subsections and without running headers, in document order.

    Text before the first section, and a document without sections, comes in groups of pages under an empty path.
    """
    starts: dict[int, list[int]] = {}
    for section in structure.sections:
        starts.setdefault(section.page, []).append(section.offset)
    path: tuple[str, ...] = ()
    parts: list[str] = []
    first = last = 0
    for page in pages:
        running = structure.running.get(page.number, ())
        edges = sorted({0, *starts.get(page.number, ()), len(page.text)})
        for start, end in pairwise(edges):
            begins = start in starts.get(page.number, ())
            full_group = not path and parts and page.number - first >= PAGES_PER_GROUP
            if (begins or full_group) and parts:
                yield SectionText(path, first, last, "\n\n".join(parts))
                parts = []
            if begins:
                path = structure.path_at(page.number, start)
            text = without_ranges(page.text, running, start, end)
            if text:
                first = first if parts else page.number
                last = page.number
                parts.append(text)
    if parts:
        yield SectionText(path, first, last, "\n\n".join(parts))


def without_ranges(text: str, ranges: Sequence[tuple[int, int]], start: int = 0, end: int | None = None) -> str:
    """`text[start:end]` without those offset ranges, stripped."""
    end = len(text) if end is None else end
    kept, position = [], start
    for left, right in sorted(ranges):
        if right <= start or left >= end:
            continue
        kept.append(text[position : max(position, left)])
        position = max(position, right)
    kept.append(text[position:end])
    return "".join(kept).strip()
