"""The bucket's PDFs, listed at most once a minute however many people look."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping

import structlog

from data_ingestion.artifacts import SourceObject
from foundation.errors import TransientError

#: A list call answers 1,000 keys: 10,000 documents take ten calls.
REFRESH_SECONDS = 60.0

log = structlog.get_logger("web")


class Listing:
    """Sources by key. Thread-safe. The first look waits for S3, later ones get the last listing meanwhile."""

    def __init__(
        self, list_sources: Callable[[], Iterable[SourceObject]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._list_sources = list_sources
        self._clock = clock
        self._lock = threading.Lock()
        self._sources: Mapping[str, SourceObject] | None = None
        self._listed_at = 0.0
        self._is_listing = False
        self._noted: dict[str, SourceObject | None] = {}

    def current(self) -> Mapping[str, SourceObject]:
        """Raises TransientError only when there never was a listing."""
        with self._lock:
            if self._sources is None:
                self._sources, self._listed_at = self._list(), self._clock()
            elif self._clock() - self._listed_at >= REFRESH_SECONDS and not self._is_listing:
                self._is_listing = True
                self._noted.clear()  # here, not in the thread: what is noted from now on may be newer than its listing
                threading.Thread(target=self._refresh, name="listing", daemon=True).start()
            return self._sources

    def note(self, key: str, source: SourceObject | None) -> None:
        """What the panel itself put there or removed (None); the next listing takes over."""
        with self._lock:
            self._noted[key] = source
            if self._sources is not None:
                self._sources = _noted(self._sources, {key: source})

    def _refresh(self) -> None:
        try:
            listed = self._list()
            with self._lock:
                self._sources = _noted(listed, self._noted)
        except TransientError as error:
            log.warning("listing not refreshed", reason=str(error))
        finally:
            with self._lock:
                self._listed_at, self._is_listing = self._clock(), False

    def _list(self) -> dict[str, SourceObject]:
        return {source.key: source for source in self._list_sources()}


def _noted(sources: Mapping[str, SourceObject], noted: Mapping[str, SourceObject | None]) -> dict[str, SourceObject]:
    merged: dict[str, SourceObject | None] = {**sources, **noted}
    return {key: source for key, source in merged.items() if source is not None}
