"""What the sandbox gives back about a PDF: plain data, safe to pickle, JSON-ready by `dataclasses.asdict`.

Coordinates are PDF points with the origin at the top left of the page as it is displayed (rotation applied).
Pages are counted from 1. Offsets count characters of `Page.text`.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal, NamedTuple

from pdf_reader.blocks import Annotation, Block, Provenance, Rect, Table

__all__ = [
    "Annotation", "Block", "DocumentFacts", "ImageResult", "Line", "Link", "OutlineEntry", "Page", "PageImage",
    "PageOutcome", "Provenance", "ReadOptions", "Rect", "SandboxLimits", "Table",
]  # fmt: skip


class PageOutcome(StrEnum):
    """How reading one page ended."""

    TEXT = "text"
    OCR = "ocr"
    EMPTY = "empty"
    REPAIRED = "repaired"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    TOO_COMPLEX = "too_complex"

    @property
    def is_bad(self) -> bool:
        """The page could not be read, as opposed to having nothing to read."""
        return self in (PageOutcome.TIMEOUT, PageOutcome.CRASHED, PageOutcome.TOO_COMPLEX)


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A bookmark. `top` is the y of its destination, None when the PDF doesn't say."""

    level: int
    title: str
    page: int
    top: float | None = None


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What opening a PDF tells before any page is read. Strings are cleaned and capped."""

    page_count: int
    outline: tuple[OutlineEntry, ...] = ()
    page_labels: tuple[str, ...] = ()  # empty, or one a page
    title: str = ""
    author: str = ""
    language: str = ""
    repaired: bool = False
    attachments: int = 0

    def label(self, page: int) -> str:
        """The printed number of a page, which counts from 1; without one, the number itself."""
        return self.page_labels[page - 1] if len(self.page_labels) >= page else str(page)


class Line(NamedTuple):
    """One printed line, in reading order. `start` and `end` are its offsets in `Page.text` (end exclusive).

    A tuple, unlike the others here: there are so many that what making one costs is felt. `size` in points, `bold` and
    `italic` are those of most of its characters. `block` counts the paragraphs and columns that the line belongs to,
    in reading order. A line that is part of a table has the table's offsets.
    """

    text: str
    bbox: Rect
    size: float
    bold: bool
    italic: bool
    font: str
    color: int  # sRGB, 0xRRGGBB
    block: int
    start: int
    end: int
    in_table: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link annotation. `target_top` is the y on the target page; a snippet is cut later, from the target's text."""

    link_text: str
    source_page: int
    source_rect: Rect
    color: str | None  # #rrggbb of the linked text
    link_type: Literal["internal", "external"]
    target_page: int | None = None
    target_top: float | None = None
    target_url: str | None = None
    more_rects: tuple[Rect, ...] = ()  # of a link that goes on in further lines


@dataclass(frozen=True, slots=True)
class PageImage:
    """An encoded page image in the folder that the caller gave, ready to upload."""

    path: Path
    width: int
    height: int
    dpi: int  # lower than asked for when the page was too large for `max_image_pixels`


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What became of the image that `page` has promised: its file is written or, for the reason in `loss`, it isn't."""

    page: int
    loss: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was read.

    `text` is what a reader sees, in reading order, as Markdown: a paragraph is one line and a blank line stands between
    blocks; words that were broken at a line's end are joined. `blocks` are the same with their boxes, and what is
    printed but no text of the page: stamps and numbers of lines. `annotations` are comments of reviewers.
    `hidden_text` is what a reader can't see; it never goes into a chunk or a prompt. `losses` say in a person's words
    what could not be had (`links: timed out`, `no text: install tesseract-ocr`) and degrade the document, so their
    wording is the same on every page; `notes` say what is merely worth knowing (`2 javascript links left out`).
    Where texts come first (`PdfSandbox.read_texts_first`), `image` is a promise that an ImageResult keeps or breaks.
    """

    number: int
    outcome: PageOutcome
    text: str = ""
    text_source: Literal["native", "ocr"] = "native"
    width: float = 0.0
    height: float = 0.0
    lines: tuple[Line, ...] = ()
    blocks: tuple[Block, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    links: tuple[Link, ...] = ()
    image: PageImage | None = None
    hidden_text: str = ""
    losses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(block.table for block in self.blocks if block.table)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What to take from each page."""

    links: bool = True
    tables: bool = True
    tags: bool = True
    images: bool = True
    image_dpi: int = 150
    image_format: Literal["jpeg", "webp", "png"] = "jpeg"
    image_quality: int = 80
    ocr: bool = True
    ocr_languages: str = "eng"


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What one PDF may cost; the defaults are those of `config.Settings`."""

    max_pdf_megabytes: int = 512
    max_pages: int = 5_000
    page_timeout_seconds: float = 30.0
    page_cpu_seconds: float = 20.0
    memory_megabytes: int = 1_536
    max_page_characters: int = 1_000_000
    max_image_pixels: int = 25_000_000
    pages_per_child: int = 1_000
    max_page_links: int = 2_000
    max_lost_seconds: float = 600.0  # that a document's unreadable pages may take in all
