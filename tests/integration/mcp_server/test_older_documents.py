"""What version 0.1.0 stored has no files: pages are read from the store, and tables ask for another run."""

from collections.abc import Iterator

import pytest

from composition.parts import Parts
from data_ingestion.table_reading import FilesMissing
from ledger import DocumentState
from mcp_server.caller import EVERYTHING, calling
from mcp_server.command import make_tools
from mcp_server.library import NotThereError
from tests.support.panel import put_document, put_stored_metadata, store_passage

NAME = "a.pdf"


@pytest.fixture(autouse=True)
def _by_who_started_it() -> Iterator[None]:
    with calling(EVERYTHING):
        yield


def test_its_pages_are_read_from_the_store_and_its_headings_from_its_metadata(parts: Parts) -> None:
    put_document(parts, NAME, pages_total=9)
    store_passage(parts, "The floodgate takes eleven minutes to close.", page=5, store="pages")
    toc = [{"level": 1, "title": "Gates", "page": 5, "offset": 0}]
    put_stored_metadata(parts, f"source-pdfs/{NAME}", {"source_book_title": "A book", "page_count": 9, "toc": toc})
    tools = make_tools(parts)
    page = tools.read_page(NAME, 5).structured_content
    assert page
    assert (page["path"], page["page_count"], page["blocks"]) == ("Gates", 9, [])
    assert "eleven minutes" in page["text"]
    outline = tools.outline(NAME).structured_content
    assert outline
    assert [(item["title"], item["page"]) for item in outline["sections"]] == [("Gates", 5)]
    with pytest.raises(NotThereError, match=r"Page 6 of source-pdfs/a\.pdf is gone"):
        tools.read_page(NAME, 6)
    with pytest.raises(FilesMissing, match="Process it again"):
        tools.table(NAME)
    with pytest.raises(NotThereError, match="There is no image of page 5"):
        tools.read_page(NAME, 5, image=True)


def test_what_no_worker_has_finished_is_not_there_yet(parts: Parts) -> None:
    put_document(parts, NAME, DocumentState.PROCESSING)
    with pytest.raises(NotThereError, match=r"The document a\.pdf is processing: nothing of it is searchable yet\."):
        make_tools(parts).outline(NAME)
    put_document(parts, "b.pdf", DocumentState.FAILED, code="encrypted", message="needs a password")
    with pytest.raises(NotThereError, match=r"is failed \(encrypted\): nothing of it is searchable yet\."):
        make_tools(parts).outline("b.pdf")
