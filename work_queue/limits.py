"""What one worker takes on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at once, and for how long."""

    concurrency: int
    visibility_timeout_seconds: int
    wait_seconds: int
    shutdown_grace_seconds: float
    max_memory_megabytes: int | None = None
