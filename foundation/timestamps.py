"""Times as text: ISO 8601 in UTC."""

from datetime import UTC, datetime
from typing import Literal


def utc_iso(epoch_seconds: float, unit: Literal["seconds", "milliseconds"] = "milliseconds") -> str:
    """`2026-11-28T21:33:31.000Z`: sorts as text beside others of its unit. What is smaller than the unit is dropped."""
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec=unit).replace("+00:00", "Z")
