"""The sender against a target that refuses, throttles and comes back; nothing of it blocks what offers an event."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from document_events import sender
from document_events.message import EventSource
from document_events.outlet import EventOutlet
from document_events.sender import MAX_WAITING, EventSender
from document_events.targets import Message
from foundation.errors import FailureCode, TransientError
from foundation.timestamps import utc_iso
from ledger.events import EventRecord, EventType
from ledger.records import DocumentState

NOW = 1_750_000_000.0
#: For what is certain to come, however busy the machine is.
WAIT_SECONDS = 30.0


def event(number: int, age_seconds: float = 100.0) -> EventRecord:
    return EventRecord(
        id=f"id-{number}", type=EventType.SEARCHABLE, sequence=number, time=utc_iso(NOW - age_seconds),
        document_id="d", s3_key="source-pdfs/a.pdf", state=DocumentState.SUCCEEDED,
    )  # fmt: skip


@dataclass
class FakeTarget:
    """Takes what it isn't told to refuse. `is_down`: it doesn't answer."""

    is_down: bool = False
    refuses: set[str] = field(default_factory=set)
    taken: list[str] = field(default_factory=list)
    calls: int = 0
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def send(self, messages: Sequence[Message]) -> dict[str, str]:
        assert 0 < len(messages) <= 10
        assert self.gate.wait(WAIT_SECONDS)
        self.calls += 1
        if self.is_down:
            raise TransientError(FailureCode.INTERNAL, "sending events: ServiceUnavailable", dependency="aws")
        refused = {message["id"]: "ThrottlingException" for message in messages if message["id"] in self.refuses}
        self.taken += [message["id"] for message in messages if message["id"] not in refused]
        return refused


@dataclass
class FakeEvents:
    """The pending events of the ledger."""

    waiting: dict[str, EventRecord] = field(default_factory=dict)
    is_down: bool = False

    def add(self, *events: EventRecord) -> None:
        self.waiting |= {event.id: event for event in events}

    def pending(self, settle_seconds: float = 0.0, limit: int | None = None) -> Iterator[EventRecord]:
        if self.is_down:
            raise TransientError(FailureCode.INTERNAL, "reading the ledger: Throttling", dependency="aws")
        old = [event for event in self.waiting.values() if event.time <= utc_iso(NOW - settle_seconds)]
        return iter(sorted(old, key=lambda event: event.time)[:limit])

    def sent(self, event: EventRecord) -> None:
        self.waiting.pop(event.id, None)


@dataclass
class FakeLease:
    is_free: bool = True

    def take(self) -> bool:
        return self.is_free

    def keep(self) -> bool:
        return True

    def release(self) -> None:
        pass


@dataclass
class Bench:
    target: FakeTarget = field(default_factory=FakeTarget)
    events: FakeEvents = field(default_factory=FakeEvents)
    lease: FakeLease = field(default_factory=FakeLease)
    ages: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sender = EventSender(
            EventOutlet(self.target, EventSource("bucket")), self.events, self.lease,  # type: ignore[arg-type]
            on_unsent=self.ages.append, clock=lambda: NOW,
        )  # fmt: skip

    def offer(self, *events: EventRecord) -> None:
        self.events.add(*events)
        for one in events:
            self.sender.offer(one)


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "FIRST_REST_SECONDS", 0.05)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.sender.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_there_is_no_thread_before_the_first_event(bench: Bench) -> None:
    assert "events" not in [thread.name for thread in threading.enumerate()]
    bench.sender.close()
    assert "events" not in [thread.name for thread in threading.enumerate()]


def test_events_go_out_in_their_order_and_wait_no_more(bench: Bench) -> None:
    bench.offer(*(event(number) for number in range(25)))
    bench.sender.close()
    assert bench.target.taken == [f"id-{number}" for number in range(25)]
    assert not bench.events.waiting


def test_1000_documents_that_end_at_once_go_out_ten_at_a_time(bench: Bench) -> None:
    bench.target.gate.clear()
    bench.offer(*(event(number) for number in range(1_000)))
    bench.target.gate.set()
    bench.sender.close()
    assert bench.target.taken == [f"id-{number}" for number in range(1_000)]
    assert 100 <= bench.target.calls <= 101, "the first batch may be a single event"
    assert not bench.events.waiting


def test_whoever_offers_an_event_never_waits_and_memory_is_bounded(bench: Bench) -> None:
    bench.target.gate.clear()
    started = time.process_time()
    bench.offer(*(event(number) for number in range(MAX_WAITING + 500)))
    assert len(bench.sender._waiting) <= MAX_WAITING
    assert time.process_time() - started < 5
    bench.target.gate.set()
    bench.sender.close()
    left = len(bench.events.waiting)
    assert 0 < left <= 500, "these wait in the ledger"
    assert bench.sender.flush() == left
    assert not bench.events.waiting


def test_after_an_outage_all_of_it_is_sent_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    # The last event may come before the sweep of the others has ended; then it waits for the next one.
    monkeypatch.setattr(sender, "SETTLE_SECONDS", 0.05)
    bench.target.is_down = True
    bench.offer(*(event(number) for number in range(3)))
    until(lambda: bench.target.calls >= 2)
    bench.offer(*(event(number) for number in range(3, 30)))  # they wait in the ledger
    bench.target.is_down = False
    until(lambda: not bench.events.waiting)
    assert sorted(bench.target.taken) == sorted(f"id-{number}" for number in range(30))
    bench.offer(event(30))
    until(lambda: "id-30" in bench.target.taken)
    assert max(bench.ages) == pytest.approx(100)


def test_a_target_that_is_down_is_asked_ever_less_often(bench: Bench) -> None:
    bench.target.is_down = True
    bench.offer(event(1))
    time.sleep(1.0)
    assert bench.target.calls <= 6, "0, 0.05, 0.15, 0.35, 0.75 s and perhaps one more"


def test_of_a_batch_only_what_was_refused_is_sent_again(bench: Bench) -> None:
    bench.target.gate.clear()
    bench.target.refuses = {"id-3"}
    bench.offer(*(event(number) for number in range(6)))
    bench.target.gate.set()
    until(lambda: list(bench.events.waiting) == ["id-3"])
    bench.target.refuses = set()
    until(lambda: not bench.events.waiting)
    assert sorted(bench.target.taken) == [f"id-{number}" for number in range(6)]


def test_one_that_is_always_refused_does_not_hold_up_the_others(bench: Bench) -> None:
    bench.target.refuses = {"id-0"}
    bench.events.add(*(event(number, 200 - number) for number in range(25)))
    with pytest.raises(TransientError, match="1 events could not be sent"):
        bench.sender.flush()
    assert list(bench.events.waiting) == ["id-0"]


def test_a_sweep_leaves_young_events_to_the_process_that_wrote_them(bench: Bench) -> None:
    bench.events.add(event(1, age_seconds=5), event(2, age_seconds=100))
    bench.sender.sweep_soon()
    until(lambda: bench.target.taken == ["id-2"])
    assert list(bench.events.waiting) == ["id-1"]


def test_a_sweep_leaves_it_to_the_process_that_is_at_it(bench: Bench) -> None:
    bench.lease.is_free = False
    bench.events.add(event(1))
    bench.sender.sweep_soon()
    time.sleep(0.2)
    assert bench.target.calls == 0
    bench.lease.is_free = True
    until(lambda: bench.target.taken == ["id-1"])


def test_a_ledger_that_does_not_answer_is_asked_again(bench: Bench) -> None:
    bench.events.is_down = True
    bench.events.add(event(1))
    bench.sender.sweep_soon()
    time.sleep(0.1)
    bench.events.is_down = False
    until(lambda: bench.target.taken == ["id-1"])


def test_closing_sends_what_waits_and_does_not_hang_on_a_target_that_is_down(bench: Bench) -> None:
    bench.target.is_down = True
    bench.offer(*(event(number) for number in range(50)))
    bench.sender.close()
    assert bench.target.calls <= 2
    assert len(bench.events.waiting) == 50
    bench.offer(event(50))
    assert "id-50" in bench.events.waiting


def test_a_machine_without_threads_leaves_the_event_in_the_ledger(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        bench.offer(event(1))
    assert list(bench.events.waiting) == ["id-1"]
    bench.offer(event(2))
    bench.sender.close()
    assert bench.target.taken == ["id-2"]
    assert bench.sender.flush() == 1
