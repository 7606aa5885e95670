"""Makes the page's text of its blocks, and gives every line and table its exact place in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pdf_reader.child.joining import joint
from pdf_reader.child.text import RawBlock, RawLine
from pdf_reader.document import Line, Rect, Table

_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
#: Lines whose heights overlap by this share stand side by side.
_SAME_ROW = 0.6


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table in reading order, with the printed lines that it replaces."""

    bbox: Rect
    rows: tuple[tuple[str, ...], ...]
    markdown: str
    lines: tuple[RawLine, ...]


@dataclass(frozen=True, slots=True)
class Composed:
    text: str
    lines: tuple[Line, ...]
    tables: tuple[Table, ...]


def compose(blocks: Sequence[RawBlock | TableBlock]) -> Composed:
    """Blocks in reading order, a blank line between them; see `joining` for what stands between lines.

    For a line outside of tables `text[line.start:line.end]` is its text, without the hyphen where a word was broken.
    """
    words = _words_of(blocks)
    parts: list[str] = []
    length = 0
    lines: list[Line] = []
    tables: list[Table] = []
    for number, block in enumerate(blocks):
        if parts:
            parts.append("\n\n")
            length += 2
        if isinstance(block, TableBlock):
            end = length + len(block.markdown)
            tables.append(Table(block.bbox, block.rows, block.markdown, length, end))
            lines += [_line(raw, number, length, end, in_table=True) for raw in block.lines]
            parts.append(block.markdown)
            length = end
            continue
        for index, raw in enumerate(block):
            text = raw.text.strip()
            cut, glue = 0, ""
            if index + 1 < len(block):
                below = block[index + 1]
                cut, glue = (0, " ") if side_by_side(raw, below) else joint(text, below.text.lstrip(), words)
            kept = text[: len(text) - cut]
            lines.append(_line(raw, number, length, length + len(kept)))
            parts += (kept, glue)
            length += len(kept) + len(glue)
    return Composed("".join(parts), tuple(lines), tuple(tables))


def _line(raw: RawLine, block: int, start: int, end: int, *, in_table: bool = False) -> Line:
    span = raw.main_span
    return Line(
        raw.text.strip(), raw.bbox, round(span.size, 2), span.bold, span.italic, span.font, span.color, block, start,
        end, in_table,
    )  # fmt: skip


def side_by_side(left: RawLine, right: RawLine) -> bool:
    """Whether two pieces stand on one row, whichever comes first."""
    top, bottom = max(left.bbox[1], right.bbox[1]), min(left.bbox[3], right.bbox[3])
    lower = min(left.bbox[3] - left.bbox[1], right.bbox[3] - right.bbox[1])
    apart = left.bbox[2] <= right.bbox[0] + 1 or right.bbox[2] <= left.bbox[0] + 1
    return apart and bottom - top > _SAME_ROW * lower


def _words_of(blocks: Sequence[RawBlock | TableBlock]) -> set[str]:
    """The page's words in lower case, hyphenated ones whole, except the last of each line, which may be broken."""
    words: set[str] = set()
    for block in blocks:
        if not isinstance(block, TableBlock) and any(line.text.rstrip().endswith("-") for line in block):
            break
    else:
        return words
    for block in blocks:
        for line in block.lines if isinstance(block, TableBlock) else block:
            found = _WORDS.findall(line.text.lower())
            words.update(found[:-1] if line.text.rstrip().endswith("-") else found)
    return words
