"""What people say of an answer, kept in the bucket for a person to make questions for `evaluate` of.

feedback/answers/{day}/{time}-{8 hex}.json
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from data_ingestion.erasure import FEEDBACK_PREFIX
from foundation.aws import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Feedback:
    """Thread-safe."""

    s3: "S3Client"
    bucket: str
    now: Callable[[], datetime] = _now

    def keep(self, said: dict[str, Any]) -> str:
        """Store it with the time; returns its key. Raises TransientError."""
        now = self.now()
        key = f"{FEEDBACK_PREFIX}{now:%Y-%m-%d}/{now:%H%M%S}-{secrets.token_hex(4)}.json"
        body = json.dumps({**said, "said_at": now.isoformat(timespec="seconds")}, ensure_ascii=False, indent=1).encode()
        with aws_errors("keeping feedback"):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")
        return key
