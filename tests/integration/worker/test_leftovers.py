"""An idle worker clears what killed ones left, now and then."""

import threading
import time
from pathlib import Path

from composition.parts import Parts
from ledger import ClaimRequest, Claims, DocumentRecord, DocumentResult, DocumentState
from ledger.history_entry import HistoryEntry
from tests.support.consumer_bench import WAIT_SECONDS, Bench, running
from tests.support.event_receivers import make_receiver
from work_queue.in_memory_sqs import ManualClock
from worker.leftovers import CLEAR_EVERY_SECONDS, Leftovers
from worker.service import Worker


def test_an_idle_worker_writes_the_history_that_others_left_once_in_a_while(parts: Parts) -> None:
    ended = HistoryEntry.of(DocumentRecord(state=DocumentState.SUCCEEDED))
    item = parts.history.outbox_item("doc1", "source-pdfs/1.pdf", ended, 1)
    assert item
    parts.table.put(item)
    clock = ManualClock()
    leftovers = Leftovers(parts.history, clock)
    leftovers.clear_if_due()
    assert parts.history.read() == {}
    clock.advance(CLEAR_EVERY_SECONDS)
    leftovers.clear_if_due()
    assert set(parts.history.read()) == {"source-pdfs/1.pdf"}


def test_a_worker_that_starts_sends_the_events_that_others_left(parts: Parts) -> None:
    receiver = make_receiver(parts)
    claims = Claims(parts.table, "killed", lambda: time.time() - 60, lambda event: None)
    request = ClaimRequest("doc1", "source-pdfs/1.pdf", "e", ("pages",), "use")
    claims.end(claims.take(request, None, 60), DocumentState.SUCCEEDED, DocumentResult())
    worker = Worker(parts.settings.model_copy(update={"events_target_arn": receiver.arn}))
    try:
        worker._leftovers.clear()
        until = time.monotonic() + WAIT_SECONDS
        while any(parts.table.query("pk", "events")):
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        worker.close()
    assert [event["subject"] for event in receiver.received()] == ["source-pdfs/1.pdf"]


def test_the_consumer_says_when_it_is_idle(tmp_path: Path) -> None:
    idle = threading.Event()
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.consumer._on_idle = idle.set
    with running(bench):
        assert idle.wait(WAIT_SECONDS)
