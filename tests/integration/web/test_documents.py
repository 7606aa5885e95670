"""Documents, page images and uploads, against a real ledger, bucket and stores."""

import io
import json
from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from composition.parts import Parts
from ledger import DocumentState
from pdf_reader.link_record import LinkRecord
from tests.support.panel import (
    Visitor,
    messages_of,
    put_document,
    put_source,
    put_stored_metadata,
    refresh,
    store_passage,
)
from work_queue.messages import parse


def test_the_status_lists_filters_sorts_and_pages(browser: Visitor, parts: Parts) -> None:
    put_document(parts, "core/a.pdf", cost_usd=0.5, seconds=3.0)
    put_document(parts, "core/b.pdf", DocumentState.FAILED, code="encrypted", message="needs a password")
    put_document(parts, "c.pdf", DocumentState.PROCESSING)
    put_document(parts, "gone.pdf", DocumentState.DELETED)
    put_source(parts, "new.pdf")
    answer = browser.get("/api/admin/status", sort="s3_key", order="asc").json
    assert [document["s3_key"] for document in answer["documents"]] == [
        "source-pdfs/c.pdf", "source-pdfs/core/a.pdf", "source-pdfs/core/b.pdf", "source-pdfs/new.pdf",
    ]  # fmt: skip
    assert {state: count for state, count in answer["counts"].items() if count} == {
        "succeeded": 1, "failed": 1, "processing": 1, "queued": 1, "deleted": 1,
    }  # fmt: skip
    at_work = answer["documents"][0]
    assert (at_work["pages_done"], at_work["pages_total"], at_work["stage"]) == (3, 12, "read")
    assert answer["documents"][3]["stage"] == "waiting"
    assert answer["oldest_waiting_at"] == answer["documents"][3]["uploaded_at"]
    assert answer["queue"]["waiting"] >= 1

    failed = browser.get("/api/admin/status", state="failed,cancelled").json
    assert [document["code"] for document in failed["documents"]] == ["encrypted"]
    assert browser.get("/api/admin/status", q="CORE/").json["total"] == 2
    assert browser.get("/api/admin/status", sort="cost_usd").json["documents"][0]["cost_usd"] == 0.5
    second = browser.get("/api/admin/status", sort="s3_key", order="asc", offset=1, limit=1).json
    assert ([document["s3_key"] for document in second["documents"]], second["total"]) == (
        ["source-pdfs/core/a.pdf"],
        4,
    )


def test_changes_show_up_without_reading_everything_again(app: Flask, browser: Visitor, parts: Parts) -> None:
    put_document(parts, "a.pdf")
    browser.get("/api/admin/status")
    refresh(app)
    put_document(parts, "b.pdf", DocumentState.PROCESSING)
    put_document(parts, "a.pdf", DocumentState.DEGRADED, degraded=["page 3: no text"])
    found = {document["s3_key"][12:]: document for document in browser.get("/api/admin/status").json["documents"]}
    assert found["a.pdf"]["degraded"] == ["page 3: no text"]
    assert found["b.pdf"]["status"] == "processing"


def test_one_document_tells_its_attempts_metadata_and_what_to_do(browser: Visitor, parts: Parts) -> None:
    document_id = put_document(parts, "a.pdf", DocumentState.FAILED, code="encrypted", message="needs a password")
    metadata = {"source_book_title": "A", "toc": [], "what a later version writes": 1}
    put_stored_metadata(parts, "source-pdfs/a.pdf", metadata)
    answer = browser.get(f"/api/admin/documents/{document_id}").json
    assert answer["document"]["code"] == "encrypted"
    assert [attempt["outcome"] for attempt in answer["attempts"]] == ["failed"]
    assert answer["metadata"] == metadata
    assert "without the password" in answer["advice"]["remedy"]
    assert browser.get("/api/admin/documents/" + "0" * 64).status_code == 404
    assert browser.get("/api/admin/documents/..%2f..").status_code == 404


def test_a_page_tells_its_text_passages_and_links(browser: Visitor, parts: Parts) -> None:
    put_document(parts, "a.pdf")
    document_id = store_passage(parts, "The whole page.", page=2, store="pages")
    store_passage(parts, "A passage of it.", page=2)
    link = LinkRecord("tides", 2, link_type="external", target_url="https://example.org")
    parts.artifacts.put_links("source-pdfs/a.pdf", [link, replace(link, source_page=3)])
    answer = browser.get("/api/get_context_details", document_id=document_id, page=2).json
    assert (answer["text"], answer["heading_path"]) == ("The whole page.", "Gates")
    assert [chunk["text"] for chunk in answer["chunks"]] == ["A passage of it."]
    assert answer["links"] == [link.to_json()]
    assert browser.get("/api/get_context_details", document_id=document_id, page=7).status_code == 404


