"""The parts of results: passages, headings and tables with their document, page, path, boxes and link."""

from collections.abc import Sequence
from typing import Any

from answers.checked_answer import CheckedSentence
from answers.places import label_of
from answers.reader_links import reader_path
from answers.snippets import page_of, snippets_of
from data_ingestion.document_tables import TableInfo
from data_ingestion.page_file import StoredBlock
from document_structure.section_tree import joined_path
from foundation.placed_box import PlacedBox
from ledger.records import DocumentRecord
from mcp_server.library import Document, Library
from mcp_server.quoting import line, quoted
from mcp_server.results import (
    CitedSentence,
    ListedDocument,
    OutlineItem,
    PageBlock,
    Passage,
    Place,
    TableEntry,
    boxes_of,
)
from vector_stores.points import Hit

#: First words of a block, by which a program finds it in the page's text.
BLOCK_CHARACTERS = 80


class ResultParts:
    """`public_url` is the panel's address, under which links open; None: there are no links."""

    def __init__(self, library: Library, public_url: str | None) -> None:
        self._library = library
        self._public_url = public_url

    def passage(self, query: str, hit: Hit, number: int) -> Passage:
        metadata = hit.metadata
        page = page_of(query, hit)
        boxes = [box for snippet in snippets_of(query, hit) for box in snippet.boxes]
        document_id = str(metadata.get("document_id") or "")
        return Passage(
            document=document_id,
            s3_key=line(metadata.get("source")),
            page=page,
            page_label=line(label_of(page, metadata)),
            path=line(metadata.get("heading_path")),
            boxes=boxes_of(boxes or metadata.get("boxes") or ()),
            link=self._link(document_id, page, query, hit.id if "chunk_index" in metadata else None),
            number=number,
            passage=hit.id,
            pages=[int(one) for one in metadata.get("pages_spanned") or [page]],
            score=round(hit.score, 4),
            text=quoted(hit.text),
        )

    def sentence(self, sentence: CheckedSentence, passages: Sequence[Passage]) -> CitedSentence:
        keys = {passage.document: passage.s3_key for passage in passages}
        return CitedSentence(
            text=line(sentence.text),
            verdict=sentence.verdict.value,
            places=[
                Place(
                    document=citation.document_id,
                    s3_key=keys.get(citation.document_id, ""),
                    page=citation.page,
                    page_label=line(citation.page_label),
                    path=line(citation.path),
                    boxes=boxes_of(citation.boxes),
                    link=self._public_url + citation.link if self._public_url else None,
                )
                for citation in sentence.citations
            ],
        )

    def listed(self, record: DocumentRecord) -> ListedDocument:
        document_id = record.document_id or self._library.artifacts.document_id(record.s3_key)
        return ListedDocument(
            document=document_id,
            s3_key=line(record.s3_key),
            state=record.state,
            is_searchable=is_searchable(record),
            pages=record.pages_total,
            processed_at=record.processed_at,
            link=f"{self._public_url}/documents/{document_id}" if self._public_url else None,
        )

    def headings(self, known: Document) -> list[OutlineItem]:
        """The whole outline, without boxes."""
        items: list[OutlineItem] = []
        above: list[tuple[int, str]] = []
        for section in known.described.outline:
            level, title = section.level, line(section.title)
            while above and above[-1][0] >= level:
                above.pop()
            path = joined_path(name for _, name in above)
            above.append((level, title))
            place = self.place(known, section.page or 1, path, [])
            items.append(OutlineItem(**place, level=level, title=title))
        return items

    @staticmethod
    def blocks(page: int, blocks: Sequence[StoredBlock]) -> list[PageBlock]:
        """Those of a page file."""
        return [
            PageBlock(
                kind=block.kind,
                begins=line(_words(block)[:BLOCK_CHARACTERS]),
                boxes=boxes_of(PlacedBox(page, *box) for box in block.boxes),
            )
            for block in blocks
        ]

    def table(self, known: Document, info: TableInfo) -> TableEntry:
        return TableEntry(
            **self.place(known, info.page, info.heading_path, info.boxes),
            number=info.number,
            title=line(info.title),
            columns=[line(column) for column in info.columns],
            row_count=info.row_count,
        )

    def place(self, known: Document, page: int, path: str, boxes: Sequence[PlacedBox]) -> dict[str, Any]:
        return {
            "document": known.document_id,
            "s3_key": line(known.s3_key),
            "page": page,
            "page_label": line(known.described.label(page)),
            "path": line(path),
            "boxes": boxes_of(boxes),
            "link": self._link(known.document_id, page),
        }

    def _link(self, document_id: str, page: int, query: str = "", passage: str | None = None) -> str | None:
        return self._public_url + reader_path(document_id, page, query, passage) if self._public_url else None


def _words(block: StoredBlock) -> str:
    """Its text; of a table, its first row."""
    return " ".join(block.table.rows[0]) if block.table else block.text


def is_searchable(record: DocumentRecord) -> bool:
    """Whether a store serves anything of it."""
    return bool(record.served) and any(record.points.values())
