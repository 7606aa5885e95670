"""Renders a page and encodes its image. The number of pixels is known, and capped, before anything is drawn."""

import math
from pathlib import Path
from typing import Any

from PIL import Image

from data_ingestion.pdf.child.mupdf import pymupdf
from data_ingestion.pdf.model import PageImage, ReadOptions

#: Below this nobody can read a page: it isn't rendered.
MIN_DPI = 9
_EXTENSIONS = {"jpeg": "jpg", "webp": "webp", "png": "png"}
POINTS_PER_INCH = 72


def affordable_dpi(width: float, height: float, dpi: int, max_pixels: int) -> int:
    """The asked-for resolution, or the highest that keeps a page of so many points under `max_pixels`; 0: none does."""
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        return 0
    pixels_at_1_dpi = (width / POINTS_PER_INCH) * (height / POINTS_PER_INCH)
    # A pixel more in both directions: MuPDF rounds outwards.
    affordable = int(math.sqrt(max_pixels / pixels_at_1_dpi))
    dpi = min(dpi, affordable)
    return dpi if dpi >= MIN_DPI else 0


def render(page: Any, dpi: int, *, gray: bool = False) -> Any:
    """A pymupdf.Pixmap without alpha."""
    zoom = dpi / POINTS_PER_INCH
    colorspace = pymupdf.csGRAY if gray else pymupdf.csRGB
    return page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=colorspace, alpha=False)


def save(pixmap: Any, dpi: int, number: int, options: ReadOptions, scratch: Path) -> PageImage:
    """Encode by Pillow, which is several times faster than MuPDF, straight from the pixels, without copying them."""
    image = Image.frombuffer("RGB", (pixmap.width, pixmap.height), pixmap.samples_mv, "raw", "RGB", pixmap.stride, 1)
    path = scratch / f"{number}.{_EXTENSIONS[options.image_format]}"
    if options.image_format == "jpeg":
        image.save(path, "JPEG", quality=options.image_quality)
    elif options.image_format == "webp":
        # Method 0 is four times faster than the default for a few per cent more bytes.
        image.save(path, "WEBP", quality=options.image_quality, method=0)
    else:
        image.save(path, "PNG", compress_level=1)
    return PageImage(path, pixmap.width, pixmap.height, dpi)
