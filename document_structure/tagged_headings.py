"""Headings that a document's tags name, where it has tagged its headings at all."""

from collections import Counter
from collections.abc import Mapping

from document_structure.section_tree import Ranges, Section
from pdf_reader.blocks import BlockKind, Provenance
from pdf_reader.document import Page

#: So many headings a document has at least, and one on so many pages.
FEWEST_HEADINGS = 2
PAGES_A_HEADING = 12
#: Tags must speak of this share of the pages that have text.
TAGGED_PAGES = 0.8
#: No title is on more than this share of all headings: that is a running head that is tagged as one.
MOST_REPEATED = 0.34
MAX_TITLE_CHARACTERS = 300


class TaggedHeadings:
    """Takes the pages in order; `finish` gives None for a document whose headings are not tagged."""

    def __init__(self) -> None:
        self._found: list[Section] = []
        self._pages = 0
        self._tagged_pages = 0

    def add(self, page: Page) -> None:
        blocks = [block for block in page.blocks if block.end > block.start]
        self._pages += bool(blocks)
        self._tagged_pages += any(block.provenance is Provenance.TAGS for block in blocks)
        for block in blocks:
            if block.kind is not BlockKind.HEADING:
                continue
            title = " ".join(block.text.split())
            if 0 < len(title) <= MAX_TITLE_CHARACTERS:
                self._found.append(Section(block.depth, title, page.number, block.start))

    def finish(self, running: Mapping[int, Ranges]) -> tuple[Section, ...] | None:
        """`running` are the running lines: they are no headings, whatever their tags say."""
        found = [section for section in self._found if not _runs(section, running.get(section.page, ()))]
        if len(found) < max(FEWEST_HEADINGS, self._pages / PAGES_A_HEADING):
            return None
        if self._tagged_pages < TAGGED_PAGES * self._pages:
            return None
        if len(found) > FEWEST_HEADINGS:
            [(_, most)] = Counter(section.title for section in found).most_common(1)
            if most > max(1, MOST_REPEATED * len(found)):
                return None
        return _nested(found)


def _runs(section: Section, ranges: Ranges) -> bool:
    return any(start <= section.offset < end for start, end in ranges)


def _nested(sections: list[Section]) -> tuple[Section, ...]:
    """Levels without gaps: each section is one below that which it stands in."""
    nested = []
    opened: list[int] = []
    for section in sections:
        while opened and opened[-1] >= section.level:
            opened.pop()
        opened.append(section.level)
        nested.append(Section(len(opened), section.title, section.page, section.offset))
    return tuple(nested)
