"""A page's image as small as models read it. Pure.

Page images are our own worker's, so that they are opened here; still within a bound of pixels.
"""

import io

from PIL import Image

#: Vision models scale larger images down to about this before they read them.
MAX_EDGE_PIXELS = 1_568
#: The worker's largest page images have fewer.
MAX_PIXELS = 120_000_000
_QUALITY = 80


def for_models(image: bytes) -> bytes:
    """A JPEG whose longer edge has at most MAX_EDGE_PIXELS. Raises ValueError when it is no image."""
    try:
        with Image.open(io.BytesIO(image), formats=("JPEG", "WEBP", "PNG")) as page:
            if page.width * page.height > MAX_PIXELS:
                raise ValueError(f"more than {MAX_PIXELS} pixels")
            page.draft("RGB", (MAX_EDGE_PIXELS, MAX_EDGE_PIXELS))
            shown = page.convert("RGB")
    except (OSError, Image.DecompressionBombError) as error:
        raise ValueError(type(error).__name__) from None
    shown.thumbnail((MAX_EDGE_PIXELS, MAX_EDGE_PIXELS), Image.Resampling.LANCZOS)
    made = io.BytesIO()
    shown.save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()
