"""A page's blocks as HTML: headings, paragraphs, nested lists, tables with their spans, code; every text escaped. Pure.

What a highlight marks on the page's image is marked here too: blocks of the passage get the class `in-passage`, the
words of matching sentences stand in `<mark>`, and so does a table's row.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from markupsafe import Markup, escape

from data_ingestion.page_file import StoredBlock, StoredTable
from data_ingestion.page_markdown import ASIDE
from pdf_reader.blocks import BlockKind
from web.highlights import NOTHING_MARKED, Box, Highlight, Sentence, is_inside

#: The page's own heading is `h1`, that of the reader's text `h2`.
FIRST_HEADING_LEVEL = 3
MAX_HEADING_LEVEL = 6
#: A block belongs to a passage when this share of its area does.
PASSAGE_SHARE = 0.25
#: Fewer words in a row than these are found anywhere, unless the sentence or the block has no more.
LEAST_WORDS = 3
_WORD = re.compile(r"\w+")
_CLASSES: dict[str, str] = {
    BlockKind.FOOTNOTE: "footnote",
    BlockKind.CAPTION: "caption",
    BlockKind.FORM_FIELD: "form-field",
}
_BULLET = re.compile(r"^[•◦▪■●○–‣·*-]\s+")


def blocks_html(blocks: Sequence[StoredBlock], highlight: Highlight = NOTHING_MARKED) -> Markup:
    """All blocks in reading order; running lines and stamps are left out."""
    parts: list[Markup] = []
    depths: list[int] = []
    heading_level = FIRST_HEADING_LEVEL - 1

    def close_lists(depth: int) -> None:
        while depths and depths[-1] > depth:
            depths.pop()
            parts.append(Markup("</li></ul>"))

    for block in blocks:
        if block.kind in ASIDE:
            continue
        if block.kind != BlockKind.LIST_ITEM:
            close_lists(-1)
            if block.kind == BlockKind.HEADING:
                # A page may begin deep in its chapter: no level is left out, and the class tells how large it is.
                heading_level = min(heading_level + 1, _level(block))
                parts.append(_heading(block, heading_level, highlight))
            else:
                parts.append(_block(block, highlight))
            continue
        depth = block.depth or 0
        close_lists(depth)
        if depths and depths[-1] == depth:
            parts.append(Markup("</li>"))
        else:
            depths.append(depth)
            parts.append(Markup('<ul class="items">'))
        parts.append(Markup("<li{}>{}").format(_class(block, highlight), _words(block, highlight, is_item=True)))
    close_lists(-1)
    return Markup("").join(parts)


def _block(block: StoredBlock, highlight: Highlight) -> Markup:
    if block.kind == BlockKind.TABLE and block.table:
        return _table(block.table, highlight)
    words, extra = _words(block, highlight), _class(block, highlight)
    if block.kind == BlockKind.CODE:
        return Markup("<pre{}><code>{}</code></pre>").format(extra, words)
    return Markup("<p{}>{}</p>").format(_class(block, highlight, _CLASSES.get(block.kind, "")), words)


def _level(block: StoredBlock) -> int:
    return min(FIRST_HEADING_LEVEL - 1 + max(1, block.level or 1), MAX_HEADING_LEVEL)


def _heading(block: StoredBlock, level: int, highlight: Highlight) -> Markup:
    extra = _class(block, highlight, f"level-{_level(block)}")
    return Markup("<h{0}{1}>{2}</h{0}>").format(level, extra, _words(block, highlight))


def _class(block: StoredBlock, highlight: Highlight, own: str = "") -> Markup:
    shares = (_share(box, highlight.passage) for box in block.boxes)
    names = " ".join(
        name for name in (own, "in-passage" if any(share >= PASSAGE_SHARE for share in shares) else "") if name
    )
    return Markup(' dir="auto" class="{}"').format(names) if names else Markup(' dir="auto"')


def _share(box: Box, places: Sequence[Box]) -> float:
    area = (box[2] - box[0]) * (box[3] - box[1])
    covered = 0.0
    for x0, y0, x1, y1 in places:
        width, height = min(box[2], x1) - max(box[0], x0), min(box[3], y1) - max(box[1], y0)
        covered += max(0.0, width) * max(0.0, height)
    return covered / area if area > 0 else 0.0


def _words(block: StoredBlock, highlight: Highlight, *, is_item: bool = False) -> Markup:
    text = _BULLET.sub("", block.text) if is_item else block.text
    near = [
        sentence for sentence in highlight.sentences if any(is_inside(box, block.boxes) for box in sentence.boxes)
    ]  # fmt: skip
    return marked(text, near)


def marked(text: str, sentences: Sequence[Sentence]) -> Markup:
    """The text, escaped, with the words that it shares in a row with a sentence in `<mark class="strong">`."""
    words = list(_WORD.finditer(text))
    plain = [word.group().casefold() for word in words]
    ranges: list[tuple[int, int]] = []
    for sentence in sentences:
        asked = [word.casefold() for word in _WORD.findall(sentence.text)]
        found = SequenceMatcher(None, plain, asked, autojunk=False).find_longest_match()
        if found.size and found.size >= min(LEAST_WORDS, len(asked), len(plain)):
            ranges.append((words[found.a].start(), _end(text, words[found.a + found.size - 1].end())))
    parts, at = [], 0
    for start, end in sorted(ranges):
        if start < at:
            continue
        parts += [escape(text[at:start]), Markup('<mark class="strong">{}</mark>').format(text[start:end])]
        at = end
    return Markup("").join([*parts, escape(text[at:])])


def _end(text: str, at: int) -> int:
    """Behind the punctuation that follows a word."""
    while at < len(text) and text[at] in ".!?…。！？)”\"'":
        at += 1
    return at


def _table(table: StoredTable, highlight: Highlight) -> Markup:
    rows, header_rows, boxes = table.rows, table.header_rows, table.row_boxes
    spans = {(cell.row, cell.column): (cell.row_span, cell.column_span) for cell in table.spans}
    hidden = set(_covered(spans))
    head = [_row(index, rows[index], spans, hidden, "th", "") for index in range(min(header_rows, len(rows)))]
    body = []
    for index in range(header_rows, len(rows)):
        box = boxes[index - header_rows] if index - header_rows < len(boxes) else None
        names = " ".join(_row_classes(box, highlight)) if box else ""
        body.append(_row(index, rows[index], spans, hidden, "td", names))
    return Markup('<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>{}{}</table></div>').format(
        Markup("<thead>{}</thead>").format(Markup("").join(head)) if head else "",
        Markup("<tbody>{}</tbody>").format(Markup("").join(body)),
    )


def _row_classes(box: Box, highlight: Highlight) -> Iterator[str]:
    if is_inside(box, highlight.passage):
        yield "in-passage"
    if any(is_inside(strong, [box]) for strong in highlight.strong):
        yield "strong"


def _covered(spans: Mapping[tuple[int, int], tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for (row, column), (row_span, column_span) in spans.items():
        for down in range(row_span):
            for right in range(column_span):
                if down or right:
                    yield row + down, column + right


def _row(
    index: int,
    cells: Sequence[str],
    spans: Mapping[tuple[int, int], tuple[int, int]],
    hidden: set[tuple[int, int]],
    tag: str,
    names: str,
) -> Markup:
    made = []
    for column, text in enumerate(cells):
        if (index, column) in hidden:
            continue
        row_span, column_span = spans.get((index, column), (1, 1))
        attributes = Markup("").join(
            Markup(' {}="{}"').format(name, span)
            for name, span in (("rowspan", row_span), ("colspan", column_span))
            if span > 1
        )
        shown = Markup("<mark>{}</mark>").format(text) if "strong" in names.split() and text else escape(text)
        made.append(Markup('<{0} dir="auto"{1}>{2}</{0}>').format(tag, attributes, shown))
    opening = Markup('<tr class="{}">').format(names) if names else Markup("<tr>")
    return opening + Markup("").join(made) + Markup("</tr>")
