"""What machines and the pages' scripts ask the panel for, against a real ledger, queue, bucket and stores."""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask

from data_ingestion.ledger import DocumentState
from embeddings.sparse import encode_text
from tests.integration.panel import Visitor, put_document, put_source
from vector_stores.base import EmbeddedRecord, Record
from wiring import Wiring


def until(condition: Callable[[], bool], tries: int = 300) -> None:
    """What happens in the background happens soon: look until it has."""
    import time

    for _ in range(tries):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it never happened")


def messages_of(wiring: Wiring, url: str) -> list[dict[str, Any]]:
    found = []
    for _ in range(5):
        answer = wiring.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        found += [json.loads(message["Body"]) for message in answer.get("Messages", [])]
    return [message for message in found if message.get("Event") != "s3:TestEvent"]


def store_passage(
    wiring: Wiring, text: str, page: int = 1, name: str = "a.pdf", heading: str = "Gates", store: Any = "semantic"
) -> str:
    """One passage that searches find, as a worker would have stored it."""
    key = wiring.artifacts.pdf_prefix + name
    document_id = wiring.artifacts.document_id(key)
    metadata = {
        "source": key, "filename": name, "page": page, "page_label": str(page), "total_pages": 9, "h1": heading,
        "heading_path": heading, "document_id": document_id, "image_url": None, "document_title": "A book",
        "pages_spanned": [page], "chunk_index": page, "chunk_count": 9, "text_source": "native",
    }  # fmt: skip
    record = Record(page, text, f"{heading}\n{text}", metadata)
    dense = wiring.embedder.embed([record.embedding_text])[0]
    place = wiring.stores[store]
    place.ensure()
    generation = "000001"  # one for all: searches show no document in two
    place.write(
        document_id, generation, [EmbeddedRecord(record, dense, encode_text(record.embedding_text, (heading,)))]
    )
    place.flip(document_id, activate=[generation], deactivate=[])
    return document_id


def events_of(answer: Any) -> list[tuple[str, Any]]:
    events = []
    for block in answer.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in lines:
            events.append((lines["event"], json.loads(lines["data"])))
    return events


# Documents


def test_the_status_lists_filters_sorts_and_pages(browser: Visitor, wiring: Wiring) -> None:
    put_document(wiring, "core/a.pdf", cost_usd=0.5, seconds=3.0)
    put_document(wiring, "core/b.pdf", DocumentState.FAILED, code="encrypted", message="needs a password")
    put_document(wiring, "c.pdf", DocumentState.PROCESSING)
    put_document(wiring, "gone.pdf", DocumentState.DELETED)
    put_source(wiring, "new.pdf")
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


def test_changes_show_up_without_reading_everything_again(app: Flask, browser: Visitor, wiring: Wiring) -> None:
    put_document(wiring, "a.pdf")
    browser.get("/api/admin/status")
    _refresh(app)
    put_document(wiring, "b.pdf", DocumentState.PROCESSING)
    put_document(wiring, "a.pdf", DocumentState.DEGRADED, degraded=["page 3: no text"])
    found = {document["s3_key"][12:]: document for document in browser.get("/api/admin/status").json["documents"]}
    assert found["a.pdf"]["degraded"] == ["page 3: no text"]
    assert found["b.pdf"]["status"] == "processing"


def test_one_document_tells_its_attempts_metadata_and_what_to_do(browser: Visitor, wiring: Wiring) -> None:
    document_id = put_document(wiring, "a.pdf", DocumentState.FAILED, code="encrypted", message="needs a password")
    wiring.artifacts.put_metadata("source-pdfs/a.pdf", {"source_book_title": "A", "toc": []})
    answer = browser.get(f"/api/admin/documents/{document_id}").json
    assert answer["document"]["code"] == "encrypted"
    assert [attempt["outcome"] for attempt in answer["attempts"]] == ["failed"]
    assert answer["metadata"]["source_book_title"] == "A"
    assert "without the password" in answer["advice"]["remedy"]
    assert browser.get("/api/admin/documents/" + "0" * 64).status_code == 404
    assert browser.get("/api/admin/documents/..%2f..").status_code == 404


