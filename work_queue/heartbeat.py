"""The thread that keeps a lease alive while its work runs, and outlives it."""

import threading

import structlog

from work_queue.lease import IMPATIENCE, Lease

log = structlog.get_logger("work_queue")

#: A beat on its way when the work ends gets this long to come back.
JOIN_SECONDS = 10.0
MIN_WAIT_SECONDS = 0.05


class Heartbeat:
    """Beats from `with` until the block is left; then no beat is on its way any more, so that a retry delay that is
    set next isn't overwritten."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"beat {lease.message.message_id}", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(JOIN_SECONDS)

    def _beat(self) -> None:
        wait_seconds = self._lease.seconds_to_next_beat
        while not self._ended.wait(max(MIN_WAIT_SECONDS, wait_seconds)):
            if self._lease.is_lost:
                return
            try:
                answered = self._lease.beat()
            except Exception:
                # A bug here must not pass as a lost lease: say it, and let the deadline end the work.
                log.exception("heartbeat broke")
                return
            wait_seconds = self._lease.seconds_to_next_beat if answered else self._retry_seconds()

    def _retry_seconds(self) -> float:
        return min(self._lease.beat_interval_seconds / IMPATIENCE, self._lease.remaining_seconds / IMPATIENCE)
