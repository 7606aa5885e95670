"""What a new user gets wrong is said in one sentence, with an exit code, and leaves nothing behind."""

import json
import os
import socket
from pathlib import Path

import pytest

from command_line import documents, programs, runs
from command_line.erase import erase
from composition.parts import Parts
from config import Settings
from ledger.claims import ClaimRequest, Claims
from tests.support.commands import invoke
from tests.support.machine import REPOSITORY


@pytest.fixture(autouse=True)
def _no_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV_FILE", os.devnull)


def keys(parts: Parts) -> list[str]:
    return [source.key for source in parts.artifacts.list_sources("")]


def test_what_is_no_pdf_is_refused_before_anything_is_uploaded(parts: Parts, samples: Path, tmp_path: Path) -> None:
    named_pdf = tmp_path / "makefile.pdf"
    named_pdf.write_bytes((REPOSITORY / "Makefile").read_bytes())
    for bad in (REPOSITORY / "Makefile", named_pdf):
        done = invoke(documents.upload, str(samples / "notice-to-mariners.pdf"), str(bad))
        assert done.exit_code == 2
        assert done.stderr == f"error: {bad}: not a PDF: this looks like plain text\n"
    assert keys(parts) == []


def test_a_pdf_without_the_ending_is_refused_because_its_event_would_not_be_sent(samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "notice"
    path.write_bytes((samples / "notice-to-mariners.pdf").read_bytes())
    done = invoke(documents.upload, str(path))
    assert (done.exit_code, done.stderr) == (2, f"error: {path}: a PDF's name ends in .pdf\n")


def test_what_is_no_pdf_in_a_folder_is_left_out_and_said(parts: Parts, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "A Notice.PDF").write_bytes((samples / "notice-to-mariners.pdf").read_bytes())
    (tmp_path / "fake.pdf").write_text("no PDF")
    done = invoke(documents.upload, str(tmp_path), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["uploaded"] == keys(parts) == ["source-pdfs/deep/A Notice.pdf"]
    assert f"left out: {tmp_path / 'fake.pdf'}: not a PDF" in done.stderr


@pytest.mark.parametrize("prefix", ["again", "again/", "/again", "source-pdfs/again"])
def test_the_prefix_of_an_upload_is_a_folder(parts: Parts, samples: Path, prefix: str) -> None:
    done = invoke(documents.upload, str(samples / "notice-to-mariners.pdf"), "--prefix", prefix)
    assert done.exit_code == 0, done.stderr
    assert keys(parts) == ["source-pdfs/again/notice-to-mariners.pdf"]


def test_two_files_that_would_get_one_key_are_refused(parts: Parts, samples: Path, tmp_path: Path) -> None:
    copy = tmp_path / "notice-to-mariners.pdf"
    copy.write_bytes((samples / "notice-to-mariners.pdf").read_bytes())
    done = invoke(documents.upload, str(samples / "notice-to-mariners.pdf"), str(copy))
    assert done.exit_code == 2
    assert "would both become source-pdfs/notice-to-mariners.pdf" in done.stderr
    assert keys(parts) == []


def test_a_key_with_a_typo_is_not_queued_and_leaves_no_ghost(parts: Parts, samples: Path) -> None:
    parts.artifacts.upload_source(samples / "notice-to-mariners.pdf", "source-pdfs/notice-to-mariners.pdf")
    before = parts.queue.backlog()
    done = invoke(runs.enqueue, "notice-to-mariners.pdf", "notice-to-marines.pdf", "other.pdf")
    assert done.exit_code == 1
    assert done.stderr == (
        "error: queued nothing, because the bucket has no source-pdfs/notice-to-marines.pdf"
        " (did you mean source-pdfs/notice-to-mariners.pdf?), source-pdfs/other.pdf\n"
    )
    assert parts.queue.backlog() == before
    assert list(parts.runs.newest()) == []
    assert list(parts.documents.all()) == []


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("AWS_S3_BUCKET_NAME", "no-such-bucket", "bucket"),
        ("STATUS_TABLE_NAME", "no-such-table", "table"),
        ("SQS_QUEUE_URL", "{endpoint}/123456789012/no-such-queue", "queue"),
        ("SQS_DLQ_URL", "{endpoint}/123456789012/no-such-dlq", "queue"),
    ],
)
def test_what_is_not_there_is_named_with_its_setting_and_the_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, value: str, kind: str
) -> None:
    value = value.format(endpoint=settings.aws_endpoint_url)
    monkeypatch.setenv(name, value)
    command, *arguments = (runs.enqueue, "a.pdf") if kind == "bucket" else (documents.status,)
    done = invoke(command, *arguments)
    assert done.exit_code == 3
    assert done.stderr.endswith(f"there is no {kind} {value} at {settings.aws_endpoint_url} ({name})\n")
    assert done.stderr.count("\n") == 1
    assert "leafmill up" not in done.stderr


