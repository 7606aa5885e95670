"""What the panel decides without asking anyone: keys, states of runs, estimates, passwords, where to go."""

from datetime import UTC, datetime
from typing import Any

import pytest
from argon2 import PasswordHasher

from data_ingestion.artifacts import SourceObject
from data_ingestion.source_keys import KeyRefusedError, folder_prefix, image_key, source_key, upload_key
from foundation.app_config import AppConfig, describe_app_config
from foundation.errors import FailureCode
from ledger.records import DocumentRecord, RunRecord
from web.access import own_path
from web.advice import ADVICE, advice_for
from web.catalogue import merge
from web.passwords import Password
from web.uploads import looks_like_pdf
from work_queue.run_summary import RunSummary

PREFIX = "source-pdfs/"


@pytest.mark.parametrize(
    ("filename", "folder", "key"),
    [
        ("a.pdf", "", "source-pdfs/a.pdf"),
        ("A Book.PDF", "core/rules/", "source-pdfs/core/rules/A Book.pdf"),
        ("C:\\temp\\a.pdf", "", "source-pdfs/a.pdf"),
        ("../../../a.pdf", "", "source-pdfs/a.pdf"),
        ("u\u0308ber\x07.pdf", "", "source-pdfs/über.pdf"),
        ("猫.pdf", "本", "source-pdfs/本/猫.pdf"),
        ("a+b%20c.pdf", "", "source-pdfs/a+b%20c.pdf"),
        ("x" * 300 + ".pdf", "", "source-pdfs/" + "x" * 180 + ".pdf"),
    ],
)
def test_an_uploads_key_is_clean_and_below_the_prefix(filename: str, folder: str, key: str) -> None:
    assert upload_key(filename, folder, PREFIX) == key


@pytest.mark.parametrize(
    ("filename", "folder"), [("a.exe", ""), (".pdf", ""), (" .pdf", ""), ("a.pdf", ".."), ("a.pdf", "a/../b"), ("", "")]
)
def test_what_makes_no_clean_key_is_refused(filename: str, folder: str) -> None:
    with pytest.raises(KeyRefusedError):
        upload_key(filename, folder, PREFIX)


@pytest.mark.parametrize(
    "key", ["../x.pdf", "a/../x.pdf", "a//x.pdf", "a\\x.pdf", "x\n.pdf", "x.txt", "x" * 1_100 + ".pdf", "\ud800.pdf"]
)
def test_keys_from_outside_stay_below_the_prefix(key: str) -> None:
    with pytest.raises(KeyRefusedError):
        source_key(key, PREFIX)


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("", PREFIX), ("core/", PREFIX + "core/"), ("/core", PREFIX + "core"), (PREFIX + "a", PREFIX + "a")],
)
def test_a_runs_prefix_may_leave_out_the_source_prefix(prefix: str, expected: str) -> None:
    assert folder_prefix(prefix, PREFIX) == expected


@pytest.mark.parametrize("url", ["pdf_page_images/a/0/1.svg", "s3://other/pdf_page_images/a/1.png", "x/1.png"])
def test_only_page_images_of_our_bucket_are_images(url: str) -> None:
    assert image_key("s3://ours/pdf_page_images/a/0/1.png", "ours") == "pdf_page_images/a/0/1.png"
    with pytest.raises(KeyRefusedError):
        image_key(url, "ours")


@pytest.mark.parametrize(
    ("item", "state", "left"),
    [
        ({"documents_queued": 3, "documents_succeeded": 1}, "running", 2),
        ({"documents_queued": 3, "documents_succeeded": 2, "documents_skipped": 1}, "done", 0),
        ({"documents_queued": 3, "documents_failed": 1, "cancelled_at": "x"}, "cancelled", 2),
        ({"documents_queued": 3, "queueing_at": 990.0}, "queueing", 3),
        ({"documents_queued": 3, "queueing_at": 100.0}, "interrupted", 3),
        ({"documents_succeeded": 1, "queueing_at": 999.0}, "queueing", 0),  # workers are quicker than the count
        ({}, "done", 0),
    ],
)
def test_a_run_tells_its_state_from_its_counters(item: dict[str, Any], state: str, left: int) -> None:
    told = RunSummary.of(RunRecord(run_id="r", **item), now=1_000.0)
    assert (told.state, told.left) == (state, left)


