"""A document's files are written while its points are, and neither goes on for long when the other fails."""

import threading
from pathlib import Path
from typing import Any

import pytest

from composition.parts import Parts
from data_ingestion import publishing
from data_ingestion.artifacts import Artifacts
from data_ingestion.page_file import PageFile
from foundation.errors import FailureCode, TransientError
from ledger import DocumentState
from tests.support.sandbox_reading import make_pdf
from vector_stores.base import VectorStore

KEY = "source-pdfs/long.pdf"
PAGES = 40
PATIENCE_SECONDS = 60


@pytest.fixture(autouse=True)
def uploaded(parts: Parts, tmp_path: Path) -> None:
    made = make_pdf(tmp_path / "long.pdf", PAGES, "Page {} tells how the harbour was cleared.")
    parts.artifacts.upload_source(made, KEY)


def test_files_and_points_are_written_side_by_side(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of each is done only when the first of the other has begun."""
    file_begun, points_begun = threading.Event(), threading.Event()
    put, write = Artifacts.put_page, VectorStore.write_packed

    def putting(artifacts: Artifacts, s3_key: str, generation: str, page: PageFile) -> None:
        file_begun.set()
        assert points_begun.wait(PATIENCE_SECONDS)
        put(artifacts, s3_key, generation, page)

    def writing(store: VectorStore, points: Any) -> None:
        points_begun.set()
        assert file_begun.wait(PATIENCE_SECONDS)
        write(store, points)

    monkeypatch.setattr(Artifacts, "put_page", putting)
    monkeypatch.setattr(VectorStore, "write_packed", writing)
    result = parts.processor.process_single_source(KEY)
    assert (result.state, result.images) == (DocumentState.SUCCEEDED, PAGES)


@pytest.mark.system
def test_no_more_files_are_written_when_the_points_can_not_be(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "FILES_IN_FLIGHT", 1)
    file_begun, has_failed = threading.Event(), threading.Event()
    written: list[int] = []
    put = Artifacts.put_page

    def putting(artifacts: Artifacts, s3_key: str, generation: str, page: PageFile) -> None:
        file_begun.set()
        assert has_failed.wait(PATIENCE_SECONDS)
        written.append(page.page)
        put(artifacts, s3_key, generation, page)

    def failing(store: VectorStore, points: Any) -> None:
        assert file_begun.wait(PATIENCE_SECONDS)
        threading.Timer(1.0, has_failed.set).start()  # when the failure has come through
        raise TransientError(FailureCode.STORE_FAILED, "down", dependency="qdrant")

    monkeypatch.setattr(Artifacts, "put_page", putting)
    monkeypatch.setattr(VectorStore, "write_packed", failing)
    with pytest.raises(TransientError, match="down"):
        parts.processor.process_single_source(KEY)
    assert len(written) == 1, "the one that was under way"


@pytest.mark.system
def test_nothing_is_shown_when_a_file_can_not_be_written(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    put = Artifacts.put_page

    def failing(artifacts: Artifacts, s3_key: str, generation: str, page: PageFile) -> None:
        if page.page == 7:
            raise TransientError(FailureCode.INTERNAL, "no room", dependency="aws")
        put(artifacts, s3_key, generation, page)

    monkeypatch.setattr(Artifacts, "put_page", failing)
    with pytest.raises(TransientError, match="no room"):
        parts.processor.process_single_source(KEY)
    assert all(store.count(active=True) == 0 for store in parts.stores.values())