def test_a_terminal_without_settings_is_led_to_those_of_the_local_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_S3_BUCKET_NAME", "SQS_QUEUE_URL", "SQS_DLQ_URL", "STATUS_TABLE_NAME", "QDRANT_URL"):
        monkeypatch.delenv(name, raising=False)
    done = invoke(documents.status)
    assert done.exit_code == 2
    assert done.stderr.startswith("error: wrong settings: AWS_S3_BUCKET_NAME is missing")
    assert done.stderr.endswith(". For the stack of `leafmill up`: export ENV_FILE=.local/stack.env\n")


def test_a_panel_on_a_port_that_is_taken_is_refused_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        done = invoke(programs.panel, "--bind", address)
    assert done.exit_code == 2
    assert done.stderr == (
        f"error: {address} can't be had (address already in use): end what listens there, or choose another with"
        " --bind\n"
    )


def test_panel_and_command_say_the_same_of_a_run(parts: Parts, samples: Path) -> None:
    from app import create_app

    settings = parts.settings.model_copy(
        update={"app_password": _secret("hunter2"), "secret_key": _secret("s" * 40), "panel_https": False}
    )
    for name in ("harbour-handbook.pdf", "notice-to-mariners.pdf"):
        parts.artifacts.upload_source(samples / name, f"source-pdfs/{name}")
    said = invoke(runs.enqueue_all, "--dry-run", "--json", "--cache-behavior", "rebuild")
    assert said.exit_code == 0, said.stderr
    answer = (
        create_app(settings, parts)
        .test_client()
        .post(
            "/api/admin/process",
            json={"dry_run": True, "cache_behavior": "rebuild"},
            headers={"Authorization": "Bearer hunter2"},
        )
    )
    assert answer.json == json.loads(said.stdout)
    assert answer.json["to_process"] == 2


def test_a_document_that_is_being_read_is_deleted_and_what_follows_is_said(parts: Parts, samples: Path) -> None:
    key = "source-pdfs/notice-to-mariners.pdf"
    parts.artifacts.upload_source(samples / "notice-to-mariners.pdf", key)
    _hold(parts, key)
    done = invoke(documents.delete, key, "--yes")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "deleted 1 document\n"
        f"{key} is being processed: its source is deleted; a worker removes the rest when that has ended\n"
    )
    assert keys(parts) == []


def test_a_document_that_is_being_read_is_not_erased_and_that_is_said_in_a_line(parts: Parts, samples: Path) -> None:
    key = "source-pdfs/notice-to-mariners.pdf"
    parts.artifacts.upload_source(samples / "notice-to-mariners.pdf", key)
    _hold(parts, key)
    done = invoke(erase, key, "--yes")
    assert done.exit_code == 1
    assert done.stderr == (
        "error: another worker holds this document: run the command again when `leafmill status` shows that it has"
        " ended\n"
    )


def _hold(parts: Parts, key: str) -> None:
    """As a worker does that reads it."""
    source = parts.artifacts.find_source(key)
    assert source
    request = ClaimRequest(parts.artifacts.document_id(key), key, source.etag, ("pages",), "use", delivery_id="m1")
    Claims(parts.table, "worker").take(request, None, 60)


def _secret(value: str) -> object:
    from pydantic import SecretStr

    return SecretStr(value)