def test_deleting_removes_the_source_and_leaves_the_rest_to_a_worker(
    app: Flask, browser: Visitor, parts: Parts
) -> None:
    key = put_source(parts, "a.pdf")
    messages_of(parts, parts.settings.sqs_queue_url)
    assert browser.post("/api/admin/delete-pdf", {"s3_key": "a.pdf"}).json == {"s3_key": key, "source_deleted": True}
    assert parts.artifacts.find_source(key) is None
    (event,) = messages_of(parts, parts.settings.sqs_queue_url)
    assert event["Records"][0]["eventName"].startswith("ObjectRemoved")
    assert browser.get("/api/admin/status").json["total"] == 0


def test_many_are_deleted_at_once_and_those_that_are_gone_left_out(browser: Visitor, parts: Parts) -> None:
    for name in ("a.pdf", "b.pdf"):
        put_source(parts, name)
    keys = ["source-pdfs/a.pdf", "b.pdf", "source-pdfs/never.pdf", "b.pdf"]
    answer = browser.post("/api/admin/delete-pdfs", {"s3_keys": keys})
    assert (answer.status_code, answer.json) == (202, {"deleted": 2})
    assert list(parts.artifacts.list_sources()) == []
    assert browser.post("/api/admin/delete-pdfs", {"s3_keys": ["../x.pdf"]}).status_code == 400
    assert browser.post("/api/admin/delete-pdfs", {"s3_keys": []}).status_code == 400


def test_failures_are_counted_by_reason_and_listed_by_it(browser: Visitor, parts: Parts) -> None:
    for name, code in (("a", "corrupt"), ("b", "encrypted"), ("c", "corrupt"), ("d", "of-a-later-version")):
        put_document(parts, f"{name}.pdf", DocumentState.FAILED, code=code, message="why")
    answer = browser.get("/api/admin/status", state="failed", code="corrupt").json
    assert sorted(document["s3_key"] for document in answer["documents"]) == ["source-pdfs/a.pdf", "source-pdfs/c.pdf"]
    assert [(group["code"], group["count"]) for group in answer["failures"]] == [
        ("corrupt", 2), ("encrypted", 1), ("of-a-later-version", 1),
    ]  # fmt: skip
    assert all(group["meaning"] and group["remedy"] for group in answer["failures"])


def test_what_is_searchable_stands_apart_from_the_last_attempt(browser: Visitor, parts: Parts) -> None:
    served = {"semantic": {"sha256": "f", "shape": "f", "generation": "000001"}}
    made = {"served": served, "points": {"semantic": 3}, "processed_at": "2026-01-02T03:04:05Z"}
    put_document(parts, "a.pdf", **made)
    put_document(parts, "a.pdf", DocumentState.CANCELLED)
    put_document(parts, "empty.pdf", DocumentState.DEGRADED, **{**made, "points": {"semantic": 0}})
    put_document(parts, "never.pdf", DocumentState.CANCELLED)
    documents = browser.get("/api/admin/status", sort="s3_key", order="asc").json["documents"]
    assert [(document["status"], document["searchable_since"]) for document in documents] == [
        ("cancelled", "2026-01-02T03:04:05Z"), ("degraded", None), ("cancelled", None),
    ]  # fmt: skip


def test_a_form_says_whether_it_replaces_a_document(browser: Visitor, parts: Parts) -> None:
    put_source(parts, "a.pdf")
    asked = [browser.post("/api/admin/upload", {"filename": name, "size_bytes": 9}).json for name in ("a.pdf", "b.pdf")]
    assert [answer["exists"] for answer in asked] == [True, False]


def test_deleting_what_has_no_source_tells_the_queue_itself(browser: Visitor, parts: Parts) -> None:
    put_document(parts, "über a+b.pdf", DocumentState.FAILED, code="source_missing")
    assert browser.post("/api/admin/delete-pdf", {"s3_key": "source-pdfs/über a+b.pdf"}).status_code == 202
    message = parts.aws.sqs.receive_message(QueueUrl=parts.settings.sqs_queue_url, MaxNumberOfMessages=10)
    jobs = [
        job
        for found in message["Messages"]
        for job in parse(found["Body"], bucket=parts.artifacts.bucket, prefix="source-pdfs/").jobs
    ]
    assert [(job.kind, job.s3_key) for job in jobs] == [("remove", "source-pdfs/über a+b.pdf")]
    assert browser.post("/api/admin/delete-pdf", {"s3_key": "never-there.pdf"}).status_code == 404


def test_cancelling_asks_the_worker_that_is_at_it(browser: Visitor, parts: Parts) -> None:
    document_id = put_document(parts, "a.pdf", DocumentState.PROCESSING)
    assert browser.post("/api/admin/cancel-document", {"s3_key": "a.pdf"}).status_code == 202
    assert getattr(parts.documents.get(document_id), "cancel_requested", False) is True
    put_document(parts, "b.pdf")
    assert browser.post("/api/admin/cancel-document", {"s3_key": "b.pdf"}).status_code == 400


