"""Results as text for models: short lines of ours, and everything of documents in the fence. Pure."""

from collections.abc import Iterable, Sequence

from mcp_server.quoting import NOTICE, quoted
from mcp_server.results import (
    AnswerResult,
    DocumentList,
    ListedDocument,
    OutlineResult,
    PageResult,
    Passage,
    Place,
    SearchResult,
    TableResult,
)
from pdf_reader.tables.markdown import to_markdown


def search_text(result: SearchResult, texts: Sequence[str]) -> str:
    """`texts` are the passages' own, as they are stored."""
    if not result.passages:
        return "Nothing was found."
    first = (
        f"{len(result.passages)} found." if result.is_answered else "No passage answers this; these are the nearest."
    )
    return _joined([first, NOTICE, *_passages(result.passages, texts)])


def answer_text(result: AnswerResult, answer: str, texts: Sequence[str]) -> str:
    """`answer` is the answer as it is written. Without a model the passages are shown: the agent reads them itself."""
    if not result.passages:
        return result.message
    if result.reason or not answer:
        return _joined([result.message, NOTICE, *_passages(result.passages, texts)])
    marked = [sentence for sentence in result.sentences if sentence.verdict == "unsupported"]
    warning = f"{len(marked)} of {len(result.sentences)} sentences are not supported by the passages." if marked else ""
    sources = "\n".join(f"[{passage.number}] {_place(passage)}" for passage in result.passages)
    return _joined(["Answer:", NOTICE, quoted(answer), warning, f"It rests on:\n{sources}"])


def page_text(result: PageResult, markdown: str) -> str:
    """`markdown` is the part of the page that is given."""
    more = f"The page goes on: read_page with offset={result.next_offset}." if result.next_offset is not None else ""
    fenced = quoted(markdown, source=result.s3_key, page=result.page_label, section=result.path)
    return _joined([f"{_place(result)}, of {result.page_count}", NOTICE, fenced, more])


def documents_text(result: DocumentList) -> str:
    lines = [
        f"{document.document} | {document.s3_key} | {_state(document)} | {_counted(document.pages, 'page')}"
        for document in result.documents
    ]
    more = f"There are more: list_documents with cursor={result.next_cursor!r}." if result.next_cursor else ""
    fenced = quoted("\n".join(["id | key | state | pages", *lines])) if lines else ""
    return _joined([f"{_counted(result.total, 'document')}.", NOTICE if lines else "", fenced, more])


def outline_text(result: OutlineResult) -> str:
    lines = [f"{'  ' * (item.level - 1)}- {item.title} (page {item.page})" for item in result.sections] or [
        "It has no headings."
    ]
    shown = len(result.sections)
    more = f"{shown} of {result.total} headings are shown: go on with offset." if shown < result.total else ""
    fenced = quoted("\n".join(lines), source=result.s3_key, title=result.title, summary=result.summary)
    return _joined([f"document {result.document}, {_counted(result.page_count, 'page')}", NOTICE, fenced, more])


def tables_text(result: TableResult) -> str:
    """A list of tables."""
    lines = [
        f"page {table.page}, number {table.number}: {table.title or '(no title)'} | {' | '.join(table.columns)}"
        f" | {_counted(table.row_count, 'row')}"
        for table in result.tables
    ]
    more = f"There are more: table with offset={result.next_offset}." if result.next_offset is not None else ""
    return _joined(
        [
            f"{_counted(result.total, 'table')}.",
            NOTICE if lines else "",
            quoted("\n".join(lines)) if lines else "",
            more,
        ]
    )


def table_text(result: TableResult) -> str:
    """One table with rows."""
    [table] = result.tables
    more = f"There are more rows: table with offset={result.next_offset}." if result.next_offset is not None else ""
    fenced = quoted(
        to_markdown([table.columns, *result.rows]), source=table.s3_key, title=table.title, section=table.path
    )
    head = f"{_place(table)}, table {table.number}: {len(result.rows)} of {result.total} rows"
    return _joined([head, NOTICE, fenced, more])


def _passages(passages: Sequence[Passage], texts: Sequence[str]) -> Iterable[str]:
    for passage, text in zip(passages, texts, strict=True):
        fenced = quoted(text, source=passage.s3_key, page=passage.page_label, section=passage.path)
        yield f"[{passage.number}] {_place(passage)}\n{fenced}"


def _place(place: Place) -> str:
    return f"document {place.document}, page {place.page}" + (f", {place.link}" if place.link else "")


def _state(document: ListedDocument) -> str:
    return document.state if document.is_searchable else f"{document.state}, not searchable"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)
