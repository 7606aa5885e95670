"""Opens a document, or says in a sentence why it can't be read; then what it says about itself."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foundation.errors import FailureCode
from pdf_reader.child.cleaning import clean_string
from pdf_reader.child.labels import label_rules, page_labels
from pdf_reader.child.mupdf import mupdf, pymupdf
from pdf_reader.document import DocumentFacts, OutlineEntry, SandboxLimits
from pdf_reader.tags.tree import language_at_top
from pdf_reader.wire import OpenTask, Refusal

MAX_OUTLINE_ENTRIES = 20_000
MAX_OUTLINE_LEVEL = 64
MAX_TITLE_CHARACTERS = 500
#: How much of a file that doesn't open is searched for its encryption dictionary.
_SEARCHED_BYTES = 64 * 1024 * 1024
#: What reads MuPDF's structure of a bookmark: the first below it, the next one, its title, and where it leads.
_BOOKMARK = (
    *(getattr(mupdf.fz_outline, name).fget for name in ("down", "next", "title", "y", "page")),
    mupdf.fz_location.page.fget,
)


class Opener:
    """Keeps the last document open: the ranges of one document follow each other."""

    def __init__(self, limits: SandboxLimits) -> None:
        self._max_pages = limits.max_pages
        self._key: tuple[object, ...] | None = None
        self._opened: Any = None

    def document(self, path: Path, password: str | None) -> Any:
        """A pymupdf.Document with pages, or a Refusal."""
        status = path.stat()
        key = (path, password, status.st_mtime_ns, status.st_size)
        if key != self._key:
            self._close()
            opened = _open(path, password, self._max_pages)
            if isinstance(opened, Refusal):
                return opened
            self._opened, self._key = opened, key
        return self._opened

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = self._key = None
            pymupdf.TOOLS.store_shrink(100)

    def facts(self, task: OpenTask) -> DocumentFacts | Refusal:
        opened = self.document(task.path, task.password)
        return opened if isinstance(opened, Refusal) else _facts_of(opened, bare=task.bare)


def _open(path: Path, password: str | None, max_pages: int) -> Any:
    try:
        document = pymupdf.open(path, filetype="pdf")
    except Exception:  # noqa: BLE001 (MuPDF's errors have no common base)
        if _is_encrypted(path):
            return Refusal(FailureCode.ENCRYPTED, "the PDF is encrypted and can't be opened: DRM, or damage")
        return Refusal(FailureCode.CORRUPT, "the PDF is damaged beyond repair")
    refusal = _refuse(document, password, max_pages)
    if refusal:
        document.close()
        return refusal
    return document


def _refuse(document: Any, password: str | None, max_pages: int) -> Refusal | None:
    if not document.is_pdf:
        return Refusal(FailureCode.NOT_A_PDF, "not a PDF, although it begins like one")
    if document.needs_pass:
        if password is None:
            return Refusal(FailureCode.ENCRYPTED, "the PDF can only be opened with a password")
        if not document.authenticate(password):
            return Refusal(FailureCode.ENCRYPTED, "the PDF is encrypted, and the password is wrong")
    try:
        count = document.page_count
    except Exception:  # noqa: BLE001
        claimed = _claimed_pages(document)
        if claimed > max_pages:
            return _too_many(claimed, max_pages)
        return Refusal(FailureCode.CORRUPT, "the PDF's page tree is damaged: it gives no valid number of pages")
    if count > max_pages:
        return _too_many(count, max_pages)
    if count == 0:
        if document.is_repaired:
            message = "the PDF is cut off or damaged, and none of its pages could be recovered"
            return Refusal(FailureCode.CORRUPT, message)
        return Refusal(FailureCode.NO_PAGES, "the PDF has no pages")
    return None


def _too_many(count: int, max_pages: int) -> Refusal:
    return Refusal(FailureCode.TOO_MANY_PAGES, f"the PDF claims {count} pages, and the limit is {max_pages}")


def _claimed_pages(document: Any) -> int:
    try:
        return int(document.xref_get_key(document.pdf_catalog(), "Pages/Count")[1])
    except Exception:  # noqa: BLE001
        return 0


def _is_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return b"/Encrypt" in file.read(_SEARCHED_BYTES)


def _facts_of(document: Any, *, bare: bool) -> DocumentFacts:
    """`bare` leaves out what a hostile document can make deep or long."""
    count = document.page_count
    if bare:
        return DocumentFacts(page_count=count, repaired=bool(document.is_repaired))
    metadata = _attempt(lambda: document.metadata, None) or {}
    return DocumentFacts(
        page_count=count,
        outline=tuple(_attempt(lambda: list(_outline(document, count)), [])),
        page_labels=_attempt(lambda: page_labels(label_rules(document), count), ()),
        title=clean_string(metadata.get("title"), MAX_TITLE_CHARACTERS),
        author=clean_string(metadata.get("author"), MAX_TITLE_CHARACTERS),
        language=clean_string(_attempt(lambda: document.language, None), 35)
        or _attempt(lambda: language_at_top(document), ""),
        repaired=bool(document.is_repaired),
        attachments=_attempt(document.embfile_count, 0),
    )


def _attempt(work: Any, otherwise: Any) -> Any:
    """What `work` returns; `otherwise` when a damaged document makes it raise."""
    try:
        return work()
    except Exception:  # noqa: BLE001
        return otherwise


def _outline(document: Any, page_count: int) -> Iterator[OutlineEntry]:
    """Bookmarks in reading order; those that lead nowhere in this document, or say nothing, are left out."""
    # What PyMuPDF loaded when it opened the document, and MuPDF's plain structures: to load thousands of bookmarks
    # again, or to wrap each of them, costs more than reading several pages. By their plain pointers (`this`): of any
    # other object SWIG compares the name of its class, which takes five times as long as the rest of a call.
    below, beside, title_of, top_of, place_of, page_of = _BOOKMARK
    loaded = document.outline
    stack = [loaded.this.m_internal if loaded else None]
    seen = 0
    while stack and seen < MAX_OUTLINE_ENTRIES:
        node = stack.pop()
        if not node:
            continue
        seen += 1
        level = len(stack) + 1
        this = node.this
        stack.append(beside(this))
        if level < MAX_OUTLINE_LEVEL:
            stack.append(below(this))
        page = page_of(place_of(this).this) + 1
        if not 1 <= page <= page_count:
            continue
        if title := clean_string(title_of(this), MAX_TITLE_CHARACTERS):
            y = top_of(this)
            # MuPDF says 0 where the PDF doesn't say; a title at the very top is found without help.
            yield OutlineEntry(level, title, page, y if math.isfinite(y) and y > 0 else None)
