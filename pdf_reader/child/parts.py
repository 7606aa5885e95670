"""Parts: what a page's paragraphs are (list items, code, captions, notes), from how they are set."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pdf_reader.blocks import BlockKind
from pdf_reader.child.annotations import FIELD_FONT
from pdf_reader.child.composing import Part, side_by_side
from pdf_reader.child.text import RawBlock, RawLine, box_of

#: An inner list is indented by at least this much more.
DEPTH_POINTS = 4.0
#: A page whose text is typewriter type by more than this share is no listing, unless it looks like a program.
MOSTLY_TYPED = 0.6
#: Notes stand in smaller type in this lower share of the page.
NOTE_ZONE = 0.6
NOTE_SIZE = 0.93

BULLETS = "-–—•*◦▪●○■□☐※·‣⁃➢➤✓►\uf0b7\uf0a7\uf0d8\uf0fc\uf076\uf0a8"
_DASHES = "-–—*"
#: Marks that are nothing but bullets need no blank behind them: MuPDF often makes none of a narrow gap.
_ONLY_BULLETS = "•◦▪●○■·‣⁃➢➤►"
_BULLET = re.compile(rf"[{re.escape(BULLETS)}](?=\s|$)|[{_ONLY_BULLETS}](?=[^\W_])")
_NUMBER = re.compile(r"(?:\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\([ivx]{1,5}\)|[ivx]{1,5}[.)])(?=\s|$)")
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


@dataclass(slots=True)
class _Lists:
    """Left ends of the markers of the lists that are open, outermost first."""

    lefts: list[float] = field(default_factory=list)

    def depth(self, left: float) -> int:
        while self.lefts and left < self.lefts[-1] - DEPTH_POINTS:
            self.lefts.pop()
        if not self.lefts or left > self.lefts[-1] + DEPTH_POINTS:
            self.lefts.append(left)
        return len(self.lefts) - 1

    def close(self, left: float) -> None:
        """A paragraph ends the lists that are not further left than it: one within an item is indented."""
        while self.lefts and left <= self.lefts[-1] + DEPTH_POINTS:
            self.lefts.pop()


def classify(parts: Sequence[Part], height: float) -> list[Part]:
    """The same lines, a part a block of the page; `parts` are tables and paragraphs in reading order."""
    typed = _typed_share(parts)
    body = _body_size(parts)
    lists = _Lists()
    found: list[Part] = []
    for part, listing in zip(parts, _listings(parts), strict=True):
        if part.table is not None:
            lists.close(part.table.bbox[0])
            found.append(part)
        elif part.provenance is not None:
            found.append(part)
        elif listing and _is_code(listing, typed):
            lists.close(box_of(part.lines)[0])
            if found and found[-1].kind is BlockKind.CODE and found[-1].frame == part.frame:
                found[-1] = Part(found[-1].lines + part.lines, BlockKind.CODE, frame=part.frame)
            else:
                found.append(Part(part.lines, BlockKind.CODE, frame=part.frame))
        else:
            for piece in _split_items(part, lists):
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
        or part.marker in BULLETS.strip(_DASHES)
        or part.marker == "o"
    ):
        return part
    alone = not any(other is not None and other.kind is BlockKind.LIST_ITEM for other in (above, below))
    return Part(part.lines, BlockKind.PARAGRAPH, frame=part.frame) if alone else part


def _split_items(part: Part, lists: _Lists) -> Iterator[Part]:
    """A paragraph's lines by item: one begins at each row that begins with a marker."""
    item: Part | None = None
    rest: RawBlock = []
    indent = 0.0
    for row in _rows(part.lines):
        marker = _marker_of(row)
        if marker:
            if item:
                yield item
            elif rest:
                lists.close(rest[0].bbox[0])
                yield Part(rest, BlockKind.PARAGRAPH, frame=part.frame)
            rest = []
            item = Part(
                list(row), BlockKind.LIST_ITEM, depth=lists.depth(row[0].bbox[0]), frame=part.frame, marker=marker
            )
            indent = row[0].bbox[0]
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


def _rows(lines: Sequence[RawLine]) -> list[RawBlock]:
    rows: list[RawBlock] = []
    for line in lines:
        if rows and side_by_side(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _marker_of(row: Sequence[RawLine]) -> str:
    """The marker that a row begins with and that something stands behind; "" when it is no item."""
    first = row[0].text.lstrip()
    if not row[0].horizontal:
        return ""
    found = _BULLET.match(first) or _NUMBER.match(first)
    # Word's hollow bullet is the letter o, in a run of its own.
    if not found and row[0].spans[0].text.strip() == "o" and first[1:2] in (" ", ""):
        found = re.match("o", first)
    if not found or (not first[found.end() :].strip() and len(row) == 1):
        return ""
    return found.group()


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
    typed = sum(len(line.text) for part in parts for line in part.lines if line.typed)
    return typed / max(1, sum(len(line.text) for part in parts for line in part.lines))


def _listings(parts: Sequence[Part]) -> list[RawBlock]:
    """For each part the lines of the listing that it may be in: its own and those of the typewriter paragraphs near
    it, since a blank line or an indented first line begins a paragraph. Empty when it is not in typewriter type."""
    listings: list[RawBlock] = []
    last: Part | None = None
    for part in parts:
        if part.table is not None or not part.lines or not all(line.typed and line.horizontal for line in part.lines):
            listings.append([])
            last = None
            continue
        if last is not None and last.frame == part.frame and _is_just_below(last.lines[-1], part.lines[0]):
            listings[-1].extend(part.lines)
            listings.append(listings[-1])
        else:
            listings.append(list(part.lines))
        last = part
    return listings


def _is_just_below(above: RawLine, below: RawLine) -> bool:
    return -0.5 * below.height < below.bbox[1] - above.bbox[3] < LISTING_GAP_HEIGHTS * below.height


def _is_code(lines: Sequence[RawLine], typed_share: float) -> bool:
    """Lines in typewriter type, on a page that is not all typed; one line only when it reads like code."""
    telling = sum(bool(_CODE.search(line.typed)) for line in lines)
    if typed_share > MOSTLY_TYPED:
        indented = any(line.typed[0] == " " or abs(line.bbox[0] - lines[0].bbox[0]) > DEPTH_POINTS for line in lines)
        return telling >= max(2, 0.4 * len(lines)) and (indented or telling >= 0.7 * len(lines))
    return len(lines) > 1 or telling > 0
