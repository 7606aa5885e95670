"""What the queues hold, for people: how much waits, what was given up and why, and putting it back."""

import json
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote_plus

from data_ingestion.artifacts import Artifacts
from ledger.operator_pause import OperatorPause
from ledger.paused_workers import PausedWorkers, PauseReason, pause_reasons
from ledger.queue_hours import QueueHours, Throughput
from work_queue.dead_letters import DeadLetter, DeadLetters, Filter
from work_queue.operator_pause import WorkerPauses
from work_queue.queue import Outgoing, SqsQueue

#: The counts are approximate anyway.
DEPTH_SECONDS = 2.0
#: Workers tell every minute, and of news within seconds.
PAUSED_SECONDS = 5.0
#: What went through lately is read again after this long.
THROUGHPUT_SECONDS = 15.0
THROUGHPUT_DAYS = 14
#: As many dead letters as a person looks at; more are counted, not listed.
MAX_LETTERS = 200


@dataclass(frozen=True, slots=True)
class QueueDepths:
    """Messages of the work queue that wait, are being worked on and wait for a later try; and dead letters."""

    waiting: int
    in_flight: int
    delayed: int
    dead_letters: int

    def as_json(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ListedLetter:
    """A dead letter with the documents that it is about, by the order of its keys."""

    letter: DeadLetter
    document_ids: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        documents = zip(self.letter.s3_keys, self.document_ids, strict=True)
        return {
            **asdict(self.letter),
            "documents": [{"s3_key": s3_key, "document_id": document_id} for s3_key, document_id in documents],
        }


class Queues:
    """The work queue and its dead letters. Thread-safe."""

    def __init__(
        self,
        queue: SqsQueue,
        letters: DeadLetters,
        artifacts: Artifacts,
        paused_workers: PausedWorkers,
        worker_pauses: WorkerPauses,
        hours: QueueHours,
    ) -> None:
        self._queue = queue
        self._artifacts = artifacts
        self._letters = letters
        self._paused_workers = paused_workers
        self._worker_pauses = worker_pauses
        self._hours = hours
        self._throughput: list[Throughput] = []
        self._throughput_read_at = float("-inf")
        self._paused: list[PauseReason] = []
        self._operator_pause: OperatorPause | None = None
        self._paused_read_at = float("-inf")
        self._lock = threading.Lock()
        self._browsing = threading.Lock()
        self._read_at = float("-inf")
        self._depths = QueueDepths(0, 0, 0, 0)

    def depths(self) -> QueueDepths:
        """Two calls, at most every DEPTH_SECONDS."""
        with self._lock:
            if time.monotonic() - self._read_at >= DEPTH_SECONDS:
                work = self._queue.backlog()
                self._depths = QueueDepths(work.visible, work.in_flight, work.delayed, self._letters.count())
                self._read_at = time.monotonic()
            return self._depths

    def paused(self) -> list[PauseReason]:
        """What workers wait for. With `operator_pause` one query and one read, at most every PAUSED_SECONDS."""
        with self._lock:
            self._read_pauses()
            return self._paused

    def operator_pause(self) -> OperatorPause | None:
        """While somebody has paused all workers."""
        with self._lock:
            self._read_pauses()
            return self._operator_pause

    def throughput(self) -> list[Throughput]:
        """What went through in the last THROUGHPUT_DAYS, for `ledger.queue_hours`: one query, at most every
        THROUGHPUT_SECONDS."""
        with self._lock:
            if time.monotonic() - self._throughput_read_at >= THROUGHPUT_SECONDS:
                self._throughput, self._throughput_read_at = self._hours.newest(THROUGHPUT_DAYS), time.monotonic()
            return self._throughput

    def pause_workers(self, by: str, reason: str) -> OperatorPause:
        """What holds from now on; an earlier pause stays as it is."""
        pause = self._worker_pauses.pause(by, reason)
        with self._lock:
            self._operator_pause = pause
        return pause

    def resume_workers(self) -> bool:
        """Whether there was a pause."""
        was_paused = self._worker_pauses.resume() is not None
        with self._lock:
            self._operator_pause = None
        return was_paused

    def _read_pauses(self) -> None:
        if time.monotonic() - self._paused_read_at >= PAUSED_SECONDS:
            self._paused = pause_reasons(self._paused_workers.all(), time.time())
            self._operator_pause = self._worker_pauses.current()
            self._paused_read_at = time.monotonic()

    def letters(self) -> list[ListedLetter]:
        """Each is seen by receiving it for a moment."""
        with self._browsing:
            return [
                ListedLetter(letter, tuple(map(self._artifacts.document_id, letter.s3_keys)))
                for letter in self._letters.letters(limit=MAX_LETTERS)
            ]

    def redrive(self, chosen: Filter) -> int:
        """How many were sent back into the queue."""
        with self._browsing:
            return self._letters.redrive(chosen).count

    def purge(self, chosen: Filter) -> int:
        with self._browsing:
            return self._letters.purge(chosen)

    def remove(self, s3_key: str) -> None:
        """Ask a worker to remove what was made of a source that is no longer there, as S3 would have asked."""
        record = {
            "eventSource": "aws:s3",
            "eventName": "ObjectRemoved:Delete",
            "s3": {"bucket": {"name": self._artifacts.bucket}, "object": {"key": quote_plus(s3_key, safe="/")}},
        }
        self._queue.send(Outgoing(json.dumps({"Records": [record]})))
