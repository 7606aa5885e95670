"""Renders a page and encodes its image. The number of pixels is known, and capped, before anything is drawn."""

import io
import math
from pathlib import Path
from typing import Any

from PIL import Image

from pdf_reader.child.mupdf import mupdf, pymupdf, run_page
from pdf_reader.document import ReadOptions

#: Below this nobody can read a page: it isn't rendered.
MIN_DPI = 9
_EXTENSIONS = {"jpeg": "jpg", "webp": "webp", "png": "png"}
#: The longest sides that the formats, and Tesseract, can take.
MAX_SIDE_PIXELS = {"jpeg": 65_500, "webp": 16_383, "png": 65_500}
MAX_OCR_SIDE_PIXELS = 32_767
POINTS_PER_INCH = 72
WHITE = 255


def affordable_dpi(width: float, height: float, dpi: int, max_pixels: int, max_side_pixels: int) -> int:
    """The asked-for resolution, or the highest that keeps a page of so many points within the limits; 0: none does."""
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        return 0
    pixels_at_1_dpi = (width / POINTS_PER_INCH) * (height / POINTS_PER_INCH)
    longest = int((max_side_pixels - 1) * POINTS_PER_INCH / max(width, height))
    dpi = min(dpi, int(math.sqrt(max_pixels / pixels_at_1_dpi)), longest)
    return dpi if dpi >= MIN_DPI else 0


def render(page: Any, dpi: int, drawing: Any = None) -> Any:
    """A pymupdf.Pixmap of four bytes a pixel, the last of no meaning: what Pillow takes over without copying.

    `drawing` is a display list of the page's content, if there is one: half of the time goes into interpreting that.
    """
    scale = mupdf.fz_scale(dpi / POINTS_PER_INCH, dpi / POINTS_PER_INCH)
    box = mupdf.fz_round_rect(mupdf.fz_transform_rect(mupdf.fz_bound_page(page.this), scale))
    pixmap = mupdf.fz_new_pixmap_with_bbox(mupdf.fz_device_rgb(), box, mupdf.FzSeparations(), 1)
    mupdf.fz_clear_pixmap_with_value(pixmap, WHITE)
    device = mupdf.fz_new_draw_device(scale, pixmap)
    # The device has the scale already, and the list is in the page's coordinates.
    run_page(page, drawing, device, mupdf.FzMatrix(), area=mupdf.fz_bound_page(page.this))
    return pymupdf.Pixmap("raw", pixmap)


def render_gray(page: Any, dpi: int) -> Any:
    """A pymupdf.Pixmap of one byte a pixel."""
    zoom = dpi / POINTS_PER_INCH
    return page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csGRAY, alpha=False)


def image_path(working_folder: Path, number: int, options: ReadOptions) -> Path:
    """The file of a page's image, named for the page and the format."""
    return working_folder / f"{number}.{_EXTENSIONS[options.image_format]}"


def save(pixmap: Any, path: Path, options: ReadOptions) -> None:
    """Encode what `render` gave by Pillow, which is several times faster than MuPDF."""
    image = Image.frombuffer("RGBX", (pixmap.width, pixmap.height), pixmap.samples_mv, "raw", "RGBX", pixmap.stride, 1)
    # Into memory first: Pillow would write a file in small pieces.
    encoded = io.BytesIO()
    if options.image_format == "jpeg":
        image.save(encoded, "JPEG", quality=options.image_quality)
    elif options.image_format == "webp":
        # Method 0 is several times faster than the default, for a fifth more bytes.
        image.convert("RGB").save(encoded, "WEBP", quality=options.image_quality, method=0)
    else:
        image.convert("RGB").save(encoded, "PNG", compress_level=1)
    path.write_bytes(encoded.getbuffer())
