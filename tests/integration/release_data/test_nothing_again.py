"""Nothing that a released version stored is read or paid for again unasked, and what waited is worked off."""

import json
from collections import Counter
from urllib.parse import quote_plus

from composition.parts import Parts
from tests.integration.release_data.recorded import PREFIX, latest_in_make_test, ledger, states_of, stored, writes
from tests.support.loopback_models import LoopbackModels
from tests.support.machine import Machine
from tests.support.release_data import DataSet


def send_event_again(parts: Parts, data: DataSet, s3_key: str) -> None:
    """The event of this object, as the recorded bucket wrote it of another."""
    bodies = [json.loads(message["body"]) for message in data.messages()["queue"]]
    event = next(body for body in bodies if "Records" in body)
    source = parts.artifacts.find_source(s3_key)
    assert source
    event["Records"][0]["s3"]["object"] |= {"key": quote_plus(s3_key), "eTag": source.etag, "size": source.size}
    parts.aws.sqs.send_message(QueueUrl=parts.settings.sqs_queue_url, MessageBody=json.dumps(event))


@writes
@latest_in_make_test
def test_what_is_up_to_date_is_skipped(machine: Machine, parts: Parts, data: DataSet, loopback: LoopbackModels) -> None:
    """Whether its event comes again or a run asks for it: nothing is read, embedded or asked."""
    parts.aws.sqs.purge_queue(QueueUrl=parts.settings.sqs_queue_url)
    before = stored(parts.settings)
    finished = [name for name, state in states_of(data).items() if state == "succeeded"]
    run_id = machine.manage("enqueue", *finished)["run_id"]
    for name in finished:
        send_event_again(parts, data, PREFIX + name)

    machine.work()

    skipped = Counter(line["s3_key"] for line in machine.log if line.get("event") == "document skipped")
    assert skipped == {PREFIX + name: 2 for name in finished}
    assert loopback.calls == 0
    assert stored(parts.settings) == before
    run = parts.runs.get(run_id)
    assert run
    assert run.documents_skipped == run.documents_queued == len(finished)


@writes
@latest_in_make_test
def test_what_waited_is_worked_off(machine: Machine, parts: Parts, data: DataSet, loopback: LoopbackModels) -> None:
    """Messages in the queue, entries of the history that the last worker didn't write, and a document that was being
    described when that worker died. What 0.1.0 read of it is read as blocks now, so that stored answers don't fit any
    more and every page is asked about once."""
    waiting = {item["s3_key"] for item in ledger(data, "history") if item["pk"] == "history"}
    assert waiting
    written = parts.history.read()
    assert not waiting & set(written)

    machine.work()

    history = parts.history.read()
    assert waiting <= set(history)
    assert set(written) <= set(history)
    claimed = [line["s3_key"] for line in machine.log if line.get("event") == "document claimed"]
    if states_of(data).get("unfinished.pdf") is None:
        assert (claimed, loopback.calls) == ([], 0)
        return
    assert claimed == [PREFIX + "unfinished.pdf"]
    assert machine.status()[PREFIX + "unfinished.pdf"]["status"] == "succeeded"
    pages = machine.status()[PREFIX + "unfinished.pdf"]["pages_total"] if data.version == "v0.1.0" else 1
    assert len(loopback.questions) <= pages + 1, "each page that has no stored answer, and the whole"
