"""Paragraphs: MuPDF's blocks are parted where a paragraph ends, and joined where one goes on.

MuPDF begins a block at each larger gap and change of indent. So a hanging indent or a line with a higher letter
breaks a sentence, and paragraphs without a gap between them make one block.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf

from pdf_reader.child.annotations import FIELD_FONT
from pdf_reader.child.composing import Part, side_by_side
from pdf_reader.child.direction import has_right_to_left
from pdf_reader.child.marked_block import MarkedBlock, in_same_type, marked_rows
from pdf_reader.child.running_text import goes_on_in
from pdf_reader.child.text import RawBlock, RawLine, box_of

#: Lines of one paragraph are closer than this, in heights of the lower line.
MAX_GAP_HEIGHTS = 0.55
#: On a page of so many lone lines, what lies between most of them is the white of its paragraphs, up to this.
WIDE_SET_LINES = 6
MAX_WIDE_GAP_HEIGHTS = 2.2
#: A line in type that is so much larger or smaller is another paragraph.
MAX_SIZE_CHANGE = 0.12
#: A line that ends this much of the column's width before its edge does not go on by itself.
_RAGGED = 0.12

_SENTENCE_ENDS = tuple(".!?:;。！？：；…")
_CLOSING = "\"'”’»)]"
_LIST_ITEM = re.compile(
    r"^(?:[-–—•*◦▪●○■□☐※·‣⁃➢✓\uf0b7\uf0a7]|\(?\d{1,3}[.)]|\(?[a-zA-Z가-힣][.)]|\(?(?:[ivx]{1,5}|[IVX]{1,5})[.)])(?:\s|$)|^\d{1,3}(?:\.\d{1,3}){1,4}[.)]?\s+[^\W\d_a-z]|^[•◦▪●○■·‣⁃➢➤►](?=[^\W_])"
)
#: A word goes on in the next line.
_BROKEN = re.compile(r"[^\W\d_][-\u00ad]\s*$")
_CAPITAL = re.compile(r"^[\"'“‘«(\[]*[^\W\d_a-zß-öø-ÿ]")


def arrange(blocks: Sequence[RawBlock]) -> list[RawBlock]:
    """The same lines, a block a paragraph as far as can be told; only within a row the order changes."""
    parted = [paragraph for block in blocks for paragraph in _parted(_left_to_right(block))]
    max_gap = _max_gap(parted)
    joined: list[_Growing] = []
    for block in parted:
        if joined and _goes_on(joined[-1], block, max_gap):
            joined[-1].add(block)
        else:
            joined.append(_Growing(block))
    return [paragraph.lines for paragraph in joined]


class _Growing:
    """A paragraph that goes on over blocks. To ask whether the next one is of it takes no longer the more it has.

    A block that is asked about is the next one, and is added unless it ends the paragraph.
    """

    def __init__(self, block: RawBlock) -> None:
        self.lines = block
        self._left, self._right = inf, -inf
        self._measured = 0  # lines that the edges are of
        self._marked = MarkedBlock([])
        self._in_rows = 0

    def add(self, block: RawBlock) -> None:
        self.lines += block

    def goes_on_in(self, following: RawBlock) -> bool:
        """As `running_text.goes_on_in`."""
        self._marked.rows += marked_rows(self.lines[self._in_rows :])
        self._in_rows = len(self.lines) + len(following)
        return goes_on_in(self._marked, following)

    def edges_with(self, following: RawBlock) -> tuple[float, float]:
        """The left and the right edge of its lines and those of a block."""
        left, _, right, _ = box_of([*self.lines[self._measured :], *following])
        self._left, self._right = min(self._left, left), max(self._right, right)
        self._measured = len(self.lines) + len(following)
        return self._left, self._right


def _max_gap(blocks: Sequence[RawBlock]) -> float:
    """The white inside a paragraph, in heights of a line: more where most lines are set further apart."""
    lone = sum(len(block) == 1 for block in blocks)
    if lone < WIDE_SET_LINES or lone < 0.6 * len(blocks):
        return MAX_GAP_HEIGHTS
    gaps = sorted((b[0].bbox[1] - a[-1].bbox[3]) / max(b[0].height, 1.0) for a, b in pairwise(blocks))
    usual = gaps[len(gaps) // 2]
    return 1.1 * usual if MAX_GAP_HEIGHTS / 1.1 < usual <= MAX_WIDE_GAP_HEIGHTS else MAX_GAP_HEIGHTS


def _left_to_right(block: RawBlock) -> RawBlock:
    """Pieces of one row in the order of reading: some programs draw a page number, or dots, before the entry."""
    if not any(_goes_back(left, right) for left, right in pairwise(block)):
        return block
    rows: list[RawBlock] = []
    for line in block:
        if rows and side_by_side(rows[-1][-1], line) and not has_right_to_left(rows[-1][-1].text + line.text):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda piece: piece.bbox[0])]


def _goes_back(before: RawLine, after: RawLine) -> bool:
    return after.bbox[2] <= before.bbox[0] + 1 and side_by_side(before, after)


def _parted(block: RawBlock) -> Iterator[RawBlock]:
    """A paragraph ends where the size of type changes, and where a sentence ends and the next line's first word would
    have had room beside it."""
    right = max(line.bbox[2] for line in block)
    begin = 0
    for index, (above, below) in enumerate(pairwise(block), start=1):
        if below.bbox[1] > above.bbox[3] - below.height / 2 and _ends_paragraph(above, below, right):
            yield block[begin:index]
            begin = index
    yield block[begin:]


def _ends_paragraph(above: RawLine, below: RawLine, right: float) -> bool:
    size = below.main_span.size
    if below.spans[0].font == FIELD_FONT:
        return False
    if abs(above.main_span.size - size) > MAX_SIZE_CHANGE * size:
        return True
    if not _ends_sentence(above):
        return False
    word = below.text.split(maxsplit=1)[0]
    width = (below.bbox[2] - below.bbox[0]) * (len(word) + 2) / max(len(below.text), 1)
    return right - above.bbox[2] > width and bool(_CAPITAL.match(word) or _LIST_ITEM.match(below.text))


def join_columns(parts: Sequence[Part]) -> list[Part]:
    """Joins a paragraph that a column's end breaks; `parts` come in reading order."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last and last.table is None and part.table is None and _goes_on_in_next_column(last.lines, part.lines):
            joined[-1] = Part(last.lines + part.lines)
        else:
            joined.append(part)
    return joined


