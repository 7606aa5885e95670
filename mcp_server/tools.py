"""The tools: each reads, and gives a text for the model and a structured result for programs.

Parameters and their descriptions are what agents see; so are the docstrings.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, ImageContent, TextContent
from pydantic import BaseModel, Field

from answers.answering import Answers, Asked, Done, Found, Text
from answers.passages import is_answered
from data_ingestion.document_tables import TableInfo
from data_ingestion.table_reading import find_table, list_tables
from foundation.app_config import AppConfig
from foundation.placed_box import PlacedBox
from foundation.question_text import MAX_QUESTION_CHARACTERS, question_text
from foundation.store_names import StoreName
from mcp_server import shown
from mcp_server.caller import current_caller
from mcp_server.library import Library, NotThereError
from mcp_server.quoting import line, quoted
from mcp_server.result_parts import ResultParts, is_searchable
from mcp_server.results import (
    AnswerResult,
    DocumentList,
    OutlineResult,
    PageResult,
    Passage,
    SearchResult,
    TableResult,
    boxes_of,
)
from vector_stores.filters import SearchFilter
from vector_stores.search import Searcher

MAX_PASSAGES = 20
#: Characters of a page in one result, about 10,000 tokens.
PAGE_CHARACTERS = 40_000
MAX_LISTED = 200
MAX_ROWS = 500

DocumentName = Annotated[str, Field(description="A document's id, or its key in the bucket.", max_length=1_100)]
Question = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARACTERS)]
OneDocument = Annotated[str | None, Field(description="Only this document: its id or key.", max_length=1_100)]
FirstPage = Annotated[int | None, Field(description="Only from this page on.", ge=1)]
LastPage = Annotated[int | None, Field(description="Only up to this page.", ge=1)]
Offset = Annotated[int, Field(description="How many to leave out at the beginning.", ge=0)]


class Tools:
    """Thread-safe. `public_url` is the panel's address, under which links open; None: there are no links.

    All methods may raise what the stores, S3 and the ledger raise; `server.Server` says it in a sentence.
    """

    def __init__(
        self,
        library: Library,
        *,
        searcher: Callable[[StoreName], Searcher],
        app_config: Callable[[], AppConfig],
        answers: Callable[[], Answers],
        public_url: str | None,
    ) -> None:
        self._library = library
        self._searcher = searcher
        self._app_config = app_config
        self._answers = answers
        self._parts = ResultParts(library, public_url)

    def search(
        self,
        query: Annotated[Question, Field(description="A question, or a few words.")],
        document: OneDocument = None,
        limit: Annotated[int, Field(description="How many passages.", ge=1, le=MAX_PASSAGES)] = 5,
        first_page: FirstPage = None,
        last_page: LastPage = None,
        store: Annotated[
            StoreName | None, Field(description="Where to look; by default where the service is set to.")
        ] = None,
    ) -> Annotated[CallToolResult, SearchResult]:
        """Find passages in the documents, by meaning and by words. Each has its page, its headings and its place."""
        asked = _question(query)
        config = self._app_config()
        name = store or config.vector_store_type
        wanted = self._limits(document, first_page, last_page)
        hits = self._searcher(name).search(asked, limit, wanted, explain=True)
        result = SearchResult(
            query=asked,
            store=name,
            is_answered=is_answered(asked, hits, config.retrieval_weak_similarity),
            passages=[self._parts.passage(asked, hit, number) for number, hit in enumerate(hits, start=1)],
        )
        return _result(result, shown.search_text(result, [hit.text for hit in hits]))

    def ask(
        self,
        question: Annotated[Question, Field(description="What the user wants to know, in one sentence or a few.")],
        document: OneDocument = None,
        first_page: FirstPage = None,
        last_page: LastPage = None,
    ) -> Annotated[CallToolResult, AnswerResult]:
        """Answer a question from the documents, with the passages that the answer rests on.

        The service's own model answers, which costs its owner money. To read the passages yourself, use search.
        """
        asked = Asked(_question(question), None, self._limits(document, first_page, last_page))
        passages: list[Passage] = []
        texts: list[str] = []
        answer, done = "", Done()
        for part in self._answers().answer(asked):
            if isinstance(part, Found):
                chosen = part.selection.passages
                passages = [self._parts.passage(asked.search_text, one.hit, one.number) for one in chosen]
                texts = [one.text for one in chosen]
            elif isinstance(part, Text):
                answer += part.delta
            elif isinstance(part, Done):
                done = part
        answer = done.answer.text or answer
        result = AnswerResult(
            question=asked.question,
            answer=quoted(answer) if answer else "",
            reason=done.reason,
            message=done.message,
            sentences=[self._parts.sentence(sentence, passages) for sentence in done.answer.sentences],
            passages=passages,
            model=done.model,
            tokens_in=done.tokens_in,
            tokens_out=done.tokens_out,
            cost_usd=done.cost_usd,
        )
        return _result(result, shown.answer_text(result, answer, texts))

    def read_page(
        self,
        document: DocumentName,
        page: Annotated[int, Field(description="Counted from 1; not the printed number.")],
        image: Annotated[bool, Field(description="Give the page's image, too.")] = False,
        boxes: Annotated[bool, Field(description="Say where each paragraph, heading and table stands.")] = False,
        offset: Annotated[int, Field(description="Where in a long page to begin, in characters.", ge=0)] = 0,
    ) -> Annotated[CallToolResult, PageResult]:
        """Read one page of a document as Markdown and, if wanted, see its image."""
        known = self._library.document(document)
        read = self._library.page(known, page)
        picture = self._library.image(known, page) if image else None
        part = read.markdown[offset : offset + PAGE_CHARACTERS]
        whole = PlacedBox(page, 0.0, 0.0, read.width, read.height)
        result = PageResult(
            **self._parts.place(known, page, read.heading_path, [whole]),
            title=line(known.described.title),
            page_count=known.page_count,
            width=read.width,
            height=read.height,
            text=quoted(part),
            next_offset=offset + len(part) if offset + len(part) < len(read.markdown) else None,
            blocks=self._parts.blocks(page, read.blocks) if boxes else [],
            has_image=picture is not None,
        )
        return _result(result, shown.page_text(result, part), picture)

    def list_documents(
        self,
        prefix: Annotated[str, Field(description="Only keys that begin so; the folder of all may be left out.")] = "",
        searchable: Annotated[bool, Field(description="Only what can be searched now.")] = True,
        limit: Annotated[int, Field(ge=1, le=MAX_LISTED)] = 50,
        cursor: Annotated[
            str | None, Field(description="`next_cursor` of the result before.", max_length=1_100)
        ] = None,
    ) -> Annotated[CallToolResult, DocumentList]:
        """List the documents by key, with their ids, states and numbers of pages."""
        folder = self._library.artifacts.pdf_prefix
        begin = prefix if prefix.startswith(folder) else folder + prefix.lstrip("/")
        matching = [
            record
            for record in self._library.records()
            if record.s3_key.startswith(begin) and (is_searchable(record) or not searchable)
        ]
        after = [record for record in matching if cursor is None or record.s3_key > cursor]
        chosen = after[:limit]
        result = DocumentList(
            total=len(matching),
            documents=[self._parts.listed(record) for record in chosen],
            next_cursor=chosen[-1].s3_key if len(after) > limit else None,
        )
        return _result(result, shown.documents_text(result))

    def outline(
        self,
        document: DocumentName,
        levels: Annotated[int, Field(description="How deep; 1 gives the highest headings only.", ge=1, le=20)] = 3,
        limit: Annotated[int, Field(ge=1, le=MAX_LISTED)] = MAX_LISTED,
        offset: Offset = 0,
        boxes: Annotated[bool, Field(description="Say where on its page each heading stands.")] = False,
    ) -> Annotated[CallToolResult, OutlineResult]:
        """The headings of a document with their pages, and its title and summary."""
        known = self._library.document(document)
        items = zip(self._parts.headings(known), known.described.outline, strict=True)
        wanted = [(item, section) for item, section in items if item.level <= levels]
        chosen = wanted[offset : offset + limit]
        sections = [item for item, _ in chosen]
        if boxes:
            places = self._library.heading_boxes(known, [section for _, section in chosen])
            sections = [
                item.model_copy(update={"boxes": boxes_of(found)}) for item, found in zip(sections, places, strict=True)
            ]
        result = OutlineResult(
            document=known.document_id,
            s3_key=line(known.s3_key),
            title=line(known.described.title),
            language=known.described.language,
            summary=line(known.described.summary),
            page_count=known.page_count,
            total=len(wanted),
            sections=sections,
        )
        return _result(result, shown.outline_text(result))

    def table(
        self,
        document: DocumentName,
        page: Annotated[int | None, Field(description="The table's page; without it, all tables are listed.")] = None,
        number: Annotated[int, Field(description="Which table of the page, counted from 1.", ge=1)] = 1,
        contains: Annotated[
            str, Field(description="Only rows, or in a list tables, with all of these words.", max_length=500)
        ] = "",
        limit: Annotated[int, Field(description="How many rows, or tables in a list.", ge=1, le=MAX_ROWS)] = 100,
        offset: Offset = 0,
    ) -> Annotated[CallToolResult, TableResult]:
        """Read a table of a document as rows, whole when it goes on over pages; or list the document's tables."""
        known = self._library.document(document)
        words = contains.casefold().split()
        if page is None:
            found = [info for info in list_tables(self._library.artifacts, known.s3_key) if _has(words, _texts(info))]
            result = TableResult(
                tables=[self._parts.table(known, info) for info in found[offset : offset + limit]],
                rows=[],
                row_boxes=[],
                total=len(found),
                next_offset=offset + limit if offset + limit < len(found) else None,
            )
            return _result(result, shown.tables_text(result))
        self._library.check_page(known, page)
        whole = find_table(self._library.artifacts, known.s3_key, page, number)
        if whole is None:
            raise NotThereError(f"Page {page} of {line(known.s3_key)} has no table {number}.")
        rows = [row for row in whole.rows if _has(words, row.cells)]
        chosen = rows[offset : offset + limit]
        result = TableResult(
            tables=[self._parts.table(known, whole.info)],
            rows=[[line(cell) for cell in row.cells] for row in chosen],
            row_boxes=boxes_of(row.box for row in chosen),
            total=len(rows),
            next_offset=offset + limit if offset + limit < len(rows) else None,
        )
        return _result(result, shown.table_text(result))

    def page_image(self, document: str, page: int) -> bytes:
        """A page's image as a JPEG."""
        return self._library.image(self._library.document(document), page)

    def _limits(self, document: str | None, first_page: int | None, last_page: int | None) -> SearchFilter:
        return SearchFilter(
            source_prefix=current_caller().prefix or None,
            document_id=self._library.record(document).document_id if document else None,
            first_page=first_page,
            last_page=last_page,
        )


def _question(text: str) -> str:
    try:
        return question_text(text)
    except ValueError as error:
        raise ToolError(str(error)) from None


def _result(result: BaseModel, text: str, image: bytes | None = None) -> CallToolResult:
    content: list[Any] = [TextContent(type="text", text=text)]
    if image is not None:
        content.append(ImageContent(type="image", data=base64.b64encode(image).decode(), mime_type="image/jpeg"))
    return CallToolResult(content=content, structured_content=result.model_dump(mode="json"))


def _has(words: Sequence[str], texts: Sequence[str]) -> bool:
    said = " ".join(texts).casefold()
    return all(word in said for word in words)


def _texts(info: TableInfo) -> tuple[str, ...]:
    return (info.title, info.heading_path, *info.columns)
