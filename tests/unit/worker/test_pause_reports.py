"""A paused worker says so at once, again every minute, and no longer when it goes on."""

import io
import json
from typing import Any

import pytest

from foundation.errors import FailureCode, TransientError
from ledger.paused_workers import Missing
from work_queue.in_memory_sqs import ManualClock
from work_queue.metrics import Metrics
from worker.pause_reports import REPEAT_SECONDS, PauseReports

REFUSED = Missing("llm", "llm_failed", "the key is refused", since=1_000.0, needs_person=True)
AWAY = Missing("qdrant", "store_failed", "cannot be reached", since=1_030.0, needs_person=False)


class Outages:
    down: tuple[Missing, ...] = ()


class Table:
    """Stands for `ledger.paused_workers.PausedWorkers`."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.is_away = False

    def put(self, worker: str, missing: list[dict[str, object]]) -> None:
        self._note([one["dependency"] for one in missing])

    def remove(self, worker: str) -> None:
        self._note("removed")

    def _note(self, call: Any) -> None:
        if self.is_away:
            raise TransientError(FailureCode.INTERNAL, "throttled", dependency="aws")
        self.calls.append(call)


class Bench:
    def __init__(self) -> None:
        self.outages, self.table, self.clock, self.stream = Outages(), Table(), ManualClock(), io.StringIO()
        metrics = Metrics("Test", self.stream)
        self.reports = PauseReports(self.outages, self.table, metrics, "w1", self.clock)  # type: ignore[arg-type]

    def look(self, *down: Missing, after: float = 0.0) -> None:
        self.clock.advance(after)
        self.outages.down = down
        self.reports.look()

    def metrics(self) -> list[tuple[float, str]]:
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [(line["PausedWorkers"], line["Dependency"]) for line in lines]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_worker_that_works_says_nothing(bench: Bench) -> None:
    bench.look()
    bench.look(after=3_600)
    assert (bench.table.calls, bench.metrics()) == ([], [])


def test_an_outage_is_told_at_once_and_again_every_minute_and_its_end_at_once(bench: Bench) -> None:
    bench.look(REFUSED)
    bench.look(REFUSED, after=REPEAT_SECONDS - 1)
    assert (bench.table.calls, bench.metrics()) == ([["llm"]], [(1, "llm")])
    bench.look(REFUSED, after=1)
    assert (bench.table.calls, bench.metrics()) == ([["llm"]] * 2, [(1, "llm")] * 2)
    bench.look(after=1)
    assert bench.table.calls == [["llm"], ["llm"], "removed"]


def test_news_is_told_at_once_and_counted_in_its_time(bench: Bench) -> None:
    bench.look(REFUSED)
    bench.look(REFUSED, AWAY, after=5)
    assert (bench.table.calls, bench.metrics()) == ([["llm"], ["llm", "qdrant"]], [(1, "llm")])
    bench.look(REFUSED, AWAY, after=REPEAT_SECONDS)
    assert bench.metrics() == [(1, "llm"), (1, "llm"), (1, "qdrant")]


def test_a_table_that_is_away_keeps_the_metric_from_nobody(bench: Bench) -> None:
    bench.table.is_away = True
    bench.look(REFUSED)
    bench.table.is_away = False
    assert (bench.table.calls, bench.metrics()) == ([], [(1, "llm")])
    bench.look(REFUSED, after=REPEAT_SECONDS)
    assert bench.table.calls == [["llm"]]


def test_a_worker_that_ends_is_no_longer_paused(bench: Bench) -> None:
    bench.look(REFUSED)
    bench.reports.start()
    bench.reports.stop()
    assert bench.table.calls == [["llm"], "removed"]