def _goes_on(paragraph: _Growing, following: RawBlock, max_gap: float) -> bool:
    """Whether the first line of a block continues the sentence that the one before it leaves open."""
    above, below = paragraph.lines[-1], following[0]
    gap = below.bbox[1] - above.bbox[3]
    if not _is_open(above, below) or not -0.5 * below.height < gap < max_gap * below.height:
        return False
    if below.bbox[3] <= above.bbox[3] or min(above.bbox[2], below.bbox[2]) <= max(above.bbox[0], below.bbox[0]):
        return False
    if _LIST_ITEM.match(below.text.lstrip()):
        return paragraph.goes_on_in(following)
    if _BROKEN.search(above.text):
        return True
    left, right = paragraph.edges_with(following)
    return right - above.bbox[2] < _RAGGED * (right - left) or below.text.lstrip()[:1].islower()


def _goes_on_in_next_column(block: RawBlock, following: RawBlock) -> bool:
    above, below = block[-1], following[0]
    if below.bbox[0] < above.bbox[2] or below.bbox[3] > above.bbox[1] or not _is_open(above, below):
        return False
    if _LIST_ITEM.match(below.text.lstrip()):
        return False
    same_font = above.spans[-1].font == below.spans[0].font
    return same_font and len(block) > 1 and len(following) > 1 and below.text.lstrip()[:1].islower()


def _is_open(above: RawLine, below: RawLine) -> bool:
    """Horizontal lines in like type, of which the first doesn't end a sentence."""
    a, b = above.spans[-1], below.spans[0]
    return (
        above.horizontal
        and below.horizontal
        and FIELD_FONT not in (a.font, b.font)
        and in_same_type(a, b)
        and not _ends_sentence(above)
    )


def _ends_sentence(line: RawLine) -> bool:
    return line.text.rstrip().rstrip(_CLOSING).endswith(_SENTENCE_ENDS)
