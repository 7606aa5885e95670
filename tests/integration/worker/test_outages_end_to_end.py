"""Outages that pass a simple probe, with the real worker: nothing is given up, and work goes on by itself."""

import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from composition.parts import Parts
from composition.vector_stores import make_stores
from config import Settings
from embeddings import openai_refusals
from ledger import DocumentRecord
from ledger.paused_workers import PauseReason, pause_reasons
from tests.integration.embeddings.test_openai import EmbeddingsServer
from tests.support.chat_server import ChatServer, failure
from tests.support.panel import until
from tests.support.stores import CountingEmbedder, ingest, record
from work_queue import outage as outage_module
from worker import pause_reports
from worker.service import Worker

pytestmark = pytest.mark.system

PDF = "notice-to-mariners.pdf"
NAMES = ("a", "b")
TRIES = 1_000


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes of an outage in a moment."""
    monkeypatch.setattr(outage_module, "BASE_PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(outage_module, "MAX_PAUSE_SECONDS", 0.2)
    monkeypatch.setattr(outage_module, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(pause_reports, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(openai_refusals, "PERSON_SECONDS", 0.1)


@dataclass
class Outage:
    """Something that refuses the work until it is mended, and counts what it was asked meanwhile."""

    is_on: bool = True
    asked: int = 0

    def refuses(self, answer: Callable[[], Response]) -> Response | None:
        if not self.is_on:
            return None
        self.asked += 1
        return answer()


@contextmanager
def working(settings: Settings) -> Iterator[Worker]:
    """The worker in a thread of this process."""
    worker = Worker(settings)
    thread = threading.Thread(target=worker.run, kwargs={"until_empty": False}, daemon=True)
    thread.start()
    try:
        yield worker
    finally:
        worker.consumer.hurry()
        thread.join(120)
        worker.close()
    assert not thread.is_alive()


def put(parts: Parts, samples: Path) -> None:
    for name in NAMES:
        parts.artifacts.upload_source(samples / PDF, f"source-pdfs/{name}.pdf")


def paused(parts: Parts) -> list[PauseReason]:
    return pause_reasons(parts.paused_workers.all(), 0.0)


def documents(parts: Parts) -> list[DocumentRecord]:
    """Those of `put`, if they are in the ledger. Not by their states: each would be a query, with every look."""
    ids = (parts.artifacts.document_id(f"source-pdfs/{name}.pdf") for name in NAMES)
    return [document for document_id in ids if (document := parts.documents.get(document_id))]


def outcomes(parts: Parts) -> set[tuple[str, str | None]]:
    return {(document.state, document.code) for document in documents(parts)}


def ends(parts: Parts) -> list[str]:
    return [document.state for document in documents(parts)]


def assert_it_passes(
    parts: Parts, settings: Settings, samples: Path, outage: Outage, *, dependency: str, code: str, reason: str
) -> None:
    """Two documents come during the outage; it is reported; when it ends, they are done, by their first receive."""
    put(parts, samples)
    with working(settings):
        until(lambda: bool(paused(parts)), TRIES)
        until(lambda: outage.asked >= 5, TRIES)
        missing = paused(parts)[0].missing
        assert (missing.dependency, missing.code, missing.needs_person) == (dependency, code, True)
        assert reason in missing.reason
        until(lambda: outcomes(parts) == {("queued", code)}, TRIES)
        outage.is_on = False
        until(lambda: ends(parts) == ["succeeded", "succeeded"], TRIES)
        until(lambda: not paused(parts), TRIES)
    assert parts.dead_letter_queue.backlog().total == 0
    assert parts.queue.backlog().total == 0


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (401, "invalid_api_key", "refuses OPENAI_API_KEY"),
        (429, "insufficient_quota", "insufficient_quota"),
        (404, "model_not_found", "model_not_found"),
    ],
)
def test_a_language_model_that_refuses_us(
    settings: Settings, parts: Parts, samples: Path, httpserver: HTTPServer, status: int, code: str, reason: str
) -> None:
    chat, outage = ChatServer.on(httpserver), Outage()
    httpserver.expect_request("/v1/models").respond_with_json({"data": []})
    chat.takes = lambda body: outage.refuses(failure(status, "no", code=code))
    asking = settings.model_copy(
        update={"enrichment": "llm", "openai_api_key": None, "openai_base_url": chat.base_url, "llm_model_name": "m"}
    )
    assert_it_passes(
        parts, asking, samples, outage, dependency="llm", code="llm_failed", reason=reason
    )  # fmt: skip
    probes = [asked for asked in chat.asked if asked.body.get("max_tokens") == 1]
    assert probes, "what was asked meanwhile was one token at a time"
    assert len(chat.asked) - len(probes) <= 10


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [(401, "invalid_api_key", "refuses OPENAI_API_KEY"), (429, "insufficient_quota", "insufficient_quota")],
)
def test_an_embeddings_api_that_refuses_us(
    settings: Settings, parts: Parts, samples: Path, httpserver: HTTPServer, status: int, code: str, reason: str
) -> None:
    server, outage = EmbeddingsServer(httpserver.url_for("/v1")), Outage()
    httpserver.expect_request("/v1/embeddings", method="POST").respond_with_handler(
        lambda request: outage.refuses(failure(status, "no", code=code)) or server.answer(request)
    )
    asking = settings.model_copy(
        update={
            "embedding_provider": "openai", "openai_embedding_model": "a-model", "openai_base_url": server.base_url,
            "openai_api_key": SecretStr("a-key"),
        }
    )  # fmt: skip
    assert_it_passes(
        parts, asking, samples, outage, dependency="embeddings", code="embeddings_failed", reason=reason
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "words"), [(403, "Forbidden: Write access denied"), (500, "No space left on device: WAL buffer")]
)
def test_a_qdrant_that_takes_no_writes(
    settings: Settings, parts: Parts, samples: Path, httpserver: HTTPServer, status: int, words: str
) -> None:
    """It answers every read."""
    outage = Outage(is_on=False)

    def forward(request: Request) -> Response:
        is_write = request.method in ("PUT", "POST", "DELETE") and "/points" in request.path
        is_read = request.path.endswith(("/scroll", "/facet", "/count", "/query", "/query/batch", "/points"))
        is_write = is_write and not (is_read and request.method == "POST")
        refused = outage.refuses(lambda: Response(words, status)) if is_write else None
        return refused or forwarded(str(settings.qdrant_url), request)

    httpserver.expect_request(re.compile(".*")).respond_with_handler(forward)
    served = settings.model_copy(update={"qdrant_url": httpserver.url_for("/")})
    outage.is_on = True
    assert_it_passes(
        parts, served, samples, outage, dependency="qdrant", code="store_failed", reason=words.split(":")[0]
    )  # fmt: skip


@pytest.mark.parametrize(("status", "needs_person"), [(503, False), (403, True)])
def test_a_worker_that_starts_while_qdrant_is_away_waits_with_a_message_in_flight(
    settings: Settings, parts: Parts, samples: Path, httpserver: HTTPServer, status: int, needs_person: bool,
) -> None:  # fmt: skip
    """Were it to end, ECS would start it again and again, and the wake rule others beside it."""
    outage = Outage()
    put(parts, samples)
    httpserver.expect_request(re.compile(".*")).respond_with_handler(
        lambda request: outage.refuses(lambda: Response("no", status)) or forwarded(str(settings.qdrant_url), request)
    )
    with working(settings.model_copy(update={"qdrant_url": httpserver.url_for("/")})):
        until(lambda: bool(paused(parts)) and parts.queue.backlog().in_flight == 1, TRIES)
        missing = paused(parts)[0].missing
        assert (missing.dependency, missing.needs_person) == ("qdrant", needs_person)
        assert ends(parts) == [], "nothing was tried"
        outage.is_on = False
        until(lambda: ends(parts) == ["succeeded", "succeeded"], TRIES)


def test_collections_of_another_model_pause_the_worker_until_it_fits(
    settings: Settings, parts: Parts, samples: Path
) -> None:
    """A deployment's state, not a document's fault: nothing is read, paid for or given up meanwhile."""
    stores = make_stores(settings, parts.qdrant, CountingEmbedder(64, name="other-model"))
    ingest(stores, "000001-a", [record(0, "an old text")])
    put(parts, samples)
    with working(settings) as worker:
        until(lambda: bool(paused(parts)), TRIES)
        missing = paused(parts)[0].missing
        assert (missing.dependency, missing.code, missing.needs_person) == ("collections", "store_failed", True)
        assert "other-model" in missing.reason
        until(lambda: outcomes(parts) == {("queued", "store_failed")}, TRIES)
        for store in worker._parts.stores.values():  # what migrate-embeddings does in the end
            store.home.prepare(store.indexed_fields)
            store.home.make_current()
        until(lambda: ends(parts) == ["succeeded", "succeeded"], TRIES)
        until(lambda: not paused(parts), TRIES)
    assert parts.dead_letter_queue.backlog().total == 0


def forwarded(url: str, request: Request) -> Response:
    """What the server at `url` answers to the request."""
    path = request.full_path.rstrip("?")
    headers = {"Content-Type": request.headers.get("Content-Type", "application/json")}
    asked = urllib.request.Request(url + path, request.get_data() or None, headers, method=request.method)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return Response(answer.read(), answer.status, content_type="application/json")
    except urllib.error.HTTPError as error:
        return Response(error.read(), error.code, content_type="application/json")