def source(key: str = "source-pdfs/a.pdf", etag: str = "e1", size: int = 100) -> SourceObject:
    return SourceObject(key, size, etag, datetime(2026, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("item", "there", "status", "newer_waits"),
    [
        (None, source(), "queued", False),
        ({"state": "deleted"}, source(), "queued", False),
        ({"state": "deleted"}, None, "deleted", False),
        ({"state": "succeeded", "etag": "e1"}, source(), "succeeded", False),
        ({"state": "succeeded", "etag": "e0"}, source(), "succeeded", True),
        ({"state": "processing", "etag": "e0"}, source(), "processing", False),
        ({"state": "failed"}, source(), "failed", False),
    ],
)
def test_a_document_is_what_ledger_and_bucket_say_together(
    item: dict[str, Any] | None, there: SourceObject | None, status: str, newer_waits: bool
) -> None:
    known = DocumentRecord.from_item({"s3_key": "source-pdfs/a.pdf", "state_changed_at": "t", **item}) if item else None
    entry = merge("id", known, there)
    assert entry
    assert (entry.state, entry.newer_waits) == (status, newer_waits)


def test_what_neither_knows_is_not_there() -> None:
    assert merge("id", None, None) is None


SERVED = {
    "processed_at": "2026-01-02T03:04:05Z",
    "points": {"semantic": 3},
    "served": {"semantic": {"sha256": "a", "shape": "b", "generation": "c"}},
}


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"state": "cancelled", **SERVED}, "still searchable"),
        ({"state": "cancelled"}, "Somebody cancelled this."),
        ({"state": "degraded", "points": {"semantic": 3}}, "It is searchable, but"),
        ({"state": "degraded", "points": {"semantic": 0}}, "nothing that could be searched"),
        ({"state": "degraded", "points": {}}, "nothing that could be searched"),
    ],
)
def test_advice_says_whether_the_document_can_be_searched(item: dict[str, Any], said: str) -> None:
    advice = advice_for(DocumentRecord.from_item(item))
    assert advice
    assert said in advice["meaning"]


def test_every_failure_has_advice_in_plain_words() -> None:
    assert set(ADVICE) == set(FailureCode)
    for code in FailureCode:
        advice = advice_for(DocumentRecord.from_item({"state": "failed", "code": code.value}))
        assert advice
        assert advice["meaning"].endswith(".")
        assert advice["remedy"].endswith(".")
    assert advice_for(DocumentRecord.from_item({"state": "succeeded"})) is None
    assert advice_for(DocumentRecord.from_item({"state": "failed", "code": "from-the-future"})) is None


def test_every_setting_of_the_documents_is_explained() -> None:
    fields = describe_app_config()
    assert list(fields) == list(AppConfig.model_fields)
    assert all(spec["title"] and spec["description"].endswith(".") and spec["group"] for spec in fields.values())
    assert fields["retrieval_k"]["minimum"] == 1


@pytest.mark.parametrize(
    "secret",
    ["hunter2", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("hunter2")],
    ids=["plain", "argon2"],  # a hash is another in every process
)
def test_a_password_matches_itself_alone(secret: str) -> None:
    password = Password(secret)
    assert [password.matches(attempt) for attempt in ("hunter2", "hunter2", "Hunter2", "", "x" * 2_000, "\ud800")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    assert password.fingerprint("k") != Password("other").fingerprint("k")
    assert password.fingerprint("k") != password.fingerprint("l")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a?b=c#d", "/a?b=c#d"),
        ("//x", None),
        ("/\\x", None),
        ("x", None),
        ("http://x/", None),
        ("/a\nb", None),
        (None, None),
    ],
)
def test_only_own_paths_are_returned_to(target: str | None, path: str | None) -> None:
    assert own_path(target) == path


@pytest.mark.parametrize(
    ("start", "is_pdf"),
    [(b"%PDF-1.7", True), (b"\n" * 1_000 + b"%PDF-", True), (b"\n" * 1_024 + b"%PDF-", False), (b"", False)],
)
def test_a_pdf_is_told_by_its_signature_in_the_first_kilobyte(start: bytes, is_pdf: bool) -> None:
    assert looks_like_pdf(start) is is_pdf
