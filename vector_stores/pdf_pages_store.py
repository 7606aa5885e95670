"""The `pages` store: one point a page."""

from typing import ClassVar

from foundation.store_names import StoreName
from vector_stores.base import VectorStore


class PdfPagesStore(VectorStore):
    """Finds the page on which something is."""

    name: ClassVar[StoreName] = "pages"
