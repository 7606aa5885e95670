"""Makes the page's text of its parts, and gives every block and line its exact place in it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from pdf_reader.blocks import Block, BlockKind, Provenance, Rect, Table
from pdf_reader.child import typed
from pdf_reader.child.frames import Frame
from pdf_reader.child.joining import is_unspaced, joint
from pdf_reader.child.list_marks import is_bullet
from pdf_reader.child.text import LEVEL, RawBlock, RawLine
from pdf_reader.child.words import DEFAULT_LANGUAGE, language_of
from pdf_reader.document import Line
from pdf_reader.tables import FoundTable, to_markdown

_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
#: Lines whose heights overlap by this share stand side by side.
_SAME_ROW = 0.6
_LEVEL_FRAME = Frame(LEVEL, 0.0, 0.0)
#: What is longer than this is no word or address: text that is written without blanks.
MAX_WORD_CHARACTERS = 2_048
#: Blanks before an item of a list, for each list around its own.
INDENT = "  "


@dataclass(slots=True)
class Part:
    """A block in the making: its printed lines in the coordinates of `frame`, and the table that they are.

    `provenance` is None for what the layout tells. A figure has its `alternate` text and its `box` instead of lines;
    `is_bare_item` is an item of a list whose mark isn't printed as text.
    """

    lines: RawBlock
    kind: BlockKind = BlockKind.PARAGRAPH
    depth: int = 0
    marker: str = ""  # that an item of a list begins with
    table: FoundTable | None = None
    frame: Frame = _LEVEL_FRAME
    provenance: Provenance | None = None
    language: str = ""
    alternate: str = ""
    box: Rect = (0.0, 0.0, 0.0, 0.0)
    is_bare_item: bool = False


@dataclass(frozen=True, slots=True)
class Composed:
    text: str
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(block.table for block in self.blocks if block.table)


class _Composer:
    """Writes one part after the other."""

    def __init__(self, parts: Sequence[Part], provenance: Provenance) -> None:
        self._words = _words_of(parts)
        self._language = language_of(self._words) if self._words else DEFAULT_LANGUAGE
        self._provenance = provenance
        self._written: list[str] = []
        self.length = 0
        self.lines: list[Line] = []
        self.blocks: list[Block] = []

    def _write(self, text: str) -> None:
        self._written.append(text)
        self.length += len(text)

    @property
    def text(self) -> str:
        return "".join(self._written)

    def add(self, part: Part) -> None:
        if self.blocks:
            in_list = part.kind is BlockKind.LIST_ITEM and self.blocks[-1].kind is BlockKind.LIST_ITEM
            self._write("\n" if in_list else "\n\n")
        start, begin = self.length, len(self._written)
        if part.table is not None:
            self._add_table(part, part.table)
            return
        if part.kind is BlockKind.CODE:
            self._add_code(part)
        elif part.kind is BlockKind.FIGURE:
            self._write(part.alternate)
        else:
            if part.kind is BlockKind.LIST_ITEM:
                self._write(INDENT * part.depth + ("- " if part.is_bare_item else ""))
            self._add_lines(part)
        text = "".join(self._written[begin:]).strip()
        if part.kind is BlockKind.LIST_ITEM and text.startswith("- "):
            text = text[2:]
        elif part.kind is BlockKind.CODE:
            text = text.removeprefix("```\n").removesuffix("\n```")
        boxes = tuple(part.frame.displayed(box) for box in column_boxes(part.lines)) or (part.box,)
        provenance = part.provenance or self._provenance
        self.blocks.append(
            Block(part.kind, text, boxes, start, self.length, part.depth, provenance, language=part.language)
        )  # fmt: skip

    def _add_table(self, part: Part, found: FoundTable) -> None:
        start = self.length
        markdown = to_markdown(found.rows, found.header_rows, found.spans)
        self._write(markdown)
        shown = part.frame.displayed
        boxes = tuple(shown(box) for box in found.row_boxes)
        table = Table(
            shown(found.bbox), found.rows, markdown, start, self.length, found.header_rows, found.spans, boxes,
            found.continues,
        )  # fmt: skip
        provenance = Provenance.TAGS if found.is_tagged else self._provenance
        block = Block(BlockKind.TABLE, "", (table.bbox,), start, self.length, 0, provenance, table)
        self.lines += [self._line(raw, part, start, self.length) for raw in part.lines]
        self.blocks.append(block)

    def _add_code(self, part: Part) -> None:
        self._write("```\n")
        blanks = [0, *typed.blank_lines_between(part.lines)]
        for index, (raw, text) in enumerate(typed.typed_text(part.lines)):
            beside = index > 0 and side_by_side(part.lines[index - 1], raw)
            if index and not beside:
                self._write("\n" * (1 + blanks[index]))
            indent = len(text) - len(text.lstrip())
            self._write(text)
            self.lines.append(self._line(raw, part, self.length - len(text) + indent, self.length))
        self._write("\n```")

    def _add_lines(self, part: Part) -> None:
        lines = part.lines
        rights = _column_rights(lines)
        last = len(lines) - 1
        in_paragraph = part.kind is BlockKind.PARAGRAPH
        word = ""  # begun in the lines before, as far as it is written
        for index, raw in enumerate(lines):
            text = raw.text.strip()
            if index == 0 and part.kind is BlockKind.LIST_ITEM and is_bullet(part.marker):
                text = f"- {text[len(part.marker) :].lstrip()}".rstrip()
            elif index == 0 and part.kind is BlockKind.LIST_ITEM and part.marker.startswith("["):
                text = f"- {text}"
            kept, glue = text, ""
            if index < last:
                below = lines[index + 1]
                if side_by_side(raw, below):
                    glue = " "
                else:
                    above = text if " " in text else word + text
                    cut, glue = joint(above, below.text.lstrip(), self._words, self._language)
                    kept = text[: len(text) - cut]
                    word = "" if glue else above[: len(above) - cut].rsplit(" ", 1)[-1]
                    if len(word) > MAX_WORD_CHARACTERS:
                        word = ""
                    if glue == " " and in_paragraph and breaks_off(raw, below, rights[index]):
                        glue = "\n"
            start = self.length
            self._written.append(kept)
            self.length += len(kept)
            self.lines.append(self._line(raw, part, start, self.length, text))
            if glue:
                self._write(glue)

    def _line(self, raw: RawLine, part: Part, start: int, end: int, text: str | None = None) -> Line:
        span = raw.spans[0] if len(raw.spans) == 1 else raw.main_span
        said = raw.text.strip() if text is None else text
        box = part.frame.displayed(raw.bbox) if part.frame.direction else raw.bbox
        # There are so many that a call of the named tuple's own constructor is felt.
        return tuple.__new__(
            Line,
            (
                said, box, round(span.size, 2), span.bold, span.italic, span.font, span.color,
                len(self.blocks), start, end, part.table is not None,
            ),
        )  # fmt: skip


def compose(parts: Sequence[Part], provenance: Provenance = Provenance.LAYOUT) -> Composed:
    """Parts in reading order, as Markdown: a blank line between blocks, none between items of a list.

    See `joining` for what stands between lines. For a line outside of tables `text[line.start:line.end]` is its text,
    without the hyphen where a word was broken.
    """
    composer = _Composer(parts, provenance)
    for part in parts:
        composer.add(part)
    return Composed(composer.text, tuple(composer.lines), tuple(composer.blocks))


def breaks_off(above: RawLine, below: RawLine, right: float) -> bool:
    """Whether the next line's first word would have had room beside this one: verse, addresses, entries of a list."""
    if is_unspaced(below.text.lstrip()[:1]) or not above.horizontal or below.bbox[3] <= above.bbox[1]:
        return False
    word = below.text.split(maxsplit=1)[0]
    width = (below.bbox[2] - below.bbox[0]) * (len(word) + 2) / max(len(below.text), 1)
    return right - above.bbox[2] > width + above.spans[0].size


