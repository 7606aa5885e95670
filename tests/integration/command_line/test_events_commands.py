"""`leafmill events`: what a person types who wants to know what waits, or whose receiver missed some."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from command_line.application import app
from command_line.erase import erase
from composition.parts import Parts
from config import Settings
from ledger import ClaimRequest, Claims, DocumentResult, DocumentState
from tests.support.commands import invoke
from tests.support.event_receivers import Receiver, make_receiver


@pytest.fixture
def receiver(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("ENV_FILE", os.devnull)
    parts = Parts(settings)
    receiver = make_receiver(parts)
    monkeypatch.setenv("EVENTS_TARGET_ARN", receiver.arn)
    yield receiver
    parts.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["events", *arguments])


def end(parts: Parts, name: str, *states: DocumentState, at: float = 1_750_000_000.0) -> None:
    """As a worker that dies before it sends anything."""
    document_id = parts.artifacts.document_id(f"source-pdfs/{name}.pdf")
    claims = Claims(parts.table, "w", lambda: at, lambda event: None)
    for state in states:
        request = ClaimRequest(document_id, f"source-pdfs/{name}.pdf", "e", ("pages",), "rebuild")
        claims.end(claims.take(request, parts.documents.get(document_id), 60), state, DocumentResult(code="corrupt"))


SUCCEEDED, FAILED = DocumentState.SUCCEEDED, DocumentState.FAILED


def test_what_waits_is_shown_and_sent(parts: Parts, receiver: Receiver) -> None:
    end(parts, "a[/b]", SUCCEEDED, FAILED)
    shown = run("pending")
    assert shown.exit_code == 0
    for word in ("2 events to be sent", "source-pdfs/a[/b].pdf", "searchable", "corrupt"):
        assert word in shown.stdout
    assert [event["type"] for event in json.loads(run("pending", "--json").stdout)["events"]] == [
        "document.searchable", "document.failed",
    ]  # fmt: skip
    assert json.loads(run("send", "--json").stdout) == {"sent": 2}
    assert len(receiver.received()) == 2
    assert "0 events to be sent" in run("pending").stdout


def test_a_documents_events_are_replayed_as_they_were(parts: Parts, receiver: Receiver) -> None:
    end(parts, "a", SUCCEEDED, FAILED, SUCCEEDED)
    end(parts, "b", SUCCEEDED)
    run("send")
    first = {event["id"]: event for event in receiver.received()}
    would = json.loads(run("replay", "--document", "a.pdf", "--dry-run", "--json").stdout)["events"]
    assert receiver.received() == []
    assert [event["type"].removeprefix("document.") for event in would] == ["searchable", "failed", "searchable"]
    assert "3 events would be sent again" in run("replay", "--document", "a.pdf", "--dry-run").stdout

    assert json.loads(run("replay", "--document", "a.pdf", "--json").stdout) == {"sent": 3, "not_sent": 0}
    again = receiver.received()
    assert again == would == [first[event["id"]] for event in again]


def test_what_happened_since_a_time_is_replayed(parts: Parts, receiver: Receiver) -> None:
    end(parts, "old", SUCCEEDED, at=1_740_000_000.0)
    end(parts, "both", SUCCEEDED, at=1_740_000_000.0)
    end(parts, "both", FAILED, DocumentState.CANCELLED)
    end(parts, "new", FAILED)
    run("send")
    receiver.received()
    done = run("replay", "--since", "2025-06-01")
    assert (done.exit_code, "2 events sent again" in done.stdout) == (0, True)
    assert sorted((event["subject"], event["type"]) for event in receiver.received()) == [
        ("source-pdfs/both.pdf", "document.failed"),
        ("source-pdfs/new.pdf", "document.failed"),
    ]


def test_a_replay_that_does_not_get_through_says_so(
    parts: Parts, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(parts, "a", SUCCEEDED, FAILED)
    monkeypatch.setenv("EVENTS_TARGET_ARN", "arn:aws:sns:us-east-1:123456789012:nobody-made-it")
    done = run("replay", "--document", "a.pdf")
    assert (done.exit_code, "2 events could not be sent" in done.stderr) == (1, True)
    done = run("send")
    assert (done.exit_code, "2 events could not be sent" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("replay",), "--document KEY"),
        (("replay", "--since", "yesterday"), "2026-11-28T14:00:00Z"),
        (("replay", "--document", "no.pdf"), "0 events"),
    ],
)
def test_mistakes_are_told(receiver: Receiver, arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments)
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_while_events_are_off_nothing_can_be_sent(
    settings: Settings, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENV_FILE", os.devnull)
    for command in (("send",), ("replay", "--document", "a.pdf")):
        done = run(*command)
        assert (done.exit_code, "EVENTS_TARGET_ARN is not set" in done.stderr) == (2, True)


def test_the_schema_is_printed() -> None:
    assert json.loads(run("schema").stdout)["$id"] == "urn:leafmill:document-event:1"


def test_an_erased_document_is_told_of_and_leaves_no_event_behind(
    parts: Parts, receiver: Receiver, samples: Path
) -> None:
    key = "source-pdfs/a.pdf"
    parts.artifacts.upload_source(samples / "notice-to-mariners.pdf", key)
    worker = Parts(parts.settings.model_copy(update={"events_target_arn": receiver.arn}))
    worker.processor.process_single_source(key)
    worker.close()
    done = invoke(erase, "a.pdf", "--yes")
    assert done.exit_code == 0, done.stderr
    assert [event["type"] for event in receiver.received()] == ["document.searchable", "document.deleted"]
    document_id = parts.artifacts.document_id(key)
    assert list(parts.table.query("pk", f"document#{document_id}")) == []
    assert list(parts.table.query("pk", "events")) == []
