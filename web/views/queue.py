"""The queue and its dead letters."""

from datetime import UTC, datetime

from flask import Blueprint, g, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from ledger.queue_hours import by_day, by_hour
from web.inputs import Input, read_json
from web.panel import panel
from web.problems import bad_input
from web.queues import THROUGHPUT_DAYS
from web.throughput import HOURS, at_work, per_hour, waiting_ages
from web.views.documents import oldest_waiting, queues_as_json
from work_queue.dead_letters import Filter

blueprint = Blueprint("queue", __name__)


class LettersBody(Input):
    """Which dead letters: all that match what is given; `all` says that really all are meant."""

    message_id: str | None = Field(default=None, min_length=1, max_length=200)
    message_ids: list[str] | None = Field(default=None, min_length=1, max_length=200)
    code: str | None = Field(default=None, min_length=1, max_length=100)
    s3_key: str | None = Field(default=None, min_length=1, max_length=1_024)
    all: bool = False

    def chosen(self) -> Filter:
        ids = frozenset(self.message_ids) if self.message_ids else None
        chosen = Filter(self.code, self.s3_key, self.message_id, ids)
        if chosen.is_empty != self.all:
            raise bad_input("Say which: message_id, message_ids, code or s3_key; or all: true.")
        return chosen


class PauseBody(Input):
    """Who pauses all workers and why, as people are shown it; both may be empty."""

    by: str = Field(default="", max_length=100)
    reason: str = Field(default="", max_length=300)


@blueprint.get("/api/admin/queue")
def queue() -> ResponseReturnValue:
    """Depths; what workers wait for if they are paused; since when the document waits that waits longest; what ended in
    the last hours; what ended and how long it had waited by hour and by day; how long documents wait now; and who is at
    work."""
    documents = panel().catalogue.snapshot().documents
    queues = panel().queues
    now = datetime.now(UTC)
    throughput = queues.throughput()
    return jsonify(
        **queues_as_json(),
        oldest_waiting_at=oldest_waiting(documents.values()),
        ended=[hour.as_json() for hour in per_hour(documents.values(), now)],
        hours=[hour.as_json() for hour in by_hour(throughput, now, HOURS)],
        days=[day.as_json() for day in by_day(throughput, now, THROUGHPUT_DAYS)],
        waiting=[group.as_json() for group in waiting_ages(documents.values(), now)],
        workers=[worker.as_json() for worker in at_work(documents.values())],
    )


@blueprint.post("/api/admin/workers/pause")
def pause_workers() -> ResponseReturnValue:
    """No worker begins a document until somebody resumes; those at work are finished."""
    body = read_json(PauseBody)
    who = body.by.strip() or ("a program with the token" if g.who == "token" else "somebody at the panel")
    return jsonify(operator_pause=panel().queues.pause_workers(who, body.reason.strip()).as_json())


@blueprint.post("/api/admin/workers/resume")
def resume_workers() -> ResponseReturnValue:
    return jsonify(was_paused=panel().queues.resume_workers())


@blueprint.get("/api/admin/dead-letters")
def dead_letters() -> ResponseReturnValue:
    """What was given up, each with its reason; looking takes seconds, because SQS can only be received from."""
    return jsonify(letters=[letter.as_json() for letter in panel().queues.letters()])


@blueprint.post("/api/admin/dead-letters/redrive")
def redrive() -> ResponseReturnValue:
    return jsonify(redriven=panel().queues.redrive(read_json(LettersBody).chosen()))


@blueprint.post("/api/admin/dead-letters/purge")
def purge() -> ResponseReturnValue:
    return jsonify(purged=panel().queues.purge(read_json(LettersBody).chosen()))
