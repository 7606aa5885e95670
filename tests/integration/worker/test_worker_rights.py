"""The task role suffices, and no more: what the worker asks of AWS, call by call, against what the template allows.

moto lets everybody do everything, so that a missing right would first be noticed on AWS.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from composition import parts as parts_module
from composition.aws import make_clients
from composition.parts import Parts
from config import Settings, load_settings
from foundation.aws import AwsClients
from ledger import DocumentState
from tests.support.chat_server import ChatServer
from tests.unit.infra.template_checks.access import WORKER_RIGHTS
from worker.service import Worker

Right = tuple[str, str]
KEY = "source-pdfs/handbook.pdf"
#: Of WORKER_RIGHTS, what this test can't see: ECS isn't here, its agent asks for these on the worker's behalf.
ELSEWHERE = {right for right in WORKER_RIGHTS if right[0].startswith("ecs:")}
#: A lease is renewed every third of it.
VISIBILITY_SECONDS = 6
_S3_ACTIONS = {
    "HeadObject": "GetObject",
    "HeadBucket": "ListBucket",
    "DeleteObjects": "DeleteObject",
    "ListObjectsV2": "ListBucket",
}


@pytest.fixture
def settings(stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """With a model, because its answers are kept in S3 and its limits in the table; slow enough that a lease is
    renewed meanwhile."""
    with HTTPServer(host="127.0.0.1", threaded=True) as httpserver:
        chat = ChatServer.on(httpserver)
        chat.delay_seconds = VISIBILITY_SECONDS / 2
        model = {"OPENAI_API_KEY": "a-key", "OPENAI_BASE_URL": chat.base_url, "LLM_TPM_LIMIT": "1000000"}
        env = {**stack_env, **model, "ENRICHMENT": "llm", "VISIBILITY_TIMEOUT_SECONDS": str(VISIBILITY_SECONDS)}
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        yield load_settings(env_file="no-such-file")


def test_the_worker_has_every_right_that_it_uses_and_uses_every_right_that_it_has(
    settings: Settings, parts: Parts, samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parts.aws  # our own clients come first: what we do isn't listened to
    asked = _listen(settings, monkeypatch)

    def work() -> None:
        worker = Worker(settings)
        worker.run(until_empty=True)
        worker.close()

    parts.artifacts.upload_source(samples / "harbour-handbook.pdf", KEY)
    not_a_pdf = tmp_path / "letter.pdf"
    not_a_pdf.write_text("Dear Sir or Madam", encoding="utf-8")
    parts.artifacts.upload_source(not_a_pdf, "source-pdfs/letter.pdf")
    work()
    parts.artifacts.upload_source(samples / "notice-to-mariners.pdf", KEY)  # a new version: the old images go
    work()
    parts.artifacts.delete_source(KEY)
    work()

    states = {document.s3_key: document.state for document in parts.documents.all()}
    assert states == {KEY: DocumentState.DELETED, "source-pdfs/letter.pdf": DocumentState.FAILED}
    missing = {right for right in asked if not any(_covers(allowed, right) for allowed in WORKER_RIGHTS)}
    assert sorted(missing) == []
    idle = {allowed for allowed in WORKER_RIGHTS - ELSEWHERE if not any(_covers(allowed, right) for right in asked)}
    assert sorted(idle) == []


def _covers(allowed: Right, asked: Right) -> bool:
    return allowed[0] == asked[0] and fnmatchcase(asked[1], allowed[1])


def _listen(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> set[Right]:
    """From here on every call of a worker's clients adds the rights that AWS would ask for."""
    asked: set[Right] = set()

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        asked.update(_rights(settings, model.service_model.service_name, model.name, params))

    def make(settings: Settings) -> AwsClients:
        clients = make_clients(settings)
        for client in (clients.s3, clients.sqs, clients.dynamodb):
            client.meta.events.register("provide-client-params", note)
        put = clients.writer.put

        def note_and_put(key: str, body: bytes, content_type: str) -> None:
            asked.update(_rights(settings, "s3", "PutObject", {"Key": key}))
            put(key, body, content_type)

        monkeypatch.setattr(clients.writer, "put", note_and_put)
        return clients

    monkeypatch.setattr(parts_module, "make_clients", make)
    return asked


def _rights(settings: Settings, service: str, operation: str, params: dict[str, Any]) -> Iterator[Right]:
    """Actions and resources of one call. https://docs.aws.amazon.com/service-authorization/latest/reference/"""
    if service == "s3":
        action = f"s3:{_S3_ACTIONS.get(operation, operation)}"
        keys = [item["Key"] for item in params["Delete"]["Objects"]] if "Delete" in params else [params.get("Key")]
        yield from ((action, f"<Bucket.Arn>/{key}" if key else "<Bucket.Arn>") for key in keys)
    elif service == "sqs":
        queues = {settings.sqs_queue_url: "<Queue.Arn>", settings.sqs_dlq_url: "<DeadLetterQueue.Arn>"}
        yield f"sqs:{operation.removesuffix('Batch')}", queues[params["QueueUrl"]]
    elif operation == "TransactWriteItems":
        kinds = {
            "Update": "UpdateItem",
            "Put": "PutItem",
            "Delete": "DeleteItem",
            "ConditionCheck": "ConditionCheckItem",
        }
        yield from ((f"dynamodb:{kinds[kind]}", "<Table.Arn>") for write in params["TransactItems"] for kind in write)
    else:
        index = params.get("IndexName")
        yield f"dynamodb:{operation}", f"<Table.Arn>/index/{index}" if index else "<Table.Arn>"
