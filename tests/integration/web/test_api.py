"""Runs, queue, stores, configuration, costs and outages, against a real ledger, queue, bucket and stores."""

import json
from typing import Any

import pytest
from flask import Flask

from composition.parts import Parts
from foundation.errors import FailureCode, TransientError
from ledger import DocumentState
from tests.support.panel import (
    Visitor,
    events_of,
    messages_of,
    put_document,
    put_source,
    refresh,
    store_passage,
    until,
)


def test_a_run_queues_what_is_there_and_tells_how_it_goes(app: Flask, browser: Visitor, parts: Parts) -> None:
    for name in ("core/a.pdf", "core/b.pdf", "c.pdf"):
        put_source(parts, name)
    messages_of(parts, parts.settings.sqs_queue_url)
    body = {"store_types": ["semantic"], "cache_behavior": "rebuild", "s3_prefix": "core/"}
    answer = browser.post("/api/admin/process", body)
    assert answer.status_code == 202
    run_id = answer.json["run_id"]
    until(lambda: getattr(parts.runs.get(run_id), "documents_queued", 0) == 2)
    sent = messages_of(parts, parts.settings.sqs_queue_url)
    assert {message["s3_key"] for message in sent} == {"source-pdfs/core/a.pdf", "source-pdfs/core/b.pdf"}
    assert {tuple(message["target_stores"]) for message in sent} == {("semantic",)}
    assert {message["run_id"] for message in sent} == {run_id}
    until(lambda: browser.get("/api/admin/status", run_id=run_id).json["run"]["state"] == "running")

    put_document(parts, "core/a.pdf", run_id=run_id)
    put_document(parts, "core/b.pdf", DocumentState.FAILED, run_id=run_id, code="corrupt")
    refresh(app)
    events = events_of(browser.get(f"/api/admin/process_stream/{run_id}"))
    assert [name for name, _ in events] == ["run", "end"]
    assert events[-1][1]["run"]["ends"]["failed"] == 1
    assert {document["s3_key"] for document in events[0][1]["changed"]} == {
        "source-pdfs/core/a.pdf", "source-pdfs/core/b.pdf",
    }  # fmt: skip
    assert browser.get("/api/admin/history").json["runs"][0]["state"] == "done"
    assert browser.post(f"/api/admin/cancel/{run_id}").status_code == 409


def test_cancelling_a_run_stops_what_waits_and_what_runs(app: Flask, browser: Visitor, parts: Parts) -> None:
    put_source(parts, "a.pdf")
    run_id = browser.post("/api/admin/process", {}).json["run_id"]
    until(lambda: getattr(parts.runs.get(run_id), "documents_queued", 0) == 1)
    document_id = put_document(parts, "a.pdf", DocumentState.PROCESSING, run_id=run_id)
    refresh(app)
    assert browser.post(f"/api/admin/cancel/{run_id}").json["asked_to_stop"] == 1
    assert parts.runs.is_cancelled(run_id)
    assert getattr(parts.documents.get(document_id), "cancel_requested", False)


def test_a_dry_run_counts_and_estimates_and_queues_nothing(browser: Visitor, parts: Parts) -> None:
    put_source(parts, "a.pdf")
    put_source(parts, "b.pdf")
    messages_of(parts, parts.settings.sqs_queue_url)
    served = {store: {} for store in ("pages", "semantic", "haystack")}
    etag = (parts.artifacts.find_source("source-pdfs/a.pdf") or put_source).etag  # type: ignore[union-attr]
    put_document(parts, "a.pdf", served=served, etag=etag)
    plan = browser.post("/api/admin/process", {"dry_run": True}).json
    assert (plan["documents"], plan["up_to_date"], plan["to_process"]) == (2, 1, 1)
    assert plan["documents_with_guessed_pages"] == 1
    assert (plan["llm_calls"], plan["cost_usd"]) == (0, 0)  # no model is set up here
    again = browser.post("/api/admin/process", {"dry_run": True, "cache_behavior": "rebuild"}).json
    assert (again["to_process"], again["pages"]) == (2, 24)  # as many pages a byte as the known one has
    assert messages_of(parts, parts.settings.sqs_queue_url) == []


def test_a_key_that_is_not_in_the_bucket_is_not_queued(browser: Visitor, parts: Parts) -> None:
    put_source(parts, "a.pdf")
    messages_of(parts, parts.settings.sqs_queue_url)
    answer = browser.post("/api/admin/process", {"s3_keys": ["a.pdf", "typo.pdf"]})
    assert answer.status_code == 400
    assert "source-pdfs/typo.pdf" in answer.json["error"]["message"]
    assert list(parts.runs.newest()) == []
    assert messages_of(parts, parts.settings.sqs_queue_url) == []


