"""Page images for models: small, JPEG, and refused when they are none."""

import io

import pytest
from PIL import Image

from mcp_server.page_image import MAX_EDGE_PIXELS, for_models


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_large_image_becomes_a_jpeg_with_the_same_proportions(kind: str) -> None:
    made = io.BytesIO()
    Image.new("RGB", (800, 1_600), "white").save(made, kind)
    with Image.open(io.BytesIO(for_models(made.getvalue()))) as shown:
        assert (shown.format, shown.size) == ("JPEG", (MAX_EDGE_PIXELS // 2, MAX_EDGE_PIXELS))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"GIF89a" + bytes(20)])
def test_what_is_no_page_image_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="Error"):
        for_models(data)
