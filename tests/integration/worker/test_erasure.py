"""Erasing a document takes every trace of it that the project can reach, and leaves those of others."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from composition.parts import Parts
from model_api.answer_cache import request_key_of
from tests.support.loopback_models import loopback_models
from tests.support.machine import Machine
from web.feedback import Feedback

KEPT, ERASED = "source-pdfs/notice-to-mariners.pdf", "source-pdfs/harbour-handbook.pdf"


@pytest.fixture
def stack_env(stack_env: dict[str, str]) -> Iterator[dict[str, str]]:
    with loopback_models() as models:
        model = {"OPENAI_API_KEY": "a-key", "OPENAI_BASE_URL": models.base_url, "ENRICHMENT": "llm"}
        yield {**stack_env, **model}


@pytest.mark.system
def test_nothing_is_left_of_an_erased_document(stack_env: dict[str, str], parts: Parts, samples: Path) -> None:
    s3, bucket = parts.aws.s3, parts.settings.aws_s3_bucket_name
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    machine = Machine(stack_env)
    machine.manage("upload", *(str(samples / key.rpartition("/")[2]) for key in (KEPT, ERASED)))
    machine.work()
    prompt = json.dumps({"metadata_prompt": "Say it in one word."}).encode()
    s3.put_object(Bucket=bucket, Key="config/app_config.json", Body=prompt)
    machine.manage("enqueue-all", "--cache-behavior", "rebuild")
    machine.work()  # a second version of everything
    letter = json.dumps({"s3_key": ERASED})
    parts.aws.sqs.send_message(QueueUrl=parts.settings.sqs_dlq_url, MessageBody=letter)
    document_id = parts.artifacts.document_id(ERASED)
    feedback = Feedback(s3, bucket)
    ratings = {key: feedback.keep({"answer": "a quotation", "sources": [{"s3_key": key}]}) for key in (KEPT, ERASED)}
    before = versions(parts)
    # Moto can't tell of a delete marker that is deleted: the event is sent by hand below.
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})

    erased = machine.manage("erase", ERASED, "--yes")

    counts = erased["erased"][ERASED]
    assert counts["dead_letters"] == 1
    assert counts["ledger_items"] >= 3, "a state and two attempts"
    assert [place for place in erased["stays"] if "point-in-time" in place["what"]]
    left = versions(parts)
    assert counts["versions"] >= len(before) - len(left) > 10
    assert traces_in(left, document_id) == []
    left_ratings = [key for key, _ in left if key.startswith("feedback/")]
    assert left_ratings == [ratings[KEPT]]
    kept = parts.artifacts.get_metadata(KEPT)
    assert kept
    of_others = {key for key, _ in left if key.startswith("processing/llm_cache/")}
    assert of_others == set(kept.answer_keys)
    for key, version in left:
        found = s3.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read()
        assert ERASED.encode() not in found, key
    assert everything_about(parts, document_id) == []
    answers = {request_key_of(key) for key in of_others}
    assert noted_questions(parts) == answers
    assert all(store.count(document_id) == 0 for store in parts.stores.values())

    about = {"bucket": {"name": bucket}, "object": {"key": ERASED}}
    event = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectRemoved:Delete", "s3": about}]}
    parts.aws.sqs.send_message(QueueUrl=parts.settings.sqs_queue_url, MessageBody=json.dumps(event))
    machine.work()
    assert parts.queue.backlog().total == 0
    assert everything_about(parts, document_id) == [], "nor does a worker write one again"
    assert traces_in(versions(parts, "DeleteMarkers"), document_id) == [], "nor leaves a delete marker"
    assert machine.status().keys() == {KEPT}
    assert machine.manage("search", "mariners")["hits"]
    code, words = machine.refused("erase", ERASED, "--yes")
    assert (code, "not there" in words) == (1, True)
    assert traces_in(versions(parts, "DeleteMarkers"), document_id) == []


def versions(parts: Parts, kind: str = "Versions") -> list[tuple[str, str]]:
    pages = parts.aws.s3.get_paginator("list_object_versions").paginate(Bucket=parts.settings.aws_s3_bucket_name)
    return [(item["Key"], item["VersionId"]) for page in pages for item in page.get(kind, ())]


def traces_in(found: list[tuple[str, str]], document_id: str) -> list[str]:
    """Keys that name the erased document."""
    return [key for key, _ in found if document_id in key or ERASED.rpartition("/")[2][:-4] in key]


def noted_questions(parts: Parts) -> set[str]:
    """Request keys of the questions that the table knows of."""
    items = parts.aws.dynamodb.scan(TableName=parts.settings.status_table_name)["Items"]
    return {item["pk"]["S"].partition("#")[2] for item in items if item["pk"]["S"].startswith("question#")}


def everything_about(parts: Parts, document_id: str) -> list[Any]:
    """Items of the table that name the document. A scan: it is a small table."""
    items = parts.aws.dynamodb.scan(TableName=parts.settings.status_table_name)["Items"]
    return [item for item in items if document_id in str(item) or ERASED in str(item)]
