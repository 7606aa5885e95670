"""Every AWS, Qdrant and model call of one document meets one fault: the document is right, and nothing is paid twice.

One worker goes on from document to document; a proxy stands between it and moto, Qdrant and the model. Each document
has a text of its own, so that no answer is there from the last one.
"""

import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from composition.parts import Parts
from config import Settings, load_settings
from development_stack.stack import provision_settings
from ledger.documents import document_key
from ledger.records import DocumentRecord, DocumentState
from tests.support.fault_proxy import FaultKind, Faults, fault_proxy
from tests.support.loopback_models import LoopbackModels, loopback_models
from tests.support.machine import REPOSITORY
from tests.support.qdrant import collections, qdrant_url
from tests.support.workers import Stack

PAGES = 2
#: Longest that one fault may hold a document up: a lost receive comes back after the visibility time-out.
VISIBILITY_SECONDS = 20
DONE_SECONDS = 240.0
MANY_DOCUMENTS = 6
#: Calls of the worker and its poll loop rather than of a document; they come at any time.
NOT_OF_A_DOCUMENT = {"sqs GetQueueAttributes", "s3 GET app_config.json", "s3 GET config"}
#: Other rows of the matrix are in tests of their own.
SAMPLE = [
    ("dynamodb UpdateItem", FaultKind.DROP),
    ("dynamodb TransactWriteItems question", FaultKind.DROP),
    ("s3 PUT pdf-metadata", FaultKind.ERROR),
    ("qdrant PUT collections/points", FaultKind.DROP),
    ("models embeddings", FaultKind.THROTTLE),
]


class NotCalledError(AssertionError):
    """The document came through without this call: the history is written now and then, and a poll may be under way."""


@dataclass
class Line:
    """A worker behind the proxies, and the direct way to what it did."""

    settings: Settings
    parts: Parts
    faults: Faults
    models: LoopbackModels
    stack: Stack
    folder: Path
    slow: dict[str, float] = field(default_factory=dict)

    def ingest(self, name: str | None = None, kind: FaultKind = FaultKind.DELAY) -> Counter[str]:
        """One new document, with the fault at the first call of this name; the calls that it took.

        Raises AssertionError when anything of it isn't as it should be.
        """
        key = f"source-pdfs/{uuid.uuid4().hex}.pdf"
        words = [uuid.uuid4().hex[:8] for _ in range(40)]
        path = self.folder / "document.pdf"
        path.write_bytes(make_pdf([" ".join(words[:20]), " ".join(words[20:])]))
        self.models.reset()
        if name:
            self.faults.arm(name, kind)
        else:
            self.faults.reset()
        self.parts.artifacts.upload_source(path, key)
        self._await(key)
        if name and not self.faults.struck:
            raise NotCalledError(name)
        self.stack.assert_served(key, PAGES)
        self._assert_paid_once(lost_answer_of=name if kind is FaultKind.DROP else None)
        return self.faults.names()

    def ingest_until_called(self, name: str, kind: FaultKind) -> None:
        """Documents until one of them makes the call. Raises NotCalledError after MANY_DOCUMENTS."""
        for left in reversed(range(MANY_DOCUMENTS)):
            try:
                self.ingest(name, kind)
            except NotCalledError:
                if not left:
                    raise
            else:
                return

    def _await(self, key: str) -> None:
        document_id = self.parts.artifacts.document_id(key)
        began = time.monotonic()
        while True:
            document = self._document(document_id)
            if document and document.state == DocumentState.SUCCEEDED and self.stack.is_drained():
                break
            assert not document or document.state in ("queued", "processing", "succeeded"), document
            assert time.monotonic() - began < DONE_SECONDS, document
            time.sleep(0.05)
        assert document.degraded == ()

    def _document(self, document_id: str) -> DocumentRecord | None:
        """Moto makes an item before it looks at the condition of its first write."""
        item = self.parts.table.get(document_key(document_id))
        return DocumentRecord.from_item(item) if item and "state" in item else None

    def _assert_paid_once(self, lost_answer_of: str | None) -> None:
        asked = Counter(str(body["messages"]) for body in self.models.questions)
        embedded = Counter(self.models.embedded)
        embedded.pop("dimensions", None)
        assert asked
        assert embedded
        # A model that has answered can't be asked for the lost answer: it is paid for again.
        if lost_answer_of != "models completions":
            assert set(asked.values()) == {1}, f"asked {sorted(asked.values())} times"
        if lost_answer_of != "models embeddings":
            assert set(embedded.values()) == {1}, f"embedded {sorted(embedded.values())} times"
        assert max([*asked.values(), *embedded.values()]) <= 2


