"""What feeds the model comes first: nothing of a page but its text is waited for before the model gets it."""

import threading
from pathlib import Path
from typing import Any

import pytest

from composition.parts import Parts
from data_ingestion.artifacts import Artifacts
from data_ingestion.enrichment.extractive_enricher import ExtractiveRun
from data_ingestion.image_uploads import ImageUploads
from data_ingestion.reading import DocumentBuilder
from ledger import DocumentState
from pdf_reader.document import Page
from tests.support.sandbox_reading import make_pdf

KEY = "source-pdfs/long.pdf"
PAGES = 40
PATIENCE_SECONDS = 60


def test_the_model_gets_every_page_before_its_image_is_uploaded(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 takes the first image only when the last page is with the model."""
    made = make_pdf(tmp_path / "long.pdf", PAGES, "Page {} tells how the harbour was cleared.")
    parts.artifacts.upload_source(made, KEY)
    steps: list[tuple[str, int]] = []
    all_asked = threading.Event()
    waited: list[bool] = []
    ask, build, queue, put = ExtractiveRun.add_page, DocumentBuilder.add, ImageUploads.add, Artifacts.put_image

    def asking(run: ExtractiveRun, page: Page) -> None:
        steps.append(("model", page.number))
        ask(run, page)
        if page.number == PAGES:
            all_asked.set()

    def building(builder: DocumentBuilder, page: Page, image_key: str | None) -> None:
        steps.append(("document", page.number))
        build(builder, page, image_key)

    def queueing(uploads: ImageUploads, image: Any, key: str) -> None:
        steps.append(("image", int(Path(key).stem)))
        queue(uploads, image, key)

    def putting(artifacts: Artifacts, path: Path, key: str) -> None:
        waited.append(all_asked.wait(PATIENCE_SECONDS))
        put(artifacts, path, key)

    monkeypatch.setattr(ExtractiveRun, "add_page", asking)
    monkeypatch.setattr(DocumentBuilder, "add", building)
    monkeypatch.setattr(ImageUploads, "add", queueing)
    monkeypatch.setattr(Artifacts, "put_image", putting)

    result = parts.processor.process_single_source(KEY)

    assert (result.state, result.images) == (DocumentState.SUCCEEDED, PAGES)
    texts = [step for step in steps if step[0] != "image"]
    assert texts == [(step, page) for page in range(1, PAGES + 1) for step in ("model", "document")]
    assert [page for step, page in steps if step == "image"] == list(range(1, PAGES + 1))
    assert all(steps.index(("image", page)) > steps.index(("document", page)) for page in range(1, PAGES + 1))
    assert waited == [True] * PAGES, "the last page was with the model"
