"""Parts: what a page's paragraphs are (list items, code, captions, notes), from how they are set."""

import re
from collections.abc import Iterator, Sequence

from pdf_reader.blocks import BlockKind
from pdf_reader.child.annotations import FIELD_FONT
from pdf_reader.child.composing import Part
from pdf_reader.child.list_marks import (
    DASHES,
    DEPTH_POINTS,
    OpenLists,
    bare_number_of,
    first_parts,
    follows,
    is_bullet,
    numbers_of,
)
from pdf_reader.child.marked_block import MarkedRow, marked_rows
from pdf_reader.child.running_text import without_marks_in_sentences
from pdf_reader.child.text import RawBlock, RawLine, box_of

#: A page whose text is typewriter type by more than this share is no listing, unless it looks like a program.
MOSTLY_TYPED = 0.6
#: Notes stand in smaller type in this lower share of the page.
NOTE_ZONE = 0.6
NOTE_SIZE = 0.93

_CAPTION = re.compile(
    r"(?:table|tab\.|figure|fig\.|exhibit|chart|tableau|tabelle|abbildung|abb\.|tabla|figura|tabella|表|图|圖|図)\s*"
    r"(?:\d|[A-Z][.\d-]|[IVX]+\b)",
    re.IGNORECASE,
)
_NOTE = re.compile(r"(?:[¹²³⁰⁴-⁹]+|[*†‡§]{1,3}|\d{1,3}(?=[\s.)])|ᵃ|ᵇ|ᶜ)\s*\S")
#: Typewriter paragraphs that are closer than this, in heights of a line, are one listing with blank lines.
LISTING_GAP_HEIGHTS = 3.0
_CODE = re.compile(
    r"[{};\[]\s*$|^\s*[\]}]|^\s*\"[\w-]+\":|^\s*(?:def|class|if|for|while|return|import|from|#include|public|var|let|const|function|SELECT|echo|\$|>>>)\b|[=!<>]=|\(\)|->|::"
)


def classify(parts: Sequence[Part], height: float) -> list[Part]:
    """The same lines, a part a block of the page; `parts` are tables and paragraphs in reading order."""
    body = _body_size(parts)
    lists = OpenLists()
    rows = without_marks_in_sentences([marked_rows(part.lines) if part.table is None else [] for part in parts])
    numbered = first_parts(marker for part_rows in rows for _, marker in part_rows if marker)
    found: list[Part] = []
    for part, is_code, part_rows in zip(parts, _are_code(parts), rows, strict=True):
        if part.table is not None:
            lists.close(part.table.bbox[0])
            found.append(part)
        elif part.provenance is not None:
            found.append(part)
        elif is_code:
            lists.close(box_of(part.lines)[0])
            above = found[-1] if found and found[-1].kind is BlockKind.CODE else None
            if above and above.frame == part.frame and above.provenance is None:
                above.lines += part.lines
            elif above and above.frame == part.frame:
                found[-1] = Part(above.lines + part.lines, BlockKind.CODE, frame=part.frame)
            else:
                found.append(Part([*part.lines], BlockKind.CODE, frame=part.frame))
        else:
            for piece in _split_items(part, part_rows, lists, numbered):
                if piece.kind is BlockKind.PARAGRAPH:
                    piece.kind = _kind_of(piece.lines, body, height)
                found.append(piece)
    return [_demoted(part, above, below) for above, part, below in _with_neighbours(found)]


def _with_neighbours(parts: Sequence[Part]) -> Iterator[tuple[Part | None, Part, Part | None]]:
    for index, part in enumerate(parts):
        yield parts[index - 1] if index else None, part, parts[index + 1] if index + 1 < len(parts) else None


def _demoted(part: Part, above: Part | None, below: Part | None) -> Part:
    """A lone line that begins with a number or a dash is a heading or a sentence sooner than a list."""
    if (
        part.kind is not BlockKind.LIST_ITEM
        or part.provenance
        or (is_bullet(part.marker) and part.marker not in DASHES)
    ):
        return part
    alone = not any(other is not None and other.kind is BlockKind.LIST_ITEM for other in (above, below))
    return Part(part.lines, BlockKind.PARAGRAPH, frame=part.frame) if alone else part


