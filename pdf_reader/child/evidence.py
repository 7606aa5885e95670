"""Whether a page's own text is to be believed, or its image has to be read."""

from collections.abc import Sequence
from typing import Any

from pdf_reader.child.text import UNREADABLE, RawBlock, Turn
from pdf_reader.document import Rect

#: A page with a larger share of unreadable glyphs is left to OCR.
MAX_UNREADABLE = 0.3
#: A page with no more characters than this, nearly all of it covered by an image, is a scan with a stamp on it.
STAMP_CHARACTERS = 30
SCAN_COVER = 0.8


def is_readable(blocks: Sequence[RawBlock]) -> bool:
    """Whether there is text, and few enough glyphs in it that have no Unicode."""
    characters = count_characters(blocks)
    unreadable = sum(line.text.count(UNREADABLE) for block in blocks for line in block)
    return characters > 0 and unreadable <= MAX_UNREADABLE * (characters + unreadable)


def is_stamped_scan(page: Any, blocks: Sequence[RawBlock]) -> bool:
    return count_characters(blocks) <= STAMP_CHARACTERS and _cover(image_boxes(page), page.rect) >= SCAN_COVER


def count_characters(blocks: Sequence[RawBlock]) -> int:
    """Readable ones, blanks not counted."""
    text = "".join([line.text for block in blocks for line in block])
    return len(text) - text.count(" ") - text.count(UNREADABLE)


def image_boxes(page: Any) -> list[Rect]:
    turn = Turn(page)
    return [turn.box(image["bbox"]) for image in page.get_image_info()]


def _cover(boxes: Sequence[Rect], page: Any) -> float:
    """The share of the page that the largest box covers."""
    width, height = page.width, page.height
    areas = [
        max(0.0, min(x1, width) - max(x0, 0.0)) * max(0.0, min(y1, height) - max(y0, 0.0)) for x0, y0, x1, y1 in boxes
    ]
    return float(max(areas, default=0.0) / max(width * height, 1.0))
