"""Documents by their id or key: what the ledger says of them, their outline, their pages and images. Read only.

Files of S3 are read first, so that pages are there while Qdrant isn't. What version 0.1.0 stored has no files: then the
pages store has the text.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from threading import Lock

from botocore.exceptions import ClientError

from data_ingestion.artifacts import Artifacts
from data_ingestion.document_description import DocumentDescription, describe_document
from data_ingestion.page_file import PageFile, StoredBlock
from data_ingestion.page_markdown import page_markdown
from data_ingestion.table_reading import READS_IN_FLIGHT
from document_structure.section_tree import Section
from foundation.aws import AwsClients, aws_errors, is_missing
from foundation.placed_box import PlacedBox
from ledger.documents import Documents
from ledger.records import DocumentRecord, DocumentState
from mcp_server.caller import current_caller
from mcp_server.page_image import for_models
from mcp_server.quoting import line
from pdf_reader.blocks import BlockKind
from vector_stores.base import VectorStore

#: The list of documents is read anew after this long; it costs a query a state.
LIST_SECONDS = 10.0
_ID_CHARACTERS = 64


class NotThereError(Exception):
    """There is no such document or page, and the message says what there is."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that the stores serve."""

    document_id: str
    s3_key: str
    page_count: int
    content_sha256: str
    described: DocumentDescription


@dataclass(frozen=True, slots=True)
class Page:
    """A page as Markdown. `blocks` is empty for what has no files. Sizes in points."""

    number: int
    label: str
    heading_path: str
    markdown: str
    width: float
    height: float
    blocks: Sequence[StoredBlock]


class Library:
    """Thread-safe. `pages_store` is asked for what has no files; making it imports Qdrant's client."""

    def __init__(
        self,
        artifacts: Artifacts,
        aws: AwsClients,
        documents: Documents,
        pages_store: Callable[[], VectorStore],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.artifacts = artifacts
        self._aws = aws
        self._documents = documents
        self._pages_store = pages_store
        self._clock = clock
        self._lock = Lock()
        self._listed: tuple[float, list[DocumentRecord]] | None = None

    def records(self) -> list[DocumentRecord]:
        """All documents that the caller may see but deleted ones, by key, as of at most LIST_SECONDS ago."""
        prefix = current_caller().prefix
        return [record for record in self._all_records() if record.s3_key.startswith(prefix)]

    def _all_records(self) -> list[DocumentRecord]:
        with self._lock:
            if self._listed is None or self._clock() - self._listed[0] > LIST_SECONDS:
                states = [state for state in DocumentState if state is not DocumentState.DELETED]
                found = sorted(self._documents.all(states), key=lambda record: record.s3_key)
                self._listed = self._clock(), found
            return self._listed[1]

    def record(self, named: str) -> DocumentRecord:
        """By its id or its key, whose prefix may be left out. Raises NotThereError, also for what the caller may not
        see, in the same words as for what nobody has stored."""
        named, seen = named.strip(), current_caller().prefix
        is_id = len(named) == _ID_CHARACTERS and not named.strip("0123456789abcdef")
        prefix = self.artifacts.pdf_prefix
        key = named if named.startswith(prefix) else prefix + named.lstrip("/")
        record = self._documents.get(named if is_id else self.artifacts.document_id(key))
        if record is None or record.state is DocumentState.DELETED or not record.s3_key.startswith(seen):
            known = [] if is_id else [one.s3_key for one in self.records()]
            near = get_close_matches(key, known, n=1, cutoff=0.6)
            hint = f" Did you mean {line(near[0])}?" if near else ""
            raise NotThereError(f"There is no document {line(named)}.{hint} list_documents shows what there is.")
        return record

    def document(self, named: str) -> Document:
        """Raises NotThereError, also when nothing of the document is searchable yet."""
        record = self.record(named)
        metadata = self.artifacts.get_metadata(record.s3_key)
        if metadata is None:
            what = f"is {record.state}" + (f" ({record.code})" if record.code else "")
            raise NotThereError(f"The document {line(named)} {what}: nothing of it is searchable yet.")
        described = describe_document(self.artifacts, record.s3_key, metadata)
        return Document(
            document_id=record.document_id,
            s3_key=record.s3_key,
            page_count=described.page_count or record.pages_total,
            content_sha256=described.content_sha256 or record.content_sha256 or "",
            described=described,
        )

    def page(self, document: Document, number: int) -> Page:
        """Raises NotThereError."""
        self.check_page(document, number)
        if document.described.generation:
            file = self.artifacts.get_page(document.s3_key, document.described.generation, number)
            if file is not None:
                return _page(number, document.described.label(number), file, page_markdown(file.blocks))
        for hit in self._pages_store().on_page(document.document_id, number):
            about = PageFile.of_point(number, hit.metadata)
            return _page(number, about.label, about, hit.text)
        raise NotThereError(f"Page {number} of {line(document.s3_key)} is gone: the document was deleted meanwhile.")

    def heading_boxes(self, document: Document, sections: Sequence[Section]) -> list[list[PlacedBox]]:
        """Where each of these items of the outline stands; empty for what isn't a heading of its own on its page.

        Costs a read of each page that one of them is on.
        """
        numbers = sorted({section.page for section in sections}) if document.described.generation else []

        def boxes(number: int) -> dict[int, list[PlacedBox]]:
            file = self.artifacts.get_page(document.s3_key, document.described.generation, number)
            return {
                block.start: [PlacedBox(number, *box) for box in block.boxes]
                for block in (file.blocks if file else ())
                if block.kind == BlockKind.HEADING
            }

        with ThreadPoolExecutor(READS_IN_FLIGHT, thread_name_prefix="outline") as threads:
            found = dict(zip(numbers, threads.map(boxes, numbers), strict=True))
        return [found.get(section.page, {}).get(section.offset, []) for section in sections]

    def image(self, document: Document, number: int) -> bytes:
        """The page's image as a JPEG. Raises NotThereError."""
        self.check_page(document, number)
        missing = NotThereError(f"There is no image of page {number} of {line(document.s3_key)}.")
        if not document.content_sha256:
            raise missing
        key = self.artifacts.find_image(document.s3_key, document.content_sha256, number)
        if not key:
            raise missing
        with aws_errors("reading a page image"):
            try:
                return for_models(self._aws.s3.get_object(Bucket=self.artifacts.bucket, Key=key)["Body"].read())
            except ClientError as error:
                if is_missing(error):
                    raise missing from None
                raise
            except ValueError:
                raise missing from None

    @staticmethod
    def check_page(document: Document, number: int) -> None:
        """Raises NotThereError when the document has no such page."""
        count = document.page_count
        if number < 1 or number > count:
            has = "1 page" if count == 1 else f"{count} pages"
            raise NotThereError(f"{line(document.s3_key)} has {has}, and no page {number}.")


def _page(number: int, label: str, about: PageFile, markdown: str) -> Page:
    return Page(
        number=number,
        label=label,
        heading_path=about.heading_path,
        markdown=markdown,
        width=float(about.width or 0.0),
        height=float(about.height or 0.0),
        blocks=about.blocks,
    )
