"""Outages: while something that every document needs is down, nothing is received that could only fail.

    closed ── a document fails with dependency=… ──► open ── pause over, probe answers ──► half open ── done ──► closed
                                                      ▲         probe fails: longer pause       │
                                                      └──────────── a document fails ◄──────────┘

Messages that stay in the queue keep their receives; a message that is received and retried loses one of a few.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

log = structlog.get_logger("work_queue")

BASE_PAUSE_SECONDS = 5.0
MAX_PAUSE_SECONDS = 300.0

Probe = Callable[[], None]


@dataclass(slots=True)
class _Outage:
    failures: int
    until: float
    is_half_open: bool = False


class Outages:
    """What is down, as far as the documents' failures tell. `probes` by dependency raise while it is. Thread-safe."""

    def __init__(self, probes: Mapping[str, Probe], clock: Callable[[], float] = time.monotonic) -> None:
        self._probes = probes
        self._clock = clock
        self._lock = threading.Lock()
        self._outages: dict[str, _Outage] = {}

    def report(self, dependency: str, wanted_seconds: float | None = None) -> None:
        """A document failed because of `dependency`, which perhaps asked to be left alone for `wanted_seconds`."""
        with self._lock:
            self._pause(dependency, wanted_seconds, "a document failed")

    def recovered(self) -> None:
        """A document was done: what was on trial is trusted again."""
        with self._lock:
            for dependency in [name for name, outage in self._outages.items() if outage.is_half_open]:
                del self._outages[dependency]
                log.info("polling resumed", dependency=dependency)

    @property
    def pause_seconds(self) -> float:
        """How long not to receive; 0 when it is worth asking `allowance`."""
        with self._lock:
            return max([0.0, *(o.until - self._clock() for o in self._outages.values() if not o.is_half_open)])

    def allowance(self, wanted: int) -> int:
        """How many of `wanted` messages to receive now: all, one on trial, or none. Probes what is due."""
        with self._lock:
            open_ones = {name: outage for name, outage in self._outages.items() if not outage.is_half_open}
            if any(outage.until > self._clock() for outage in open_ones.values()):
                return 0
        for name in open_ones:
            if not self._answers(name):
                return 0
        with self._lock:
            return min(wanted, 1) if self._outages else wanted

    def _answers(self, dependency: str) -> bool:
        """Ask without the lock: a probe may take seconds."""
        try:
            self._probes.get(dependency, lambda: None)()
        except Exception as error:  # noqa: BLE001 (whatever it is, it is not an answer)
            with self._lock:
                self._pause(dependency, None, f"probe: {type(error).__name__}")
            return False
        with self._lock:
            if dependency in self._outages:
                self._outages[dependency].is_half_open = True
        log.info("dependency answers", dependency=dependency)
        return True

    def _pause(self, dependency: str, wanted_seconds: float | None, reason: str) -> None:
        previous = self._outages.get(dependency)
        if previous and previous.until > self._clock() and not previous.is_half_open:
            # Documents that were under way fail together: one outage.
            if wanted_seconds:
                previous.until = max(previous.until, self._clock() + wanted_seconds)
            return
        failures = previous.failures + 1 if previous else 1
        pause_seconds = max(wanted_seconds or 0.0, min(MAX_PAUSE_SECONDS, BASE_PAUSE_SECONDS * 2.0 ** (failures - 1)))
        self._outages[dependency] = _Outage(failures, self._clock() + pause_seconds)
        log.warning("polling paused", dependency=dependency, seconds=pause_seconds, reason=reason)
