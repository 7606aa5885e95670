"""The S3 layout: where sources are and where everything derived from them goes. Pure.

source-pdfs/{rel}                                                   the source
pdf_page_images/{rel without .pdf}/{sha256[:12]}/{page}.{ext}       page images, 1-based
extracted_links/{rel}.links.json                                    links
pdf-metadata/{document_id}.json                                     metadata
pdf-metadata/{document_id}/{generation}/…                           the document as files (`document_export`)
"""

import hashlib

IMAGES_PREFIX = "pdf_page_images/"
LINKS_PREFIX = "extracted_links/"
METADATA_PREFIX = "pdf-metadata/"
#: By the ending of a page image's key.
IMAGE_TYPES = {"jpeg": "image/jpeg", "jpg": "image/jpeg", "webp": "image/webp", "png": "image/png"}


class ObjectKeys:
    """Keys of the objects of one bucket; `pdf_prefix` is what those of sources begin with."""

    def __init__(self, bucket: str, pdf_prefix: str) -> None:
        self.bucket = bucket
        self.pdf_prefix = pdf_prefix

    def document_id(self, s3_key: str) -> str:
        return hashlib.sha256(self.url(s3_key).encode()).hexdigest()

    def url(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def relative(self, s3_key: str) -> str:
        """The key without the prefix: `source-pdfs/core/phb.pdf` → `core/phb.pdf`."""
        return s3_key.removeprefix(self.pdf_prefix)

    def image_key(self, s3_key: str, content_sha256: str, page: int, extension: str) -> str:
        return f"{self.images_folder(s3_key)}{content_sha256[:12]}/{page}.{extension}"

    def links_key(self, s3_key: str) -> str:
        return f"{LINKS_PREFIX}{self.relative(s3_key)}.links.json"

    def metadata_key(self, s3_key: str) -> str:
        return f"{METADATA_PREFIX}{self.document_id(s3_key)}.json"

    def files_folder(self, s3_key: str, generation: str = "") -> str:
        """Of a generation's files; of all generations when none is given."""
        return f"{METADATA_PREFIX}{self.document_id(s3_key)}/{generation and generation + '/'}"

    def page_key(self, s3_key: str, generation: str, page: int) -> str:
        """`page` is 1-based."""
        return f"{self.files_folder(s3_key, generation)}pages/{page}.json"

    def document_key(self, s3_key: str, generation: str) -> str:
        return f"{self.files_folder(s3_key, generation)}document.json"

    def markdown_key(self, s3_key: str, generation: str) -> str:
        return f"{self.files_folder(s3_key, generation)}document.md"

    def images_folder(self, s3_key: str) -> str:
        """Of a document's images, and of documents in a folder of its name: `is_image` tells them apart."""
        relative = self.relative(s3_key)
        stem = relative[:-4] if relative.lower().endswith(".pdf") else relative
        return f"{IMAGES_PREFIX}{stem}/"

    def is_image(self, s3_key: str, key: str) -> bool:
        """Whether `key` is an image of this document."""
        version, _, rest = key.removeprefix(self.images_folder(s3_key)).partition("/")
        return len(version) == 12 and bool(rest) and "/" not in rest


def image_type(key: str) -> str:
    """The content type of an image by its key; empty when it isn't one."""
    return IMAGE_TYPES.get(key.rpartition(".")[2], "")