@pytest.mark.parametrize(
    "body",
    [{"store_types": ["nope"]}, {"cache_behavior": "maybe"}, {"s3_prefix": "../"}, {"s3_prefix": 3}, {"what": 1}, []],
)
def test_a_run_that_makes_no_sense_is_refused(guest: Visitor, body: Any) -> None:
    answer = guest.post("/api/admin/process", body)
    assert answer.status_code == 400
    assert answer.json["error"]["message"]


# Queue


def test_letters_of_one_document_are_redriven_as_one(browser: Visitor, parts: Parts) -> None:
    """Each attempt that failed left one; sent back one by one, they multiplied."""
    for run in ("one", "two", "three"):
        body = json.dumps({"s3_key": "source-pdfs/a.pdf", "run_id": run})
        parts.aws.sqs.send_message(QueueUrl=parts.settings.sqs_dlq_url, MessageBody=body)
    other = json.dumps({"s3_key": "source-pdfs/aa.pdf"})
    parts.aws.sqs.send_message(QueueUrl=parts.settings.sqs_dlq_url, MessageBody=other)
    letters = browser.get("/api/admin/dead-letters").json["letters"]
    ids = [letter["message_id"] for letter in letters if letter["s3_keys"] == ["source-pdfs/a.pdf"]]
    assert len(ids) == 3
    assert browser.post("/api/admin/dead-letters/redrive", {"message_ids": ids}).json == {"redriven": 1}
    assert [message["s3_key"] for message in messages_of(parts, parts.settings.sqs_queue_url)] == ["source-pdfs/a.pdf"]
    left = browser.get("/api/admin/dead-letters").json["letters"]
    assert [letter["s3_keys"] for letter in left] == [["source-pdfs/aa.pdf"]]


def test_dead_letters_are_told_redriven_and_purged(browser: Visitor, parts: Parts) -> None:
    for name in ("a", "b", "c"):
        parts.aws.sqs.send_message(
            QueueUrl=parts.settings.sqs_dlq_url,
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
    sent = messages_of(parts, parts.settings.sqs_queue_url)
    assert [message["s3_key"] for message in sent] == ["source-pdfs/a.pdf"]
    assert browser.post("/api/admin/dead-letters/purge", {"all": True}).json == {"purged": 2}


# Stores


def test_stores_tell_their_numbers_and_show_points(browser: Visitor, parts: Parts) -> None:
    store_passage(parts, "The gate closes in eleven minutes.")
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
def test_bad_values_are_refused_with_their_bound(guest: Visitor, body: dict[str, Any], words: str) -> None:
    answer = guest.post("/api/admin/config", body, headers={"If-Match": "none"})
    assert answer.status_code == 422
    assert words in answer.json["error"]["message"]
    assert guest.get("/api/admin/config").json["overrides"] == {}


def test_saving_without_saying_over_what_is_refused(guest: Visitor) -> None:
    assert guest.post("/api/admin/config", {"retrieval_k": 3}).status_code == 428


# Costs


def test_costs_add_up_by_day_model_and_document(app: Flask, browser: Visitor, parts: Parts) -> None:
    costs = app.extensions["panel"].costs
    costs.add("gpt-4.1-mini", {"tokens_in": 1_000, "tokens_out": 50, "cost_usd": 0.25, "documents": 1})
    costs.add("gpt-4.1-mini", {"tokens_in": 10, "cost_usd": 0.05, "questions": 1})
    costs.add("other", {"tokens_in": 5})
    put_document(parts, "a.pdf", cost_usd=0.25, tokens_in=1_000)
    answer = browser.get("/api/admin/api-costs", days=2).json
    assert [row["model"] for row in answer["models"]] == ["gpt-4.1-mini", "other"]
    assert answer["total"] == {
        "tokens_in": 1_015, "tokens_out": 50, "cost_usd": pytest.approx(0.3), "documents": 1, "questions": 1,
    }  # fmt: skip
    assert [document["s3_key"] for document in answer["documents"]] == ["source-pdfs/a.pdf"]


# Outages


def test_a_service_that_is_away_is_said_without_its_address(
    app: Flask, browser: Visitor, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise TransientError(FailureCode.INTERNAL, "http://secret.internal:8000 is down", dependency="aws")

    monkeypatch.setattr(type(parts.documents), "all", away)
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
