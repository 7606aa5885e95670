"""Which kinds of tags of a page are to be believed: headings, lists and paragraphs are judged each by itself."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pdf_reader.blocks import BlockKind
from pdf_reader.child.direction import has_right_to_left
from pdf_reader.child.text import RawLine
from pdf_reader.tags.elements import Element
from pdf_reader.tags.roles import BLOCKS, HEADINGS

#: A heading is no longer than this, and headings are no more than this share of a page with more text than that.
MAX_HEADING_CHARACTERS = 300
MAX_HEADING_SHARE = 0.4
LITTLE_TEXT = 800
#: This share of list items begins with a mark or a number, or has others beside it.
MARKED_ITEMS = 0.6
#: A paragraph's type changes by less than this factor.
MAX_SIZE_CHANGE = 1.3
#: Of all paragraphs, no more than this share breaks off in a sentence.
BROKEN_PARAGRAPHS = 0.2
_FEWEST_PARAGRAPHS = 4

_MARK = re.compile(r"(?:\(?[\w]{1,4}[.):]|[^\w\s(\"'“‘«$€£¥+<\[]|o)(?=\s|$|\w)")
_OPEN_END = re.compile(r"[\w,\-–—]$")


@dataclass(slots=True, eq=False)
class TaggedBlock:
    """A block element of the page with its printed lines, in the order of the layout."""

    element: Element
    lines: list[RawLine]

    @property
    def kind(self) -> BlockKind:
        return BLOCKS[self.element.role]

    @property
    def text(self) -> str:
        return " ".join(line.text.strip() for line in self.lines)


def believed(blocks: Sequence[TaggedBlock]) -> frozenset[BlockKind]:
    """The kinds that hold on a page, from all of its blocks in the order of the tags."""
    kinds = {block.kind for block in blocks}
    if not _headings_hold(blocks):
        kinds.discard(BlockKind.HEADING)
    if not _lists_hold(blocks):
        kinds.discard(BlockKind.LIST_ITEM)
    if not _paragraphs_hold([block for block in blocks if block.kind is BlockKind.PARAGRAPH]):
        kinds.discard(BlockKind.PARAGRAPH)
    return frozenset(kinds)


def heading_level(element: Element) -> int:
    """1 for the highest. A heading without a level has that of the sections it stands in."""
    if element.role == "H":
        return min(6, max(1, sum(above.role in ("Sect", "Part", "Art") for above in element.lineage)))
    return HEADINGS[element.role]


def list_depth(element: Element) -> int:
    """0 for an item of an outermost list."""
    return max(0, sum(above.role == "L" for above in element.lineage) - 1)


def marker_of(text: str) -> str:
    """The mark or number that an item begins with, "" for none."""
    found = _MARK.match(text)
    return found.group() if found else ""


def _headings_hold(blocks: Sequence[TaggedBlock]) -> bool:
    lengths: Mapping[bool, list[int]] = {True: [], False: []}
    for block in blocks:
        lengths[block.kind is BlockKind.HEADING].append(len(block.text))
    headings, rest = lengths[True], lengths[False]
    if max(headings, default=0) > MAX_HEADING_CHARACTERS:
        return False
    return sum(headings) <= max(LITTLE_TEXT, MAX_HEADING_SHARE * (sum(headings) + sum(rest)))


def _lists_hold(blocks: Sequence[TaggedBlock]) -> bool:
    """Items have marks, or others beside them: a list of one item without a mark is a paragraph."""
    items = [block for block in blocks if block.kind is BlockKind.LIST_ITEM]
    beside = Counter(id(item.element.parent) for item in items)
    told = sum(bool(marker_of(item.text)) or beside[id(item.element.parent)] > 1 for item in items)
    return told >= MARKED_ITEMS * len(items)


def _paragraphs_hold(blocks: Sequence[TaggedBlock]) -> bool:
    """Whether paragraphs are whole, and not each of the printed lines, or several paragraphs in one."""
    sizes = [[line.main_span.size for line in block.lines if line.text.strip()] for block in blocks]
    changing = sum(max(found) > MAX_SIZE_CHANGE * min(found) for found in sizes if found and min(found) > 0)
    broken = 0
    for above, below in pairwise(blocks):
        begins, ends = below.text[:1], above.text
        if not has_right_to_left(ends + begins) and begins.islower() and _OPEN_END.search(ends):
            broken += 1
    few = len(blocks) < _FEWEST_PARAGRAPHS
    return changing <= BROKEN_PARAGRAPHS * len(blocks) and (few or broken <= BROKEN_PARAGRAPHS * len(blocks))