def test_a_page_tells_its_text_passages_and_links(browser: Visitor, wiring: Wiring) -> None:
    put_document(wiring, "a.pdf")
    document_id = store_passage(wiring, "The whole page.", page=2, store="pages")
    store_passage(wiring, "A passage of it.", page=2)
    link = {"link_text": "tides", "source_page": 2, "target_url": "https://example.org", "link_type": "external"}
    wiring.artifacts.put_links("source-pdfs/a.pdf", [link, {**link, "source_page": 3}])
    answer = browser.get("/api/get_context_details", document_id=document_id, page=2).json
    assert (answer["text"], answer["heading_path"]) == ("The whole page.", "Gates")
    assert [chunk["text"] for chunk in answer["chunks"]] == ["A passage of it."]
    assert answer["links"] == [link]
    assert browser.get("/api/get_context_details", document_id=document_id, page=7).status_code == 404


def test_deleting_removes_the_source_and_leaves_the_rest_to_a_worker(
    app: Flask, browser: Visitor, wiring: Wiring
) -> None:
    key = put_source(wiring, "a.pdf")
    messages_of(wiring, wiring.settings.sqs_queue_url)
    assert browser.post("/api/admin/delete-pdf", {"s3_key": "a.pdf"}).json == {"s3_key": key, "source_deleted": True}
    assert wiring.artifacts.find_source(key) is None
    (event,) = messages_of(wiring, wiring.settings.sqs_queue_url)
    assert event["Records"][0]["eventName"].startswith("ObjectRemoved")
    assert browser.get("/api/admin/status").json["total"] == 0


def test_deleting_what_has_no_source_tells_the_queue_itself(browser: Visitor, wiring: Wiring) -> None:
    put_document(wiring, "über a+b.pdf", DocumentState.FAILED, code="source_missing")
    assert browser.post("/api/admin/delete-pdf", {"s3_key": "source-pdfs/über a+b.pdf"}).status_code == 202
    message = wiring.aws.sqs.receive_message(QueueUrl=wiring.settings.sqs_queue_url, MaxNumberOfMessages=10)
    from work_queue.messages import parse

    jobs = [
        job
        for found in message["Messages"]
        for job in parse(found["Body"], bucket=wiring.artifacts.bucket, prefix="source-pdfs/").jobs
    ]
    assert [(job.kind, job.s3_key) for job in jobs] == [("remove", "source-pdfs/über a+b.pdf")]
    assert browser.post("/api/admin/delete-pdf", {"s3_key": "never-there.pdf"}).status_code == 404


def test_cancelling_asks_the_worker_that_is_at_it(browser: Visitor, wiring: Wiring) -> None:
    document_id = put_document(wiring, "a.pdf", DocumentState.PROCESSING)
    assert browser.post("/api/admin/cancel-document", {"s3_key": "a.pdf"}).status_code == 202
    assert (wiring.documents.get(document_id) or {})["cancel_requested"] is True
    put_document(wiring, "b.pdf")
    assert browser.post("/api/admin/cancel-document", {"s3_key": "b.pdf"}).status_code == 400


@pytest.mark.parametrize(
    "key",
    [
        "../config/app_config.json", "source-pdfs/../config/app_config.json.pdf", "/etc/passwd", "a.txt",
        "source-pdfs/a//b.pdf", "source-pdfs/./a.pdf", "a\\..\\b.pdf", "a\x00.pdf", "source-pdfs/", "",
        "x" * 1_100 + ".pdf", "\ud800.pdf", "a\u202efdp.pdf",
    ],
)  # fmt: skip
def test_keys_that_lead_elsewhere_are_refused(browser: Visitor, key: str) -> None:
    for path in ("/api/admin/delete-pdf", "/api/admin/cancel-document", "/api/admin/uploaded"):
        assert browser.post(path, {"s3_key": key}).status_code == 400
    assert browser.post("/api/admin/process", {"s3_keys": [key]}).status_code == 400


# Images


def test_page_images_are_shown_and_nothing_else_of_the_bucket(browser: Visitor, wiring: Wiring) -> None:
    document_id = put_document(wiring, "a.pdf", content_sha256="ab" * 32)
    bucket = wiring.artifacts.bucket
    key = wiring.artifacts.image_key("source-pdfs/a.pdf", "ab" * 32, 1, "webp")
    wiring.aws.s3.put_object(Bucket=bucket, Key=key, Body=b"an image")
    wiring.aws.s3.put_object(Bucket=bucket, Key="config/app_config.json", Body=b"{}")
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