def _column_rights(lines: Sequence[RawLine]) -> list[float]:
    """For each line where the text of its column ends at the right."""
    rights: list[float] = []
    run: list[float] = []
    top = -inf
    for line in lines:
        box = line.bbox
        if run and box[3] <= top:
            rights += [max(run)] * len(run)
            run = []
        run.append(box[2])
        top = box[1]
    return rights + [max(run)] * len(run)


def side_by_side(left: RawLine, right: RawLine) -> bool:
    """Whether two pieces stand on one row, whichever comes first."""
    a0, a1, a2, a3 = left.bbox
    b0, b1, b2, b3 = right.bbox
    # Asked of every two lines several times: most don't overlap.
    if a3 <= b1 and a3 >= a1 and b3 >= b1:
        return False
    apart = a2 <= b0 + 1 or b2 <= a0 + 1
    return apart and min(a3, b3) - max(a1, b1) > _SAME_ROW * min(a3 - a1, b3 - b1)


def column_boxes(lines: Sequence[RawLine]) -> Iterator[Rect]:
    """A box around the lines of each column that a block goes through."""
    if not lines:
        return
    x0, y0, x1, y1 = lines[0].bbox
    for above, line in pairwise(lines):
        a0, b0, a1, b1 = line.bbox
        if b1 < above.bbox[1] and a0 > above.bbox[2] - 1:
            yield x0, y0, x1, y1
            x0, y0, x1, y1 = line.bbox
        else:
            # Of every line: calls of min and max would take twice as long.
            x0, y0 = a0 if a0 < x0 else x0, b0 if b0 < y0 else y0
            x1, y1 = a1 if a1 > x1 else x1, b1 if b1 > y1 else y1
    yield x0, y0, x1, y1


def _words_of(parts: Sequence[Part]) -> set[str]:
    """The page's words in lower case, hyphenated ones whole, except the last of each line, which may be broken.

    Empty when no line ends in a hyphen.
    """
    words: set[str] = set()
    ends = [line.text.rstrip()[-1:] for part in parts if part.table is None for line in part.lines]
    if "-" not in ends:
        return words
    whole: list[str] = []
    for part in parts:
        for line in part.lines:
            if line.text.rstrip().endswith("-"):
                words.update(_WORDS.findall(line.text.lower())[:-1])
            else:
                whole.append(line.text)
    words.update(_WORDS.findall("\n".join(whole).lower()))
    return words
