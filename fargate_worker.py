"""The worker: settings → parts → the consume loop. `python fargate_worker.py --help`.

Exit codes: 0 stopped in order or queue empty, 1 a bug, 2 wrong settings, 3 a service can't be reached.
Nothing heavy is imported before it is needed: the health check runs every few seconds, and a worker polls before it
knows what Qdrant is.
"""

import argparse
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from work_queue.liveness import MAX_SILENCE_SECONDS, silence_seconds

if TYPE_CHECKING:
    from foundation.errors import TransientError
    from work_queue.consumer import Consumer

EXIT_BUG = 1
EXIT_SETTINGS = 2
EXIT_UNREACHABLE = 3
#: Children and connections get this long to end; then the process ends anyway, and they with it. The history's lease of
#: a worker that was killed has run out by then.
CLOSE_SECONDS = 75.0
#: After a signal all is over this long after the grace period: with the default one, Fargate's SIGKILL comes at 10 s.
OVER_SECONDS = 9.0
MIN_CLOSE_SECONDS = 1.0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Turns PDFs that S3 reports to the queue into searchable knowledge, until SIGTERM.",
        epilog="Settings come from the environment and .env; .env.example lists them all."
        " SIGTERM lets running documents finish, a second one doesn't.",
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--until-empty", action="store_true", help="end with 0 once the queue is drained")
    group.add_argument("--healthcheck", action="store_true", help="end with 0 if a worker here polls, else with 1")
    group.add_argument(
        "--flush-history",
        action="store_true",
        help="write the history entries and send the events that workers left, and end",
    )
    options = parser.parse_args(arguments)
    if options.healthcheck:
        return 0 if silence_seconds() < MAX_SILENCE_SECONDS else 1
    if options.flush_history:
        return _code_of(flush_history)
    return run(until_empty=options.until_empty)


def run(*, until_empty: bool, checkpoint: Callable[[str], None] | None = None) -> int:
    """Consume. `checkpoint` is called at the named points of every message's way; tests strike there."""
    from work_queue.signals import StopSignals

    stop = _Stop()
    with StopSignals(stop.on_signal):
        code = _code_of(lambda: _consume(stop, until_empty=until_empty, checkpoint=checkpoint))
    if threading.active_count() > 1:
        # The interpreter would wait for a thread that hangs in a call. Its document has been given back.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def flush_history() -> None:
    """What the template's FlushHistory starts when entries wait and no worker writes them, and FlushEvents when events
    wait. Asks S3, DynamoDB and what events go to.

    Raises SettingsError and TransientError.
    """
    from config import load_settings
    from foundation.logs import configure_logs

    settings = load_settings()
    configure_logs(settings.log_format, settings.log_level)
    import structlog

    from composition.parts import Parts
    from work_queue.metrics import Metrics, standard_output

    parts = Parts(settings)
    parts.on_unsent_events = Metrics(settings.metrics_namespace, standard_output()).events_unsent
    try:
        events = parts.events.flush() if parts.events else 0
    finally:
        try:
            entries = parts.history.flush_all()  # whether or not events could be sent
        finally:
            parts.close()
    structlog.get_logger("worker").info("history flushed", entries=entries, events=events)


def _code_of(work: Callable[[], None]) -> int:
    """Do it, and say what stopped it; returns the exit code."""
    from foundation.errors import DeploymentError, SettingsError, TransientError

    try:
        work()
    except SettingsError as error:
        return _fail(str(error), EXIT_SETTINGS)
    except DeploymentError as error:
        return _fail(str(error), EXIT_UNREACHABLE)
    except TransientError as error:
        return _fail(_describe(error), EXIT_UNREACHABLE)
    except Exception:  # noqa: BLE001 (this is where a bug is told)
        return _fail(traceback.format_exc(), EXIT_BUG)
    return 0


def _describe(error: "TransientError") -> str:
    from composition.outages import describe_outage
    from config import load_settings

    return describe_outage(error, load_settings())  # they could be read before, or else nothing was asked


def _consume(stop: "_Stop", *, until_empty: bool, checkpoint: Callable[[str], None] | None) -> None:
    from config import load_settings
    from foundation.logs import configure_logs

    settings = load_settings()
    configure_logs(settings.log_format, settings.log_level)
    from worker.service import Worker

    worker = Worker(settings, checkpoint=checkpoint)
    stop.attach(worker.consumer)
    try:
        worker.run(until_empty=until_empty)
    finally:
        closer = threading.Thread(target=worker.close, daemon=True)
        closer.start()
        closer.join(stop.seconds_to_close(settings.shutdown_grace_seconds))


class _Stop:
    """The first signal stops the consumer, the second hurries it; one that comes before there is a consumer counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._consumer: Consumer | None = None
        self._received: list[str] = []
        self._first_at: float | None = None

    def on_signal(self, name: str, count: int) -> None:
        with self._lock:
            self._received.append(name)
            self._first_at = self._first_at or time.monotonic()
            consumer = self._consumer
        if consumer:
            self._tell(consumer, name, count)

    def attach(self, consumer: "Consumer") -> None:
        with self._lock:
            self._consumer = consumer
            received = list(self._received)
        for count, name in enumerate(received, 1):
            self._tell(consumer, name, count)

    def seconds_to_close(self, grace_seconds: float) -> float:
        """What is left of the time between the first signal and SIGKILL."""
        if self._first_at is None:
            return CLOSE_SECONDS
        left = self._first_at + grace_seconds + OVER_SECONDS - time.monotonic()
        return max(MIN_CLOSE_SECONDS, min(CLOSE_SECONDS, left))

    @staticmethod
    def _tell(consumer: "Consumer", name: str, count: int) -> None:
        if count == 1:
            consumer.stop(name)
        else:
            consumer.hurry()


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"error: {message.rstrip()}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
