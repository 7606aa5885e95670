"""What the finder needs from MuPDF, in displayed coordinates: the words and the rules of a page."""

from collections.abc import Sequence
from functools import lru_cache
from math import inf
from typing import Any

from pdf_reader.child.cleaning import clean_line
from pdf_reader.child.dingbats import with_boxes
from pdf_reader.document import Rect
from pdf_reader.tables.rules import Rule, Rules, sort_drawings
from pdf_reader.tables.words import Piece, Row, Segment, made

#: The drawing of a page with more compressed content than this (a map, a plot of raw data) is not looked at: reading
#: it can take seconds, and there is no way to stop MuPDF halfway.
MAX_CONTENT_BYTES = 500_000

#: A page with more words is not looked at.
MAX_WORDS = 10_000
#: Height of the strips of the page by which segments are looked up; a taller segment than these is no line of text.
BUCKET_POINTS = 12.0
MAX_STRIPS = 20
#: Combining strokes that are drawn on their own, as dashes; MuPDF takes them for a part of a word nearby.
STRAY_MARKS = "\u0335\u0336\u0337\u0338"

#: a b c d e f: x' = ax + cy + e, y' = bx + dy + f
Matrix = tuple[float, float, float, float, float, float]


def read_words(textpage: Any, segments: Sequence[Segment], matrix: Matrix | None) -> list[Row]:
    """The words that are part of a segment, by printed line, left to right; none when there are too many."""
    words = textpage.extractWORDS()
    if len(words) > MAX_WORDS:
        return []
    near = _by_height(segments)
    lines: dict[tuple[int, int], Row] = {}
    line: Row = []
    home: Segment | None = None
    left = top = right = bottom = inf
    said = ""
    last_block = last_number = -1
    order = 0
    for x0, y0, x1, y1, raw_text, block, number, _ in words:
        text = _clean_word(raw_text)
        if matrix is not None:
            x0, y0, x1, y1 = _turned((x0, y0, x1, y1), matrix)
        # Nothing of this is true of what is no number.
        if not text or not (x0 < x1 < inf and y0 < y1 < inf and x0 > -inf and y0 > -inf):
            continue
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        # Nearly every word is in the segment of the one before it.
        if not (left <= x <= right and top <= y <= bottom and text in said):
            if home is None or not _holds(home, x, y, text):
                home = _home_of(near.get(int(y / BUCKET_POINTS), ()), x, y, text)
            if home is None:
                home = next(
                    (s for s in near.get(int((y1 - 1) / BUCKET_POINTS), ()) if _begins(s, x0, y0, y1, text)), None
                )
                if home is None:
                    left = inf
                    continue
                x0, y0, x1, y1, _ = home
                x1 = x0 + (x1 - x0) * len(text) / len(home.text)
            left, top, right, bottom, said = home
            if len(text) == 1 and text not in said:
                text = said.strip()
        if number != last_number or block != last_block:
            last_block, last_number = block, number
            line = lines.setdefault((block, number), [])
            order = len(lines)
        line.append(made(Piece, (x0, y0, x1, y1, text, order)))
    for line in lines.values():
        line.sort()
    return list(lines.values())


@lru_cache(maxsize=8_192)
def _clean_word(text: str) -> str:
    """Remembered, as most of a document's words come again."""
    return with_boxes(clean_line(text).strip().strip(STRAY_MARKS))


def _by_height(segments: Sequence[Segment]) -> dict[int, list[Segment]]:
    """The segments that touch each strip of the page."""
    near: dict[int, list[Segment]] = {}
    for segment in segments:
        first = int(segment.y0 / BUCKET_POINTS)
        for strip in range(first, min(int(segment.y1 / BUCKET_POINTS), first + MAX_STRIPS) + 1):
            near.setdefault(strip, []).append(segment)
    return near


def _holds(segment: Segment, x: float, y: float, text: str) -> bool:
    x0, y0, x1, y1, said = segment
    # A sign of a font of pictures is a letter among the words.
    return x0 <= x <= x1 and y0 <= y <= y1 and (text in said or len(text) == 1 == len(said.strip()))


def _home_of(segments: Sequence[Segment], x: float, y: float, text: str) -> Segment | None:
    """The first segment that holds a word."""
    for segment in segments:
        if segment[0] <= x <= segment[2] and _holds(segment, x, y, text):
            return segment
    return None


def _begins(segment: Segment, x0: float, y0: float, y1: float, text: str) -> bool:
    """Whether a word is a segment's first: a mark that was drawn before can have stretched its box to the mark."""
    inside = segment.x0 >= x0 - 1 and segment.y0 >= y0 - 1 and abs(segment.y1 - y1) <= 1
    return inside and segment.text.startswith(text)


def read_rules(page: Any, content: Any, matrix: Matrix | None) -> Rules:
    """The straight lines of a page, and the boxes of its curves; none when there is too much to look at.

    `content` is the display list of the page's content, None without one.
    """
    if sum(len(page.parent.xref_stream_raw(xref) or b"") for xref in page.get_contents()) > MAX_CONTENT_BYTES:
        return Rules()
    # Not at the top: a worker imports this package too, and has no MuPDF.
    from pdf_reader.child.drawings import read_drawings

    drawings = read_drawings(page, content, page.derotation_matrix)
    box = tuple(page.rect)
    rules = sort_drawings(drawings, _turned(box, _matrix(page.derotation_matrix)) if page.rotation else box)
    return rules if matrix is None else _turned_rules(rules, matrix)


def matrix_of(page: Any, frame: Matrix | None) -> Matrix | None:
    """From the coordinates of the page's text extraction to those of a frame over the displayed page."""
    shown = _matrix(page.rotation_matrix) if page.rotation else None
    if shown is None or frame is None:
        return frame if shown is None else shown
    a, b, c, d, e, f = shown
    g, h, i, j, k, m = frame
    return (
        a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m,
    )  # fmt: skip


def _matrix(matrix: Any) -> Matrix:
    a, b, c, d, e, f = matrix
    return a, b, c, d, e, f


def _turned(box: Rect, matrix: Matrix) -> Rect:
    a, b, c, d, e, f = matrix
    x0, y0, x1, y1 = box
    xs = (a * x0 + c * y0 + e, a * x1 + c * y1 + e)
    ys = (b * x0 + d * y0 + f, b * x1 + d * y1 + f)
    return min(xs), min(ys), max(xs), max(ys)


def _turned_rules(rules: Rules, matrix: Matrix) -> Rules:
    boxes = [_turned((rule.start, rule.at, rule.end, rule.at), matrix) for rule in rules.horizontal]
    boxes += [_turned((rule.at, rule.start, rule.at, rule.end), matrix) for rule in rules.vertical]
    horizontal = [Rule(y0, x0, x1) for x0, y0, x1, y1 in boxes if x1 - x0 >= y1 - y0]
    vertical = [Rule(x0, y0, y1) for x0, y0, x1, y1 in boxes if x1 - x0 < y1 - y0]
    shades, curves = (tuple(_turned(box, matrix) for box in boxes) for boxes in (rules.shades, rules.curves))
    return Rules(tuple(sorted(horizontal)), tuple(sorted(vertical)), shades, curves)
