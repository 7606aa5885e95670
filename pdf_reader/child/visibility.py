"""Tells what a reader can see from what only a machine reads: invisible, tiny, off the page, or in the paper's colour.

What counts is the rendered page: where nothing stands out from its surroundings, nothing can be read.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pdf_reader.child.text import RawBlock, RawLine, Span, box_of
from pdf_reader.document import Rect

#: Type smaller than this is no type for eyes.
MIN_SIZE_POINTS = 1.0
#: Of 255: less difference than this inside a line's box, and there is nothing to see.
MIN_CONTRAST = 12
#: Without a rendered page: paler than this on (presumably) white paper.
PALE = 0xF2
MIN_ALPHA = 12
#: At the begin of a line, so many nearly always cross a letter.
TELLING_PIXELS = 64
#: To each of 256 levels, the levels that don't stand out from it.
_ALIKE = [bytes(range(max(0, level - MIN_CONTRAST + 1), min(256, level + MIN_CONTRAST))) for level in range(256)]


class Sight:
    """What the page looks like: its size in points and a pymupdf.Pixmap of it, None when it could not be rendered."""

    def __init__(self, width: float, height: float, pixmap: Any = None) -> None:
        self.width = width
        self.height = height
        # Array and view only borrow the pixmap's memory.
        self._pixmap = pixmap
        self.pixels: Any = None if pixmap is None else _pixels_of(pixmap)
        self._samples: Any = None if pixmap is None else pixmap.samples_mv
        self._stride: int = 0 if pixmap is None else pixmap.stride
        # Pixels a point.
        self._scale = (1.0, 1.0) if pixmap is None else (pixmap.width / width, pixmap.height / height)

    @property
    def is_blank(self) -> bool:
        """Whether the whole page has one colour; False when it was not rendered."""
        return self.pixels is not None and int(np.ptp(self.pixels)) < MIN_CONTRAST

    def shows(self, box: Rect) -> bool:
        """Whether anything stands out in this part of the page, which was rendered."""
        rows, columns, channels = self.pixels.shape
        scale_x, scale_y = self._scale
        left, right = max(0, int(box[0] * scale_x)), min(columns, int(box[2] * scale_x) + 1)
        top, bottom = max(0, int(box[1] * scale_y)), min(rows, int(box[3] * scale_y) + 1)
        if left >= right or top >= bottom:
            return False
        # The begin of the middle of a line tells nearly always: by all channels at once where it is on white, by the
        # first one where the ground has a colour. Thin type and yellow on white take all pixels.
        begin = (top + bottom) // 2 * self._stride + left * channels
        middle = bytes(self._samples[begin : begin + min(right - left, TELLING_PIXELS) * channels])
        first = middle[0]
        if middle.count(first, 0, channels) < channels:
            middle = middle[::channels]
        if middle.translate(None, _ALIKE[first]):
            return True
        region = self.pixels[top:bottom, left:right]
        return any(int(np.ptp(region[:, :, channel])) >= MIN_CONTRAST for channel in range(channels))


def split_visible(
    blocks: Sequence[RawBlock], sight: Sight, image_boxes: Callable[[], Sequence[Rect]]
) -> tuple[list[RawBlock], str]:
    """The blocks of what can be seen, and the rest as text, a line each.

    Unpainted text is what OCR lays over a scan: over one of the page's images it counts as visible. `image_boxes` is
    only called when there is such text.
    """
    visible: list[RawBlock] = []
    hidden: list[str] = []
    images: Sequence[Rect] | None = None
    for block in blocks:
        kept = []
        for line in block:
            # Where something stands out in the first of its spans, it does in the line.
            if _is_plain(line, sight) and (
                sight.pixels is None or (_has_one_color(line) and sight.shows(line.spans[0].bbox))
            ):
                kept.append(line)
                continue
            if images is None and not all(span.painted for span in line.spans):
                images = image_boxes()
            seen = _seen(line, sight, images or ())
            if len(seen) == len(line.spans):
                kept.append(line)
                continue
            unseen = "".join(span.text for span in line.spans if span not in seen).strip()
            if unseen:
                hidden.append(unseen)
            text = "".join(span.text for span in seen)
            if text.strip():
                kept.append(RawLine(seen, box_of(seen), line.horizontal, text))
        if kept:
            visible.append(kept)
    return visible, "\n".join(hidden)


def _is_plain(line: RawLine, sight: Sight) -> bool:
    """Whether all of a line is to be seen on paper, by what the PDF says of it, as nearly always."""
    for span in line.spans:
        x0, y0, x1, y1 = span.bbox
        if not (
            span.painted
            and span.alpha >= MIN_ALPHA
            and span.size >= MIN_SIZE_POINTS
            and (x1 > 0 and y1 > 0 and x0 < sight.width and y0 < sight.height)
            and not (span.color and _is_pale(span.color))
        ):
            return False
    return True


def _has_one_color(line: RawLine) -> bool:
    spans = line.spans
    return len(spans) == 1 or all(span.color == spans[0].color for span in spans)


def _seen(line: RawLine, sight: Sight, images: Sequence[Rect]) -> list[Span]:
    """The spans of a line that can be seen; blanks go with what is beside them."""
    candidates = [span for span in line.spans if _could_be_seen(span, sight, images)]
    if sight.pixels is None:
        return [span for span in candidates if not span.painted or not _is_pale(span.color)]
    if len(line.spans) > 1 and len({span.color for span in candidates}) > 1:
        return [span for span in candidates if not span.text.strip() or sight.shows(span.bbox)]
    if len(candidates) == 1:
        return candidates if sight.shows(candidates[0].bbox) else []
    return candidates if candidates and sight.shows(box_of(candidates)) else []


def _could_be_seen(span: Span, sight: Sight, images: Sequence[Rect]) -> bool:
    """By what the PDF says of it, without looking."""
    x0, y0, x1, y1 = span.bbox
    if span.size < MIN_SIZE_POINTS or x1 <= 0 or y1 <= 0 or x0 >= sight.width or y0 >= sight.height:
        return False
    if span.painted:
        return span.alpha >= MIN_ALPHA
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in images)


def _is_pale(color: int) -> bool:
    return min(color >> 16, color >> 8 & 0xFF, color & 0xFF) >= PALE


def _pixels_of(pixmap: Any) -> Any:
    """Rows, columns and colours, not copied."""
    rows = np.frombuffer(pixmap.samples_mv, dtype=np.uint8).reshape(pixmap.height, pixmap.stride)
    return rows[:, : pixmap.width * pixmap.n].reshape(pixmap.height, pixmap.width, pixmap.n)
