"""An idle worker clears what killed ones left, now and then."""

import threading
from pathlib import Path

from composition.parts import Parts
from tests.support.consumer_bench import WAIT_SECONDS, Bench, running
from work_queue.in_memory_sqs import ManualClock
from worker.leftovers import CLEAR_EVERY_SECONDS, Leftovers


def test_an_idle_worker_writes_the_history_that_others_left_once_in_a_while(parts: Parts) -> None:
    item = parts.history.outbox_item("doc1", "source-pdfs/1.pdf", {"status": "succeeded"}, 1)
    assert item
    parts.table.put(item)
    clock = ManualClock()
    leftovers = Leftovers(parts.history, clock)
    leftovers.clear_if_due()
    assert parts.history.read() == {}
    clock.advance(CLEAR_EVERY_SECONDS)
    leftovers.clear_if_due()
    assert set(parts.history.read()) == {"source-pdfs/1.pdf"}


def test_the_consumer_says_when_it_is_idle(tmp_path: Path) -> None:
    idle = threading.Event()
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.consumer._on_idle = idle.set
    with running(bench):
        assert idle.wait(WAIT_SECONDS)
