"""One page of a document as a reader sees it: its blocks, its links, and what is marked for a passage and a query.

A page costs three reads of S3 (metadata, page; outline and links are kept by generation) and one or two of Qdrant.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from data_ingestion.artifacts import Artifacts
from data_ingestion.document_description import DocumentDescription, describe_document
from data_ingestion.document_file import ListedPage
from data_ingestion.document_metadata import DocumentMetadata
from data_ingestion.page_file import PageFile, StoredBlock
from document_structure.section_tree import Section
from foundation.errors import TransientError
from foundation.store_names import StoreName
from pdf_reader.link_record import LinkRecord
from vector_stores.points import Hit
from web.content import Stores
from web.highlights import NOTHING_MARKED, Highlight, highlight_on

#: Documents whose outline and links are kept; those of the SRD take 2 MB.
MAX_KEPT = 16
#: More link areas on one page than this come from a hostile PDF.
MAX_LINKS = 500
#: Where the point of a link may be: a chunk, or a whole page.
STORES: tuple[StoreName, ...] = ("semantic", "haystack", "pages")

NO_FILES = "This document was stored by an older version: there is no highlight yet. Run it again to get one."
NO_LINES = "This document was stored by an older version: only the passage is marked, not its sentences. Run it again."
OTHER_VERSION = "The document was processed again since this link was made: the page's own matches are marked."
STORE_AWAY = "The vector store does not answer, so that nothing is marked now. Load the page again in a moment."
NO_MATCH = "No sentence of this passage has the words of the question; it was found by its meaning."

#: A document's links by the page that they are on.
Links = Mapping[int, list[LinkRecord]]

log = structlog.get_logger("web")


@dataclass(frozen=True, slots=True)
class DocumentView:
    """What is known of the whole document."""

    document_id: str
    s3_key: str
    title: str
    page_count: int
    described: DocumentDescription

    @property
    def filename(self) -> str:
        return self.s3_key.rsplit("/", 1)[-1]

    @property
    def language(self) -> str:
        return self.described.language

    @property
    def generation(self) -> str:
        return self.described.generation

    @property
    def outline(self) -> Sequence[Section]:
        return self.described.outline

    @property
    def pages(self) -> Sequence[ListedPage]:
        return self.described.pages

    def label(self, page: int) -> str:
        """The printed number of a page."""
        return self.described.label(page)


@dataclass(frozen=True, slots=True)
class PageView:
    """One page. `blocks` is None without files: then `text` is what the stores have. Sizes in points."""

    document: DocumentView
    page: int
    label: str
    heading_path: str
    text_source: str
    width: float
    height: float
    blocks: Sequence[StoredBlock] | None
    text: str
    links: Sequence[LinkRecord]
    highlight: Highlight
    note: str


class DocumentReader:
    """Reads documents for people. Thread-safe."""

    def __init__(self, artifacts: Artifacts, stores: Callable[[], Stores]) -> None:
        self._artifacts = artifacts
        #: Called when a page is looked up: making them imports Qdrant's client.
        self._stores = stores
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], tuple[DocumentView, Links]] = OrderedDict()

    def document(self, document_id: str, s3_key: str, page_count: int) -> DocumentView:
        """Raises TransientError. `page_count` is the ledger's, for documents without files."""
        return self._look(document_id, s3_key, page_count)[0]

    def page(
        self, document_id: str, s3_key: str, page_count: int, page: int, query: str, passage: str | None
    ) -> PageView | None:
        """None when there is no such page. Raises TransientError when S3 or Qdrant is away."""
        document, links = self._look(document_id, s3_key, page_count)
        if page < 1 or (document.page_count and page > document.page_count):
            return None
        file = self._artifacts.get_page(s3_key, document.generation, page) if document.generation else None
        stored = None if file else self._whole(document_id, page)
        about = file or (PageFile.of_point(page, stored.metadata) if stored else None)
        if about is None:
            return None
        if not document.page_count:  # without files, and the ledger counts anew while it is processed again
            counted = int(stored.metadata.get("total_pages") or 0) if stored else 0
            document = replace(document, page_count=counted or page)
        try:
            highlight, note = self._highlight(document_id, page, query, passage, has_file=file is not None)
        except TransientError as error:
            # The page itself is S3's: it is shown all the same.
            log.warning("nothing marked", dependency=error.dependency, reason=str(error))
            highlight, note = NOTHING_MARKED, STORE_AWAY
        return PageView(
            document=document,
            page=page,
            label=document.label(page),
            heading_path=about.heading_path,
            text_source=about.text_source or "native",
            width=float(about.width or 0.0),
            height=float(about.height or 0.0),
            blocks=file.blocks if file else None,
            text=stored.text if stored else "",
            links=links.get(page, [])[:MAX_LINKS],
            highlight=highlight,
            note=note,
        )

    def _highlight(
        self, document_id: str, page: int, query: str, passage: str | None, *, has_file: bool
    ) -> tuple[Highlight, str]:
        if not query and not passage:
            return NOTHING_MARKED, ""
        if not has_file:
            return NOTHING_MARKED, NO_FILES
        hit = self._passage(document_id, passage) if passage else None
        if hit is None:
            whole = self._whole(document_id, page) if query else None
            found = highlight_on(page, query, whole, is_whole_page=True) if whole else NOTHING_MARKED
            return found, OTHER_VERSION if passage else ""
        is_whole_page = "chunk_index" not in hit.metadata
        found = highlight_on(page, query, hit, is_whole_page=is_whole_page)
        if "boxes" not in hit.metadata and not is_whole_page:
            return found, NO_FILES
        if hit.metadata.get("line_boxes") is None:
            return found, NO_LINES
        return found, "" if found.sentences or not query or found.is_empty else NO_MATCH

    def _whole(self, document_id: str, page: int) -> Hit | None:
        """The page as the pages store has it."""
        return next(iter(self._stores()["pages"].on_page(document_id, page)), None)

    def _passage(self, document_id: str, passage: str) -> Hit | None:
        for store in STORES:
            hit = self._stores()[store].find(passage)
            if hit is not None and hit.metadata.get("document_id") == document_id:
                return hit
        return None

    def _look(self, document_id: str, s3_key: str, page_count: int) -> tuple[DocumentView, Links]:
        artifacts = self._artifacts
        metadata = artifacts.get_metadata(s3_key) or DocumentMetadata()
        generation = metadata.generation
        with self._lock:
            if (document_id, generation) in self._kept:
                self._kept.move_to_end((document_id, generation))
                return self._kept[document_id, generation]
        described = describe_document(artifacts, s3_key, metadata)
        view = DocumentView(
            document_id=document_id,
            s3_key=s3_key,
            title=described.title or s3_key.rsplit("/", 1)[-1],
            page_count=described.page_count or page_count,
            described=described,
        )
        links: dict[int, list[LinkRecord]] = {}
        for link in artifacts.get_links(s3_key):
            links.setdefault(link.source_page, []).append(link)
        with self._lock:
            self._kept[document_id, generation] = view, links
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return view, links
