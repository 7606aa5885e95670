"""Events cost nothing while they are off: no import, no thread, no item, no call; and little while they are on."""

import subprocess
import sys
import threading
from collections import Counter
from typing import Any

from composition.parts import Parts
from ledger import ClaimRequest, DocumentResult, DocumentState
from tests.conftest import REPOSITORY
from tests.support.event_receivers import make_receiver

#: What must not be imported while events are off.
OF_EVENTS = ("document_events", "composition.events")


def listen(parts: Parts) -> Counter[str]:
    """Calls of AWS from now on, by service and operation."""
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[f"{model.service_model.service_name} {model.name}"] += 1

    for client in (parts.aws.s3, parts.aws.sqs, parts.aws.dynamodb):
        client.meta.events.register("before-call", count)
    if parts.events:
        parts.events._outlet.target._client.meta.events.register("before-call", count)  # type: ignore[attr-defined]
    return calls


def work(parts: Parts, name: str) -> Counter[str]:
    """The calls of two ends of a document, a success and a failure."""
    calls = listen(parts)
    request = ClaimRequest(name, f"source-pdfs/{name}.pdf", "e1", ("pages",), "rebuild")
    for state in (DocumentState.SUCCEEDED, DocumentState.FAILED):
        claim = parts.claims.take(request, parts.documents.get(name), 60)
        parts.claims.end(claim, state, DocumentResult(code="corrupt"))
    parts.close()
    return Counter(calls)


def test_a_documents_end_takes_two_calls_at_most_while_events_are_on_and_none_while_they_are_off(
    parts: Parts,
) -> None:
    off = work(parts, "a")
    assert parts.events is None
    assert set(off) == {"dynamodb GetItem", "dynamodb UpdateItem", "dynamodb TransactWriteItems"}
    assert list(parts.table.query("pk", "events")) == []
    assert "events" not in [thread.name for thread in threading.enumerate()]
    items = list(parts.table.query("pk", "document#a"))
    assert len(items) == 3, "a state and two attempts"
    assert not any({"event_sequence", "event_type"} & item.keys() for item in items)

    arn = make_receiver(parts).arn
    on = work(Parts(parts.settings.model_copy(update={"events_target_arn": arn})), "b")
    assert off - on == Counter()
    more = on - off
    assert more.pop("dynamodb DeleteItem") == 2, "one for each event"
    assert 1 <= more.pop("events PutEvents") <= 2
    assert not more


def test_nothing_of_it_is_imported_while_events_are_off(stack_env: dict[str, str]) -> None:
    script = (
        "import sys; from config import load_settings; from composition.parts import Parts\n"
        "parts = Parts(load_settings(env_file='no-such-file')); parts.claims; import worker.service\n"
        "worker.service.Worker(parts.settings)\n"
        f"print([name for name in sys.modules if name.startswith({OF_EVENTS!r})])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PATH": "", **stack_env}, cwd=REPOSITORY, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "[]", done.stderr
