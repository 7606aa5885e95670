"""Who calls with a key of the API, and how many requests it has left, in this process.

    token ── of our form? ── known for some seconds? ── ledger ── secret right, valid? ── quota left?

A key is read from the ledger at most every `CACHE_SECONDS`, so that a revoked one is refused after that at the latest.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import structlog
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from foundation.errors import TransientError
from ledger.api_keys import LAST_USED_SECONDS, ApiKeyRecord, ApiKeys, KeyState, judge, parse_token

#: A revoked key is refused by every process after this long.
CACHE_SECONDS = 10.0
MAX_CACHED_KEYS = 1_000
LimitName = Literal["requests", "questions"]
#: By key. Counted in this process.
LIMITS: Mapping[LimitName, RateLimitItem] = {"requests": parse("300/minute"), "questions": parse("30/minute")}
#: Wrong keys from one address: each may cost a read of the ledger.
WRONG_KEYS = parse("30/minute")

log = structlog.get_logger("api")


class KeyRefusedError(Exception):
    """The key is unknown, has expired or was revoked; the message says which."""

    def __init__(self, state: KeyState) -> None:
        super().__init__(_REFUSED[state])


class TooManyWrongKeysError(Exception):
    """The address has sent too many wrong keys; `seconds` until it may send another."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many wrong keys. Try again in {seconds} seconds.")
        self.seconds = seconds


_REFUSED = {
    KeyState.UNKNOWN: "This key is not accepted.",
    KeyState.EXPIRED: "This key has expired.",
    KeyState.REVOKED: "This key was revoked.",
}


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of a key's requests. `limit` is their number in `window_seconds`, `seconds` until there are more."""

    is_admitted: bool
    limit: int
    window_seconds: int
    remaining: int
    seconds: int

    @property
    def refusal(self) -> str:
        """A sentence for who is not admitted."""
        return f"This key may make {self.limit} such requests a minute. Try again in {self.seconds} seconds."


class KeyChecks:
    """Thread-safe. `clock` is monotonic seconds, `now` epoch seconds."""

    def __init__(
        self, keys: ApiKeys, clock: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self.clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._read: OrderedDict[str, tuple[float, ApiKeyRecord]] = OrderedDict()
        self._noted: dict[str, float] = {}
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def identify(self, text: str, address: str) -> ApiKeyRecord:
        """The key that a token is of. Raises KeyRefusedError, TooManyWrongKeysError, or TransientError when the ledger
        is away."""
        token = parse_token(text)
        record = self._cached(token.key_id) if token else None
        if token and record is None:
            self._refuse_too_many_wrong(address)
            record = self._looked_up(token.key_id)
        state = judge(token, record, self._now()) if token else KeyState.UNKNOWN
        if state is not KeyState.ACCEPTED or record is None:
            self._refuse_too_many_wrong(address)
            self._limiter.hit(WRONG_KEYS, "wrong-key", address)
            raise KeyRefusedError(state)
        self._note_use(record.key_id)
        return record

    def take(self, name: LimitName, key_id: str) -> Quota:
        """One request of a key's quota, if there is one left."""
        limit = LIMITS[name]
        is_admitted = self._limiter.hit(limit, name, key_id)
        stats = self._limiter.get_window_stats(limit, name, key_id)
        return Quota(
            is_admitted=is_admitted,
            limit=limit.amount,
            window_seconds=limit.get_expiry(),
            remaining=stats.remaining if is_admitted else 0,
            seconds=self._seconds_until(stats.reset_time),
        )

    def _cached(self, key_id: str) -> ApiKeyRecord | None:
        with self._lock:
            read_at, record = self._read.get(key_id, (float("-inf"), None))
        return record if self.clock() - read_at < CACHE_SECONDS else None

    def _looked_up(self, key_id: str) -> ApiKeyRecord | None:
        record = self._keys.find(key_id)
        with self._lock:
            self._read.pop(key_id, None)
            if record:
                self._read[key_id] = self.clock(), record
                while len(self._read) > MAX_CACHED_KEYS:
                    self._read.popitem(last=False)
        return record

    def _note_use(self, key_id: str) -> None:
        with self._lock:
            now = self.clock()
            if now - self._noted.get(key_id, float("-inf")) < LAST_USED_SECONDS:
                return
            if len(self._noted) > MAX_CACHED_KEYS:
                self._noted.clear()
            self._noted[key_id] = now
        try:
            self._keys.note_use(key_id)
        except TransientError as error:
            log.warning("use of a key not noted", key_id=key_id, reason=str(error))

    def _refuse_too_many_wrong(self, address: str) -> None:
        if not self._limiter.test(WRONG_KEYS, "wrong-key", address):
            stats = self._limiter.get_window_stats(WRONG_KEYS, "wrong-key", address)
            raise TooManyWrongKeysError(self._seconds_until(stats.reset_time))

    def _seconds_until(self, epoch_seconds: float) -> int:
        return max(1, math.ceil(epoch_seconds - self._now()))