def test_a_browser_gets_a_form_for_one_object(browser: Visitor, wiring: Wiring) -> None:
    body = {"filename": "C:\\books\\Players  Handbook.PDF", "size_bytes": 9, "folder": "core/"}
    answer = browser.post("/api/admin/upload", body).json
    assert answer["s3_key"] == "source-pdfs/core/Players Handbook.pdf"
    assert answer["mode"] == "auto"
    assert answer["fields"]["key"] == answer["s3_key"]
    policy = __import__("base64").b64decode(answer["fields"]["policy"])
    conditions = json.loads(policy)["conditions"]
    assert ["content-length-range", 1, wiring.settings.max_pdf_megabytes << 20] in conditions
    assert {"key": answer["s3_key"]} in conditions
    assert "x-amz-signature" in answer["fields"]  # version 4: newer regions take no other


@pytest.mark.parametrize(
    ("filename", "folder"),
    [("a.txt", ""), (".pdf", ""), ("../../x", ""), ("a.pdf", "../config"), ("a.pdf", "x/./y"), ("\u202e.pdf", "")],
)
def test_names_that_are_no_pdfs_get_no_form(browser: Visitor, filename: str, folder: str) -> None:
    body = {"filename": filename, "size_bytes": 9, "folder": folder}
    assert browser.post("/api/admin/upload", body).status_code == 400


def test_a_form_is_refused_for_more_than_the_limit(browser: Visitor, wiring: Wiring) -> None:
    body = {"filename": "a.pdf", "size_bytes": (wiring.settings.max_pdf_megabytes << 20) + 1}
    assert browser.post("/api/admin/upload", body).status_code == 413


def test_a_file_through_the_panel_arrives_if_it_is_a_pdf(browser: Visitor, wiring: Wiring) -> None:
    def send(name: str, body: bytes) -> Any:
        return browser.post("/api/admin/upload", data={"file": (io.BytesIO(body), name), "folder": "x"})

    assert send("a.pdf", b"%PDF-1.7 hello").status_code == 201
    stored = wiring.aws.s3.get_object(Bucket=wiring.artifacts.bucket, Key="source-pdfs/x/a.pdf")
    assert (stored["Body"].read(), stored["ContentType"]) == (b"%PDF-1.7 hello", "application/pdf")
    assert send("b.pdf", b"<html>").status_code == 400
    assert wiring.artifacts.find_source("source-pdfs/x/b.pdf") is None
    assert browser.get("/api/admin/status").json["documents"][0]["s3_key"] == "source-pdfs/x/a.pdf"
    assert browser.get("/api/admin/list-pdfs", prefix="x/").json["total"] == 1


# Runs


def test_a_run_queues_what_is_there_and_tells_how_it_goes(app: Flask, browser: Visitor, wiring: Wiring) -> None:
    for name in ("core/a.pdf", "core/b.pdf", "c.pdf"):
        put_source(wiring, name)
    messages_of(wiring, wiring.settings.sqs_queue_url)
    body = {"store_types": ["semantic"], "cache_behavior": "rebuild", "s3_prefix": "core/"}
    answer = browser.post("/api/admin/process", body)
    assert answer.status_code == 202
    run_id = answer.json["run_id"]
    until(lambda: (wiring.runs.get(run_id) or {}).get("documents_queued") == 2)
    sent = messages_of(wiring, wiring.settings.sqs_queue_url)
    assert {message["s3_key"] for message in sent} == {"source-pdfs/core/a.pdf", "source-pdfs/core/b.pdf"}
    assert {tuple(message["target_stores"]) for message in sent} == {("semantic",)}
    assert {message["run_id"] for message in sent} == {run_id}
    until(lambda: browser.get("/api/admin/status", run_id=run_id).json["run"]["state"] == "running")

    put_document(wiring, "core/a.pdf", run_id=run_id)
    put_document(wiring, "core/b.pdf", DocumentState.FAILED, run_id=run_id, code="corrupt")
    _refresh(app)
    events = events_of(browser.get(f"/api/admin/process_stream/{run_id}"))
    assert [name for name, _ in events] == ["run", "end"]
    assert events[-1][1]["run"]["ends"]["failed"] == 1
    assert {document["s3_key"] for document in events[0][1]["changed"]} == {
        "source-pdfs/core/a.pdf", "source-pdfs/core/b.pdf",
    }  # fmt: skip
    assert browser.get("/api/admin/history").json["runs"][0]["state"] == "done"
    assert browser.post(f"/api/admin/cancel/{run_id}").status_code == 409


