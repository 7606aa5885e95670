"""Documents end in the ledger, and what became of them arrives behind EventBridge and SNS, by boto3 over HTTP."""

import threading
import time
from collections.abc import Callable, Iterator

import jsonschema
import pytest

from composition.events import make_sender
from composition.parts import Parts
from document_events.message import read_schema
from document_events.sender import EventSender
from foundation.errors import FailureCode, PermanentError
from ledger import ClaimRequest, Claims, DocumentResult, DocumentState
from ledger.events import EventRecord, Events
from ledger.records import ServedStore
from tests.support.event_receivers import Kind, Receiver, make_receiver

VALIDATOR = jsonschema.Draft202012Validator(read_schema(), format_checker=jsonschema.FormatChecker())
SERVED = DocumentResult(
    served={"pages": ServedStore(sha256="a" * 64, shape="s", generation="000001-aaaa")},
    content_sha256="a" * 64, pages_total=3, pages_done=3,
)  # fmt: skip
REMOVED = DocumentResult(served={}, content_sha256=None, pages_total=0)


class Clock:
    """Epoch seconds that only a test moves."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


class Documents:
    """Ends documents as a worker does."""

    def __init__(self, parts: Parts, on_event: Callable[[EventRecord], object] | None) -> None:
        self._parts = parts
        self.clock = Clock()
        self.claims = Claims(parts.table, "worker-1", self.clock, on_event)

    def end(
        self, state: DocumentState, result: DocumentResult = SERVED, name: str = "a", *, same: bool = False
    ) -> None:
        key = f"source-pdfs/{name}.pdf"
        request = ClaimRequest(name, key, "e1", ("pages",), "rebuild", delivery_id="m1")
        claim = self.claims.take(request, self._parts.documents.get(name), 60)
        self.claims.end(claim, state, result, is_unchanged=same)


def sender_of(parts: Parts, arn: str) -> EventSender:
    return make_sender(parts.settings, arn, parts.table, on_unsent=lambda age: None, checkpoint=lambda name: None)


@pytest.fixture
def receiver(parts: Parts) -> Receiver:
    return make_receiver(parts)


@pytest.fixture
def sender(parts: Parts, receiver: Receiver) -> Iterator[EventSender]:
    sender = sender_of(parts, receiver.arn)
    yield sender
    sender.close()


def numbers(events: list[dict]) -> list[int]:  # type: ignore[type-arg]
    return [event["data"]["sequence"] for event in events]


@pytest.mark.parametrize("kind", ["eventbridge", "sns", "fifo"])
def test_each_event_arrives_once_in_order_and_as_the_schema_says(parts: Parts, kind: Kind) -> None:
    receiver = make_receiver(parts, kind)
    sender = sender_of(parts, receiver.arn)
    documents = Documents(parts, sender.offer)
    documents.end(DocumentState.SUCCEEDED)
    documents.end(DocumentState.QUEUED, DocumentResult())
    documents.end(DocumentState.FAILED, DocumentResult(code=FailureCode.CORRUPT, message="page 3: secret text"))
    documents.end(DocumentState.CANCELLED, DocumentResult())
    degraded = SERVED.model_copy(update={"degraded": ("page 2: took too long",), "page_outcomes": {"timeout": 1}})
    documents.end(DocumentState.DEGRADED, degraded)
    documents.end(DocumentState.DELETED, REMOVED)
    sender.close()

    found = receiver.received()
    assert [event["type"].removeprefix("document.") for event in found] == [
        "searchable", "failed", "degraded", "deleted",
    ]  # fmt: skip
    first = numbers(found)[0]
    assert numbers(found) == [first, first + 1, first + 2, first + 3]
    assert [event["data"]["previous_sequence"] for event in found] == [None, first, first + 1, first + 2]
    assert [event["data"]["is_searchable"] for event in found] == [True, True, True, False]
    assert [event["data"]["pages"] for event in found] == [3, None, 3, None]
    assert [event["data"]["reasons"] for event in found] == [[], ["corrupt"], ["page_timeout"], []]
    assert [event["data"]["generation"] for event in found] == [1, 3, 5, 6]
    for event in found:
        VALIDATOR.validate(event)
        assert (event["source"], event["subject"]) == (f"s3://{parts.settings.aws_s3_bucket_name}", "source-pdfs/a.pdf")
        assert "secret" not in str(event)
        assert "too long" not in str(event)
    assert list(Events(parts.table).pending()) == []


def test_a_rule_of_eventbridge_can_ask_for_type_and_source(
    parts: Parts, receiver: Receiver, sender: EventSender
) -> None:
    Documents(parts, sender.offer).end(DocumentState.SUCCEEDED)
    sender.close()
    [envelope] = receiver.envelopes()
    assert (envelope["source"], envelope["detail-type"]) == ("leafmill", "document.searchable")


def test_a_filter_policy_of_sns_can_ask_for_the_type(parts: Parts) -> None:
    receiver = make_receiver(parts, "sns")
    sender = sender_of(parts, receiver.arn)
    Documents(parts, sender.offer).end(DocumentState.SUCCEEDED)
    sender.close()
    [envelope] = receiver.envelopes()
    assert envelope["MessageAttributes"]["type"]["Value"] == "document.searchable"


def test_who_dies_before_it_sends_leaves_the_event_to_others(
    parts: Parts, receiver: Receiver, sender: EventSender
) -> None:
    Documents(parts, lambda event: None).end(DocumentState.SUCCEEDED)
    assert receiver.received() == []
    assert sender.flush() == 1
    assert len(receiver.received()) == 1
    assert sender.flush() == 0


def test_who_dies_before_it_notes_that_it_sent_has_it_sent_again_under_the_same_id(
    parts: Parts, receiver: Receiver, sender: EventSender
) -> None:
    class DiedError(Exception):
        pass

    def die(event: EventRecord) -> None:
        raise DiedError

    Documents(parts, lambda event: None).end(DocumentState.SUCCEEDED)
    sender._events.sent = die  # type: ignore[method-assign]
    with pytest.raises(DiedError):
        sender.flush()
    assert sender_of(parts, receiver.arn).flush() == 1
    first, second = receiver.received()
    assert first == second


def test_what_is_unchanged_is_told_only_if_the_last_event_said_something_else(
    parts: Parts, receiver: Receiver, sender: EventSender
) -> None:
    documents = Documents(parts, sender.offer)
    documents.end(DocumentState.SUCCEEDED)
    documents.end(DocumentState.SUCCEEDED, same=True)
    documents.end(DocumentState.FAILED, DocumentResult(code=FailureCode.CORRUPT))
    documents.end(DocumentState.SUCCEEDED, same=True)
    documents.end(DocumentState.SUCCEEDED)
    sender.close()
    assert [event["type"].removeprefix("document.") for event in receiver.received()] == [
        "searchable", "failed", "searchable", "searchable",
    ]  # fmt: skip


def test_a_document_that_the_queue_gave_up_has_failed_once(
    parts: Parts, receiver: Receiver, sender: EventSender
) -> None:
    documents = Documents(parts, sender.offer)
    documents.end(DocumentState.SUCCEEDED)
    documents.end(DocumentState.QUEUED, DocumentResult())
    for _ in range(2):  # its worker died before it deleted the message
        documents.claims.give_up("a", "source-pdfs/a.pdf", FailureCode.INTERNAL, "its tries ran out")
    documents.claims.give_up("new", "source-pdfs/new.pdf", FailureCode.INTERNAL, "its tries ran out")
    sender.close()
    found = receiver.received()
    assert [(event["subject"], event["type"]) for event in found] == [
        ("source-pdfs/a.pdf", "document.searchable"),
        ("source-pdfs/a.pdf", "document.failed"),
        ("source-pdfs/new.pdf", "document.failed"),
    ]
    assert [event["data"]["is_searchable"] for event in found] == [True, True, False]
    assert numbers(found)[1] == numbers(found)[0] + 1
    assert found[2]["data"]["previous_sequence"] is None


def test_a_document_that_somebody_holds_is_not_given_up(parts: Parts, sender: EventSender) -> None:
    documents = Documents(parts, sender.offer)
    documents.claims.take(ClaimRequest("a", "source-pdfs/a.pdf", "e", ("pages",), "use"), None, 60)
    documents.claims.give_up("a", "source-pdfs/a.pdf", FailureCode.INTERNAL, "its tries ran out")
    assert list(Events(parts.table).pending()) == []


def test_between_look_and_claim_another_event_may_come(parts: Parts, receiver: Receiver, sender: EventSender) -> None:
    """Its number would be given twice if it were taken from the look."""
    documents = Documents(parts, sender.offer)
    documents.end(DocumentState.SUCCEEDED)
    seen = parts.documents.get("a")
    documents.claims.give_up("a", "source-pdfs/a.pdf", FailureCode.INTERNAL, "its tries ran out")
    claim = documents.claims.take(ClaimRequest("a", "source-pdfs/a.pdf", "e2", ("pages",), "use"), seen, 60)
    documents.claims.end(claim, DocumentState.SUCCEEDED, SERVED)
    sender.close()
    first, second, third = numbers(receiver.received())
    assert (second, third) == (first + 1, first + 2)


def test_a_document_that_killed_its_workers_is_told_of(parts: Parts, receiver: Receiver, sender: EventSender) -> None:
    documents = Documents(parts, sender.offer)
    request = ClaimRequest("a", "source-pdfs/a.pdf", "e1", ("pages",), "use", delivery_id="m1", is_alone=True)
    for _ in range(2):
        documents.claims.take(request, parts.documents.get("a"), 60)
        documents.clock.now += 61
    with pytest.raises(PermanentError):
        documents.claims.take(request, parts.documents.get("a"), 60)
    sender.close()
    [event] = receiver.received()
    assert (event["type"], event["data"]["reasons"]) == ("document.failed", ["worker_killed"])


def test_what_0_1_0_wrote_gets_its_first_number_when_it_ends_next(
    parts: Parts, receiver: Receiver, sender: EventSender
) -> None:
    Documents(parts, None).end(DocumentState.SUCCEEDED)  # events are off: no number, as before there were any
    assert (item := parts.documents.get("a"))
    assert item.event_sequence is None
    documents = Documents(parts, sender.offer)
    documents.end(DocumentState.SUCCEEDED)
    sender.close()
    [event] = receiver.received()
    assert (event["data"]["sequence"], event["data"]["previous_sequence"]) == (1_750_000_000_000, None)


def test_an_erased_document_that_comes_back_is_numbered_above_what_was(
    parts: Parts, receiver: Receiver, sender: EventSender
) -> None:
    """A receiver that keeps the highest number must not take the new events for old ones."""
    documents = Documents(parts, sender.offer)
    documents.end(DocumentState.SUCCEEDED)
    documents.end(DocumentState.DELETED, REMOVED)
    for item in list(parts.table.query("pk", "document#a")):
        parts.table.delete((item["pk"], item["sk"]))
    documents.clock.now += 60
    documents.end(DocumentState.SUCCEEDED)
    sender.close()
    first, deleted, again = receiver.received()
    assert again["data"]["sequence"] > deleted["data"]["sequence"] > first["data"]["sequence"]
    assert again["data"]["previous_sequence"] is None


def test_a_worker_that_lost_its_claim_tells_nothing(parts: Parts, sender: EventSender) -> None:
    documents = Documents(parts, sender.offer)
    request = ClaimRequest("a", "source-pdfs/a.pdf", "e1", ("pages",), "use", delivery_id="m1")
    slept = documents.claims.take(request, None, 60)
    documents.clock.now += 61
    documents.claims.take(request, parts.documents.get("a"), 60)
    with pytest.raises(Exception, match="no longer ours"):
        documents.claims.end(slept, DocumentState.SUCCEEDED, SERVED)
    assert list(Events(parts.table).pending()) == []


def test_of_two_processes_that_sweep_one_sends(parts: Parts, receiver: Receiver) -> None:
    documents = Documents(parts, lambda event: None)
    for number in range(12):
        documents.end(DocumentState.SUCCEEDED, name=f"d{number}")
    senders = [sender_of(parts, receiver.arn) for _ in range(2)]
    threads = [threading.Thread(target=sender.flush) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(event["subject"] for event in receiver.received()) == sorted(
        f"source-pdfs/d{number}.pdf" for number in range(12)
    )


def test_events_stay_out_of_the_indexes_of_documents(parts: Parts, sender: EventSender) -> None:
    documents = Documents(parts, lambda event: None)
    request = ClaimRequest("a", "source-pdfs/a.pdf", "e1", ("pages",), "use", "run-1", "m1")
    documents.claims.end(documents.claims.take(request, None, 60), DocumentState.SUCCEEDED, SERVED)
    assert len(list(parts.documents.of_run("run-1"))) == 1
    assert len(list(parts.documents.all())) == 1
    [event] = Events(parts.table).pending()
    assert event.run_id == "run-1"


def count_calls(parts: Parts, sender: EventSender) -> dict[str, int]:
    calls = {"events": 0, "DeleteItem": 0}
    sender._outlet.target._client.meta.events.register(  # type: ignore[attr-defined]
        "before-call.events", lambda **_: calls.update(events=calls["events"] + 1)
    )
    parts.aws.dynamodb.meta.events.register(
        "before-call.dynamodb.DeleteItem", lambda **_: calls.update(DeleteItem=calls["DeleteItem"] + 1)
    )
    return calls


def assert_all_arrived(parts: Parts, receiver: Receiver, sender: EventSender, count: int) -> None:
    until = time.monotonic() + 240
    while any(Events(parts.table).pending(limit=1)) and time.monotonic() < until:
        time.sleep(0.05)
    sender.close()
    # A busy machine's time-out is a repetition.
    subjects = {event["id"]: event["subject"] for event in receiver.received()}.values()
    assert sorted(subjects) == sorted(f"source-pdfs/d{number}.pdf" for number in range(count))


@pytest.mark.system
def test_a_run_of_many_documents_takes_bounded_calls(parts: Parts, receiver: Receiver, sender: EventSender) -> None:
    calls = count_calls(parts, sender)
    documents = Documents(parts, sender.offer)
    for number in range(30):
        documents.end(DocumentState.SUCCEEDED, name=f"d{number}")
    assert_all_arrived(parts, receiver, sender, 30)
    assert calls["events"] <= 30
    assert calls["DeleteItem"] == 30