def _split_items(part: Part, rows: Sequence[MarkedRow], lists: OpenLists, numbered: frozenset[int]) -> Iterator[Part]:
    """A paragraph's lines by item: one begins at each row that begins with a marker.

    `numbered` are the first numbers of those of several parts on the page: 1 is a marker where 1.1 is one.
    """
    item: Part | None = None
    rest: RawBlock = []
    indent = 0.0
    before: tuple[int, ...] = ()
    for index, (row, marker) in enumerate(rows):
        if not marker and numbered and (bare := bare_number_of(row)) and {int(bare), int(bare) - 1} & numbered:
            marker = bare
        numbers = numbers_of(marker) if marker else ()
        # In the middle of a paragraph a decimal is an amount, unless it goes on counting.
        if index and marker and marker[-1].isdecimal() and not follows(numbers, before):
            marker = ""
        if marker:
            before = numbers or before
            if item:
                yield item
            elif rest:
                lists.close(rest[0].bbox[0])
                yield Part(rest, BlockKind.PARAGRAPH, frame=part.frame)
            rest = []
            left = row[0].bbox[0]
            item = Part(list(row), BlockKind.LIST_ITEM, lists.depth(left, marker), marker, frame=part.frame)
            indent = left
        elif item and row[0].bbox[0] > indent - DEPTH_POINTS:
            item.lines += row
        else:
            if item:
                yield item
                item = None
            rest += row
    if item:
        yield item
    elif rest:
        lists.close(rest[0].bbox[0])
        yield Part(rest, BlockKind.PARAGRAPH, frame=part.frame)


def _kind_of(lines: RawBlock, body: float, height: float) -> BlockKind:
    first = lines[0].text.lstrip()
    if any(line.spans[0].font == FIELD_FONT for line in lines):
        return BlockKind.FORM_FIELD
    if _CAPTION.match(first) and len(lines) <= 4:
        return BlockKind.CAPTION
    if lines[0].bbox[1] > NOTE_ZONE * height and lines[0].main_span.size <= NOTE_SIZE * body and _NOTE.match(first):
        return BlockKind.FOOTNOTE
    return BlockKind.PARAGRAPH


def _body_size(parts: Sequence[Part]) -> float:
    sizes: dict[float, int] = {}
    for part in parts:
        for line in part.lines if part.table is None else ():
            sizes[line.spans[0].size] = sizes.get(line.spans[0].size, 0) + len(line.text)
    return max(sizes, key=lambda size: sizes[size], default=10.0)


def _typed_share(parts: Sequence[Part]) -> float:
    typed = sum([len(line.text) for part in parts for line in part.lines if line.typed])
    if not typed:
        return 0.0
    return typed / max(1, sum(len(line.text) for part in parts for line in part.lines))


def _are_code(parts: Sequence[Part]) -> list[bool]:
    """For each part whether it is in a listing that is code: its own lines and those of the typewriter paragraphs near
    it, since a blank line or an indented first line begins a paragraph."""
    typed = _typed_share(parts)
    found = [False] * len(parts)
    for listing in _listings(parts):
        if _is_code([line for index in listing for line in parts[index].lines], typed):
            found[listing.start : listing.stop] = [True] * len(listing)
    return found


def _listings(parts: Sequence[Part]) -> Iterator[range]:
    """The parts in typewriter type that make one listing each."""
    begin = 0
    last: Part | None = None
    for index, part in enumerate(parts):
        is_typed = (
            part.table is None and bool(part.lines) and all(line.typed and line.horizontal for line in part.lines)
        )
        goes_on = last and is_typed and last.frame == part.frame and _is_just_below(last.lines[-1], part.lines[0])
        if last and not goes_on:
            yield range(begin, index)
        if not goes_on:
            begin = index
        last = part if is_typed else None
    if last:
        yield range(begin, len(parts))


def _is_just_below(above: RawLine, below: RawLine) -> bool:
    return -0.5 * below.height < below.bbox[1] - above.bbox[3] < LISTING_GAP_HEIGHTS * below.height


def _is_code(lines: Sequence[RawLine], typed_share: float) -> bool:
    """Lines in typewriter type, on a page that is not all typed; one line only when it reads like code."""
    telling = sum(bool(_CODE.search(line.typed)) for line in lines)
    if typed_share > MOSTLY_TYPED:
        indented = any(line.typed[0] == " " or abs(line.bbox[0] - lines[0].bbox[0]) > DEPTH_POINTS for line in lines)
        return telling >= max(2, 0.4 * len(lines)) and (indented or telling >= 0.7 * len(lines))
    return len(lines) > 1 or telling > 0