def test_cancelling_a_run_stops_what_waits_and_what_runs(app: Flask, browser: Visitor, wiring: Wiring) -> None:
    put_source(wiring, "a.pdf")
    run_id = browser.post("/api/admin/process", {}).json["run_id"]
    until(lambda: (wiring.runs.get(run_id) or {}).get("documents_queued") == 1)
    document_id = put_document(wiring, "a.pdf", DocumentState.PROCESSING, run_id=run_id)
    _refresh(app)
    assert browser.post(f"/api/admin/cancel/{run_id}").json["asked_to_stop"] == 1
    assert wiring.runs.is_cancelled(run_id)
    assert (wiring.documents.get(document_id) or {})["cancel_requested"]


def test_a_dry_run_counts_and_estimates_and_queues_nothing(browser: Visitor, wiring: Wiring) -> None:
    put_source(wiring, "a.pdf")
    put_source(wiring, "b.pdf")
    messages_of(wiring, wiring.settings.sqs_queue_url)
    served = {store: {} for store in ("pages", "semantic", "haystack")}
    etag = (wiring.artifacts.find_source("source-pdfs/a.pdf") or put_source).etag  # type: ignore[union-attr]
    put_document(wiring, "a.pdf", served=served, etag=etag)
    plan = browser.post("/api/admin/process", {"dry_run": True}).json
    assert (plan["documents"], plan["up_to_date"], plan["to_process"]) == (2, 1, 1)
    assert plan["documents_with_guessed_pages"] == 1
    assert (plan["llm_calls"], plan["cost_usd"]) == (0, 0)  # no model is set up here
    again = browser.post("/api/admin/process", {"dry_run": True, "cache_behavior": "rebuild"}).json
    assert (again["to_process"], again["pages"]) == (2, 24)  # as many pages a byte as the known one has
    assert messages_of(wiring, wiring.settings.sqs_queue_url) == []


@pytest.mark.parametrize(
    "body",
    [{"store_types": ["nope"]}, {"cache_behavior": "maybe"}, {"s3_prefix": "../"}, {"s3_prefix": 3}, {"what": 1}, []],
)
def test_a_run_that_makes_no_sense_is_refused(browser: Visitor, body: Any) -> None:
    answer = browser.post("/api/admin/process", body)
    assert answer.status_code == 400
    assert answer.json["error"]["message"]


# Queue


def test_dead_letters_are_told_redriven_and_purged(browser: Visitor, wiring: Wiring) -> None:
    for name in ("a", "b", "c"):
        wiring.aws.sqs.send_message(
            QueueUrl=wiring.settings.sqs_dlq_url,
            MessageBody=json.dumps({"s3_key": f"source-pdfs/{name}.pdf"}),
            MessageAttributes={
                "error_code": {"DataType": "String", "StringValue": "encrypted"},
                "reason": {"DataType": "String", "StringValue": "needs a password"},
            },
        )
    letters = browser.get("/api/admin/dead-letters").json["letters"]
    assert {letter["reason"] for letter in letters} == {"needs a password"}
    assert browser.post("/api/admin/dead-letters/redrive", {}).status_code == 400
    assert browser.post("/api/admin/dead-letters/redrive", {"s3_key": "a.pdf"}).json == {"redriven": 1}
    sent = messages_of(wiring, wiring.settings.sqs_queue_url)
    assert [message["s3_key"] for message in sent] == ["source-pdfs/a.pdf"]
    assert browser.post("/api/admin/dead-letters/purge", {"all": True}).json == {"purged": 2}


# Stores


def test_stores_tell_their_numbers_and_show_points(browser: Visitor, wiring: Wiring) -> None:
    store_passage(wiring, "The gate closes in eleven minutes.")
    stores = {store["store"]: store for store in browser.get("/api/admin/collections").json["stores"]}
    assert (stores["semantic"]["points"], stores["pages"]["points"]) == (1, 0)
    shown = browser.get("/api/admin/points", store="semantic").json
    assert [point["text"] for point in shown["points"]] == ["The gate closes in eleven minutes."]
    assert shown["next_offset"] is None
    assert browser.get("/api/admin/points", store="nope").status_code == 400


# Configuration


