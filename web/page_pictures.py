"""Small pictures made of page images: a page's thumbnail, and the place of a search result with its lines marked. Pure.

Page images are our own worker's, so that they are opened here; still within a bound of pixels.
"""

import io
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw

from web.highlights import Box

#: The worker's largest page images have fewer (MAX_IMAGE_PIXELS is 40 million by default).
MAX_PIXELS = 120_000_000
_QUALITY = 72
#: The part of a page that is shown, and the room before the marked lines, in points.
WIDTH_POINTS, HEIGHT_POINTS = 300.0, 110.0
MARGIN_POINTS = 18.0
#: Multiplied with the page, as a marker pen does.
_PEN = (255, 226, 110)


def thumbnail(image: bytes, width: int) -> bytes:
    """The whole page as a JPEG of that many pixels' width. Raises ValueError when it is no image."""
    with _opened(image) as page:
        page.draft("RGB", (width * 2, width * 2))
        height = max(1, round(page.height * width / page.width))
        return _jpeg(page.convert("RGB").resize((width, height), Image.Resampling.BOX))


def place(image: bytes, page_size: tuple[float, float], boxes: Sequence[Box], width: int) -> bytes:
    """The page's part around the boxes (points of the shown page), these marked, as a JPEG. Raises ValueError."""
    with _opened(image) as page:
        shown = page.convert("RGB")
    scale = shown.width / page_size[0] if page_size[0] > 0 else 1.0
    left, top, right, bottom = (round(value * scale) for value in window(boxes, page_size))
    part = shown.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    pen = Image.new("RGB", part.size, "white")
    draw = ImageDraw.Draw(pen)
    for x0, y0, x1, y1 in boxes:
        corners = (x0 * scale - left, y0 * scale - top, x1 * scale - left, y1 * scale - top)
        if corners[0] <= corners[2] and corners[1] <= corners[3]:
            draw.rectangle(corners, fill=_PEN)
    marked = ImageChops.multiply(part, pen)
    return _jpeg(marked.resize((width, max(1, round(marked.height * width / marked.width))), Image.Resampling.LANCZOS))


def window(boxes: Sequence[Box], page_size: tuple[float, float]) -> Box:
    """What is shown, in points: from the beginning of the first box, as large as can still be read when it is small."""
    width, height = min(WIDTH_POINTS, page_size[0]), min(HEIGHT_POINTS, page_size[1])
    x0, y0, x1, y1 = boxes[0] if boxes else (0.0, 0.0, page_size[0], height)
    x = (x0 + x1 - width) / 2 if x1 - x0 <= width else x0 - MARGIN_POINTS
    y = (y0 + y1 - height) / 2 if len(boxes) == 1 and y1 - y0 <= height else y0 - MARGIN_POINTS
    x, y = max(0.0, min(x, page_size[0] - width)), max(0.0, min(y, page_size[1] - height))
    return x, y, x + width, y + height


def _opened(image: bytes) -> Image.Image:
    try:
        page = Image.open(io.BytesIO(image), formats=("JPEG", "WEBP", "PNG"))
    except (OSError, Image.DecompressionBombError) as error:
        raise ValueError(type(error).__name__) from None
    if page.width * page.height > MAX_PIXELS:
        raise ValueError(f"more than {MAX_PIXELS} pixels")
    return page


def _jpeg(picture: Image.Image) -> bytes:
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()
