"""Times the stages of one document, and logs one event for each.

Stages overlap, so that their seconds add up to more than the document took.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

log = structlog.get_logger("data_ingestion")


class Stages:
    """By stage, so far: `seconds` that it took, and `starts`, seconds from the making of this to its first begin."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.starts: dict[str, float] = {}
        self._began = time.monotonic()

    @contextmanager
    def timed(self, stage: str, **fields: object) -> Iterator[dict[str, object]]:
        """Log `stage done` with the seconds and whatever the block adds to the dictionary that it gets."""
        started = time.monotonic()
        self.starts.setdefault(stage, round(started - self._began, 3))
        found: dict[str, object] = dict(fields)
        try:
            yield found
        except Exception as error:
            log.warning(
                "stage failed",
                stage=stage,
                seconds=round(time.monotonic() - started, 3),
                error=type(error).__name__,
                reason=str(error)[:300],
                **found,
            )
            raise
        seconds = time.monotonic() - started
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + seconds, 3)
        log.info("stage done", stage=stage, seconds=round(seconds, 3), **found)