def test_of_two_editors_the_second_is_told(browser: Visitor) -> None:
    path = "/api/admin/config"
    first, second = (browser.get(path).headers["ETag"] for _ in range(2))
    assert first == second == '"none"'
    saved = browser.post(path, {"retrieval_k": 7}, headers={"If-Match": first})
    assert saved.json["values"]["retrieval_k"] == 7
    refused = browser.post(path, {"retrieval_k": 9}, headers={"If-Match": second})
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "changed_meanwhile")
    again = browser.post(path, {"retrieval_k": 9, "their_own_key": 1}, headers={"If-Match": saved.headers["ETag"]})
    assert again.json["overrides"] == {"retrieval_k": 9, "their_own_key": 1}
    back = browser.post(path, {"retrieval_k": None}, headers={"If-Match": again.headers["ETag"]}).json
    assert back["values"]["retrieval_k"] == 10
    changes = browser.get(path + "/history").json["changes"]
    assert [change["changes"]["retrieval_k"] for change in changes] == [
        {"before": 9, "after": 10}, {"before": 7, "after": 9}, {"before": 10, "after": 7},
    ]  # fmt: skip
    assert {change["who"] for change in changes} == {"session"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"retrieval_k": 0}, "greater than or equal to 1"),
        ({"retrieval_k": "many"}, "valid integer"),
        ({"chunk_tokens": 60, "chunk_overlap_tokens": 50}, "at most half"),
        ({"profile": "nope"}, "unknown profile"),
        ({"link_colors": {"x": ["red"]}}, "#rrggbb"),
        ({"system_prompt": ""}, "at least 1 character"),
    ],
)
def test_bad_values_are_refused_with_their_bound(browser: Visitor, body: dict[str, Any], words: str) -> None:
    answer = browser.post("/api/admin/config", body, headers={"If-Match": "none"})
    assert answer.status_code == 422
    assert words in answer.json["error"]["message"]
    assert browser.get("/api/admin/config").json["overrides"] == {}


def test_saving_without_saying_over_what_is_refused(browser: Visitor) -> None:
    assert browser.post("/api/admin/config", {"retrieval_k": 3}).status_code == 428


# Costs


def test_costs_add_up_by_day_model_and_document(app: Flask, browser: Visitor, wiring: Wiring) -> None:
    costs = app.extensions["panel"].costs
    costs.add("gpt-4.1-mini", {"tokens_in": 1_000, "tokens_out": 50, "cost_usd": 0.25, "documents": 1})
    costs.add("gpt-4.1-mini", {"tokens_in": 10, "cost_usd": 0.05, "questions": 1})
    costs.add("other", {"tokens_in": 5})
    put_document(wiring, "a.pdf", cost_usd=0.25, tokens_in=1_000)
    answer = browser.get("/api/admin/api-costs", days=2).json
    assert [row["model"] for row in answer["models"]] == ["gpt-4.1-mini", "other"]
    assert answer["total"] == {
        "tokens_in": 1_015, "tokens_out": 50, "cost_usd": pytest.approx(0.3), "documents": 1, "questions": 1,
    }  # fmt: skip
    assert [document["s3_key"] for document in answer["documents"]] == ["source-pdfs/a.pdf"]


# Outages


def test_a_service_that_is_away_is_said_without_its_address(
    app: Flask, browser: Visitor, wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    from errors import FailureCode, TransientError

    def away(*_: Any, **__: Any) -> Any:
        raise TransientError(FailureCode.INTERNAL, "http://secret.internal:8000 is down", dependency="aws")

    monkeypatch.setattr(type(wiring.documents), "all", away)
    answer = browser.get("/api/admin/status")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "aws_away")
    assert "secret" not in answer.text


def test_a_bug_is_answered_without_its_traceback(browser: Visitor, monkeypatch: pytest.MonkeyPatch, app: Flask) -> None:
    def bug(*_: Any) -> Any:
        raise RuntimeError("/srv/secret/path")

    monkeypatch.setattr(type(app.extensions["panel"].queues), "depths", bug)
    answer = browser.get("/api/admin/queue")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def _refresh(app: Flask) -> None:
    """The next look reads the ledger again, as it would a second later."""
    with suppress(AttributeError):
        app.extensions["panel"].catalogue._refreshed_at = float("-inf")
        app.extensions["panel"].runs._read.clear()
