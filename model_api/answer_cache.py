"""Answers in S3, so that none is paid for twice: not after a crash, not by another worker, not for another document."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from botocore.exceptions import ClientError

from foundation.aws import aws_errors, is_missing
from foundation.object_writer import ObjectWriter

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: The S3 folder of the answers.
ANSWERS_PREFIX = "processing/llm_cache/"

_log = structlog.get_logger(__name__)


def cache_key(request_key: str) -> str:
    """The S3 key of the answer to the request with this sha256."""
    return f"{ANSWERS_PREFIX}{request_key}.json"


def request_key_of(s3_key: str) -> str | None:
    """The request key of an answer's S3 key; None for another object's key."""
    name = s3_key.removeprefix(ANSWERS_PREFIX)
    return name.removesuffix(".json") if cache_key(name.removesuffix(".json")) == s3_key else None


class AnswerCache(Protocol):
    """Stored answers by request key. Thread-safe; raises errors.TransientError (`aws`) when the store is down."""

    def get(self, request_key: str) -> dict[str, Any] | None: ...

    def put(self, request_key: str, answer: dict[str, Any]) -> None: ...


class S3AnswerCache:
    """One object an answer. Two workers that answer the same question overwrite each other with equal content."""

    def __init__(self, s3: "S3Client", writer: ObjectWriter, bucket: str) -> None:
        self._s3 = s3
        self._writer = writer
        self._bucket = bucket

    def get(self, request_key: str) -> dict[str, Any] | None:
        """The stored answer; None when there is none or it can't be read as one."""
        with aws_errors("read LLM cache"):
            try:
                stored = self._s3.get_object(Bucket=self._bucket, Key=cache_key(request_key))["Body"].read()
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
        try:
            answer = json.loads(stored)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            _log.warning("llm-cache-unreadable", key=cache_key(request_key))
            return None
        return answer

    def has_answers(self) -> bool:
        """Whether there is any answer, by one request."""
        with aws_errors("list LLM cache"):
            found = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=ANSWERS_PREFIX, MaxKeys=1)
        return found.get("KeyCount", 0) > 0

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """The request key of every answer, and when it was stored: a request for each 1,000."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=ANSWERS_PREFIX)
        with aws_errors("list LLM cache"):
            for page in pages:
                for item in page.get("Contents", ()):
                    if (request_key := request_key_of(item["Key"])) is not None:
                        yield request_key, item["LastModified"]

    def put(self, request_key: str, answer: dict[str, Any]) -> None:
        with aws_errors("write LLM cache"):
            body = json.dumps(answer, ensure_ascii=False).encode("utf-8")
            self._writer.put(cache_key(request_key), body, "application/json")
