"""What alarms see of a simulated queue and its tasks: samples by the minute, late, and silent after six idle hours.

Time is in seconds from the first arrival.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

MINUTE = 60.0
#: SQS stops reporting a queue that nobody has used for six hours, and takes up to 15 minutes to resume.
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
SILENT_AFTER_SECONDS = 6 * 3_600.0
#: A data point is seen by alarms so many minutes after the minute that it describes has ended.
QUEUE_METRICS_LAG_MINUTES = 1
TASK_METRICS_LAG_MINUTES = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What alarms see this minute; None where a data point is missing."""

    visible: float | None
    inflight: float | None
    running: float | None
    delayed: float | None = 0.0
    #: Calls that asked for messages, whether any came or not.
    receives: float | None = 0.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One minute: messages that wait and that are worked on, running tasks, calls that asked for messages."""

    visible: int
    inflight: int
    running: int
    receives: int


class QueueMetrics:
    """`resume_seconds` draws how long the metrics stay silent once a silent queue is used again; `is_fresh`: it was
    used right before the beginning."""

    def __init__(self, resume_seconds: Callable[[], float], *, is_fresh: bool) -> None:
        self._resume_seconds = resume_seconds
        self._samples: list[Sample] = []
        self._last_use = 0.0 if is_fresh else -math.inf
        self._speaks_from = 0.0

    def use(self, now: float) -> None:
        """Somebody used the queue: after a long silence its metrics take their time to come back."""
        if now - self._last_use > SILENT_AFTER_SECONDS:
            self._speaks_from = now + self._resume_seconds()
        self._last_use = now

    def add(self, sample: Sample) -> None:
        """A minute has ended."""
        self._samples.append(sample)

    def seen(self, now: float, *, polls_queue: bool, touches_queue: bool) -> Seen:
        """`polls_queue`: SQS itself was asked a moment ago. `touches_queue`: it is kept in use, and never silent."""
        queue = self._sample(QUEUE_METRICS_LAG_MINUTES)
        tasks = self._sample(TASK_METRICS_LAG_MINUTES)
        if polls_queue:
            queue = self._samples[-1]
        elif not touches_queue and self._is_silent(now):
            queue = None
        running = tasks.running if tasks and tasks.running else None  # no task, no sample
        if queue is None:
            return Seen(None, None, running, None)
        return Seen(queue.visible, queue.inflight, running, receives=queue.receives)

    def _is_silent(self, now: float) -> bool:
        return now < self._speaks_from + MINUTE or now - self._last_use > SILENT_AFTER_SECONDS

    def _sample(self, lag_minutes: int) -> Sample | None:
        return self._samples[-1 - lag_minutes] if len(self._samples) > lag_minutes else None