@pytest.fixture
def line(moto_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    name = f"t{uuid.uuid4().hex[:10]}"
    faults = Faults()
    with ExitStack() as opened:
        models = opened.enter_context(loopback_models())
        addresses = {
            service: opened.enter_context(fault_proxy(service, upstream, faults))
            for service, upstream in (("aws", moto_endpoint), ("qdrant", qdrant_url()), ("models", models.base_url))
        }
        env = {
            **provision_settings(moto_endpoint, qdrant_url=qdrant_url(), stack_name=name), **collections(name),
            "OPENAI_API_KEY": "a-key", "OPENAI_BASE_URL": models.base_url, "EMBEDDING_PROVIDER": "openai",
            "OPENAI_EMBEDDING_MODEL": "a-model", "ENRICHMENT": "llm", "ENRICHMENT_SCOPE": "page",
            "WAIT_TIME_SECONDS": "1", "EXTRACTION_PROCESSES": "1", "WORKER_CONCURRENCY": "1",
            "VISIBILITY_TIMEOUT_SECONDS": str(VISIBILITY_SECONDS), "LOG_FORMAT": "json", "TMPDIR": str(tmp_path),
        }  # fmt: skip
        for variable, value in env.items():
            monkeypatch.setenv(variable, value)
        settings = load_settings(env_file="no-such-file")
        through = {
            "AWS_ENDPOINT_URL": addresses["aws"],
            "SQS_QUEUE_URL": settings.sqs_queue_url.replace(moto_endpoint, addresses["aws"]),
            "SQS_DLQ_URL": settings.sqs_dlq_url.replace(moto_endpoint, addresses["aws"]),
            "QDRANT_URL": addresses["qdrant"],
            "OPENAI_BASE_URL": addresses["models"] + "/v1",
        }
        for variable, value in through.items():
            monkeypatch.setenv(variable, value)
        parts = Parts(settings)
        opened.callback(parts.close)
        stack = Stack(settings)
        stack.forget_test_event()
        log = opened.enter_context((tmp_path / "log").open("wb"))
        worker = subprocess.Popen(
            [sys.executable, str(REPOSITORY / "fargate_worker.py")], cwd=tmp_path, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield Line(settings, parts, faults, models, stack, tmp_path)
        finally:
            worker.send_signal(signal.SIGTERM)
            try:
                worker.wait(30)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


@pytest.mark.system
def test_a_fault_at_one_call_costs_nothing(line: Line) -> None:
    """A sample of the matrix below."""
    line.ingest()
    for name, kind in SAMPLE:
        line.ingest(name, kind)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("kind", list(FaultKind))
def test_every_call_may_fail_once(line: Line, kind: FaultKind) -> None:
    line.ingest()  # makes collections and learns of the models
    line.ingest()
    calls = {call.name: call for call in line.faults.calls if call.name not in NOT_OF_A_DOCUMENT}
    assert {name.split()[0] for name in calls} == {"s3", "sqs", "dynamodb", "qdrant", "models"}
    wrong = {}
    for name, call in sorted(calls.items()):
        if call.can_meet(kind):
            try:
                line.ingest_until_called(name, kind)
            except AssertionError as error:
                wrong[name] = str(error)[:1_000]
    assert wrong == {}, f"{len(wrong)} of {sum(call.can_meet(kind) for call in calls.values())} calls"


def make_pdf(texts: list[str]) -> bytes:
    """A page a text, in a form that every reader takes."""
    kids = " ".join(f"{3 + 2 * at} 0 R" for at in range(len(texts)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(texts)} >>"]
    font = "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    for at, text in enumerate(texts):
        words = text.split()
        lines = [" ".join(words[start : start + 6]) for start in range(0, len(words), 6)]
        shown = "".join(f"({one}) Tj 0 -16 Td " for one in lines)
        stream = f"BT /F1 11 Tf 72 720 Td {shown}ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources {font} /Contents {4 + 2 * at} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    body, offsets = "%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}" + end).encode("ascii")
