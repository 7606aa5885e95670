"""Small pictures of pages: their size, and where the marker's colour is."""

import io

import pytest
from PIL import Image

from web.page_pictures import HEIGHT_POINTS, WIDTH_POINTS, place, thumbnail, window


def page(width: int = 840, height: int = 1_190) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(made, "JPEG")
    return made.getvalue()


def opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture)).convert("RGB")


def test_a_thumbnail_is_as_wide_as_asked_for() -> None:
    assert opened(thumbnail(page(), 120)).size == (120, 170)


def test_the_place_is_marked_and_the_rest_is_not() -> None:
    picture = opened(place(page(), (420.0, 595.0), [(100.0, 300.0, 200.0, 312.0)], 600))
    left, top, _, _ = window([(100.0, 300.0, 200.0, 312.0)], (420.0, 595.0))
    scale = 600 / WIDTH_POINTS
    inside = picture.getpixel((round((150 - left) * scale), round((306 - top) * scale)))
    outside = picture.getpixel((round((150 - left) * scale), round((340 - top) * scale)))
    assert inside[2] < 160
    assert outside[2] > 240


@pytest.mark.parametrize(
    "boxes",
    [[], [(0.0, 0.0, 420.0, 20.0)], [(10.0, 580.0, 400.0, 595.0)], [(-50.0, -9.0, 9_999.0, 9_999.0)]],
    ids=["none", "top", "bottom", "beyond the page"],
)
def test_what_is_shown_stays_on_the_page(boxes: list[tuple[float, float, float, float]]) -> None:
    x0, y0, x1, y1 = window(boxes, (420.0, 595.0))
    assert (x1 - x0, y1 - y0) == (WIDTH_POINTS, HEIGHT_POINTS)
    assert x0 >= 0
    assert y0 >= 0
    assert x1 <= 420
    assert y1 <= 595
    assert opened(place(page(), (420.0, 595.0), boxes, 300)).width == 300


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match="UnidentifiedImageError"):
        thumbnail(b"<svg/>", 120)