@pytest.mark.parametrize(
    "key",
    [
        "../config/app_config.json", "source-pdfs/../config/app_config.json.pdf", "/etc/passwd", "a.txt",
        "source-pdfs/a//b.pdf", "source-pdfs/./a.pdf", "a\\..\\b.pdf", "a\x00.pdf", "source-pdfs/", "",
        "x" * 1_100 + ".pdf", "\ud800.pdf", "a\u202efdp.pdf",
    ],
)  # fmt: skip
def test_keys_that_lead_elsewhere_are_refused(guest: Visitor, key: str) -> None:
    for path in ("/api/admin/delete-pdf", "/api/admin/cancel-document", "/api/admin/uploaded"):
        assert guest.post(path, {"s3_key": key}).status_code == 400
    assert guest.post("/api/admin/process", {"s3_keys": [key]}).status_code == 400


# Images


def test_page_images_are_shown_and_nothing_else_of_the_bucket(browser: Visitor, parts: Parts) -> None:
    document_id = put_document(parts, "a.pdf", content_sha256="ab" * 32)
    bucket = parts.artifacts.bucket
    key = parts.artifacts.image_key("source-pdfs/a.pdf", "ab" * 32, 1, "webp")
    parts.aws.s3.put_object(Bucket=bucket, Key=key, Body=b"an image")
    parts.aws.s3.put_object(Bucket=bucket, Key="config/app_config.json", Body=b"{}")
    for query in ({"url": f"s3://{bucket}/{key}"}, {"url": key}, {"document_id": document_id, "page": 1}):
        answer = browser.get("/api/get_pdf_image", **query)
        assert (answer.status_code, answer.data, answer.mimetype) == (200, b"an image", "image/webp")
    assert browser.get("/api/get_pdf_image", document_id=document_id, page=2).status_code == 404
    assert browser.get("/api/get_pdf_image").status_code == 400
    for url in (
        "config/app_config.json", f"s3://{bucket}/config/app_config.json", f"s3://other/{key}", "source-pdfs/a.pdf",
        "pdf_page_images/../config/app_config.json", "pdf_page_images/x/../../source-pdfs/a.png", "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data/x.png", "pdf_page_images/a/1.svg", "pdf_page_images/", "/etc/passwd",
    ):  # fmt: skip
        assert browser.get("/api/get_pdf_image", url=url).status_code == 403, url


# Uploads


def test_a_browser_gets_a_form_for_one_object(browser: Visitor, parts: Parts) -> None:
    body = {"filename": "C:\\books\\Players  Handbook.PDF", "size_bytes": 9, "folder": "core/"}
    answer = browser.post("/api/admin/upload", body).json
    assert answer["s3_key"] == "source-pdfs/core/Players Handbook.pdf"
    assert answer["mode"] == "auto"
    assert answer["fields"]["key"] == answer["s3_key"]
    policy = b64decode(answer["fields"]["policy"])
    conditions = json.loads(policy)["conditions"]
    assert ["content-length-range", 1, parts.settings.max_pdf_megabytes << 20] in conditions
    assert {"key": answer["s3_key"]} in conditions
    assert "x-amz-signature" in answer["fields"]  # version 4: newer regions take no other


@pytest.mark.parametrize(
    ("filename", "folder"),
    [("a.txt", ""), (".pdf", ""), ("../../x", ""), ("a.pdf", "../config"), ("a.pdf", "x/./y"), ("\u202e.pdf", "")],
)
def test_names_that_are_no_pdfs_get_no_form(guest: Visitor, filename: str, folder: str) -> None:
    body = {"filename": filename, "size_bytes": 9, "folder": folder}
    assert guest.post("/api/admin/upload", body).status_code == 400


def test_a_form_is_refused_for_more_than_the_limit(guest: Visitor, untouched_parts: Parts) -> None:
    body = {"filename": "a.pdf", "size_bytes": (untouched_parts.settings.max_pdf_megabytes << 20) + 1}
    assert guest.post("/api/admin/upload", body).status_code == 413


def test_a_file_through_the_panel_arrives_if_it_is_a_pdf(browser: Visitor, parts: Parts) -> None:
    def send(name: str, body: bytes) -> Any:
        return browser.post("/api/admin/upload", data={"file": (io.BytesIO(body), name), "folder": "x"})

    assert send("a.pdf", b"%PDF-1.7 hello").status_code == 201
    stored = parts.aws.s3.get_object(Bucket=parts.artifacts.bucket, Key="source-pdfs/x/a.pdf")
    assert (stored["Body"].read(), stored["ContentType"]) == (b"%PDF-1.7 hello", "application/pdf")
    assert send("b.pdf", b"<html>").status_code == 400
    assert parts.artifacts.find_source("source-pdfs/x/b.pdf") is None
    assert browser.get("/api/admin/status").json["documents"][0]["s3_key"] == "source-pdfs/x/a.pdf"
    assert browser.get("/api/admin/list-pdfs", prefix="x/").json["total"] == 1
