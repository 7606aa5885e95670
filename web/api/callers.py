"""Who calls: the key of a request, its scopes, and how many requests it has left.

    token ── of our form? ── known for some seconds? ── ledger ── secret right, valid? ── scope? ── share left?

A key is read from the ledger at most every `CACHE_SECONDS`, so that a revoked one is refused after that at the latest.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

import structlog
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from foundation.errors import TransientError
from ledger.api_keys import LAST_USED_SECONDS, ApiKeyRecord, ApiKeys, KeyState, judge, parse_token
from web.api.operations import Operation
from web.api.problems import ApiProblem

#: A revoked key is refused by every panel after this long.
CACHE_SECONDS = 10.0
MAX_CACHED_KEYS = 1_000
#: By key. Counted in this process, as the panel's are.
LIMITS: Mapping[str, RateLimitItem] = {"requests": parse("300/minute"), "questions": parse("30/minute")}
#: Wrong keys from one address: each may cost a read of the ledger.
WRONG_KEYS = parse("30/minute")
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="leafmill"'}
_REFUSED = {
    KeyState.UNKNOWN: "This key is not accepted.",
    KeyState.EXPIRED: "This key has expired.",
    KeyState.REVOKED: "This key was revoked.",
}

log = structlog.get_logger("api")


class Callers:
    """Thread-safe. `clock` is monotonic seconds, `now` epoch seconds."""

    def __init__(
        self, keys: ApiKeys, clock: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._read: OrderedDict[str, tuple[float, ApiKeyRecord]] = OrderedDict()
        self._noted: dict[str, float] = {}
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def identify(self, authorization: str, address: str) -> ApiKeyRecord:
        """The key of `Authorization`. Raises ApiProblem (401, 429), or TransientError when the ledger is away."""
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise ApiProblem("unauthorized", "Send Authorization: Bearer lm_…", headers=_CHALLENGE)
        token = parse_token(text.strip())
        record = self._cached(token.key_id) if token else None
        if token and record is None:
            self._refuse_too_many_wrong(address)
            record = self._looked_up(token.key_id)
        state = judge(token, record, self._now()) if token else KeyState.UNKNOWN
        if state is not KeyState.ACCEPTED or record is None:
            self._refuse_too_many_wrong(address)
            self._limiter.hit(WRONG_KEYS, "wrong-key", address)
            raise ApiProblem("unauthorized", _REFUSED[state], headers=_CHALLENGE)
        self._note_use(record.key_id)
        return record

    def admit(self, key: ApiKeyRecord, called: Operation) -> dict[str, str]:
        """The headers that say how many requests are left. Raises ApiProblem (403, 429)."""
        if "admin" not in key.scopes and not set(key.scopes) & set(called.scopes):
            needed = " or ".join(called.scopes)
            raise ApiProblem("forbidden", f"This needs a key with the scope {needed}.")
        if key.prefix and not called.by_prefix:
            raise ApiProblem("forbidden", "This is not told by folder: it needs a key without a prefix.")
        limit = LIMITS[called.limit]
        is_admitted = self._limiter.hit(limit, called.limit, key.key_id)
        stats = self._limiter.get_window_stats(limit, called.limit, key.key_id)
        seconds = max(1, math.ceil(stats.reset_time - self._now()))
        headers = _rate_headers(called.limit, limit, stats.remaining if is_admitted else 0, seconds)
        if not is_admitted:
            detail = f"This key may make {limit.amount} such requests a minute. Try again in {seconds} seconds."
            raise ApiProblem("too_many_requests", detail, headers={**headers, "Retry-After": str(seconds)})
        return headers

    def _cached(self, key_id: str) -> ApiKeyRecord | None:
        with self._lock:
            read_at, record = self._read.get(key_id, (float("-inf"), None))
        return record if self._clock() - read_at < CACHE_SECONDS else None

    def _looked_up(self, key_id: str) -> ApiKeyRecord | None:
        record = self._keys.find(key_id)
        with self._lock:
            self._read.pop(key_id, None)
            if record:
                self._read[key_id] = self._clock(), record
                while len(self._read) > MAX_CACHED_KEYS:
                    self._read.popitem(last=False)
        return record

    def _note_use(self, key_id: str) -> None:
        with self._lock:
            now = self._clock()
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
        if self._limiter.test(WRONG_KEYS, "wrong-key", address):
            return
        stats = self._limiter.get_window_stats(WRONG_KEYS, "wrong-key", address)
        seconds = max(1, math.ceil(stats.reset_time - self._now()))
        detail = f"Too many wrong keys. Try again in {seconds} seconds."
        raise ApiProblem("too_many_requests", detail, headers={"Retry-After": str(seconds)})


def _rate_headers(name: str, limit: RateLimitItem, remaining: int, seconds: int) -> dict[str, str]:
    """https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (structured fields)"""
    return {
        "RateLimit-Policy": f'"{name}";q={limit.amount};w={limit.get_expiry()}',
        "RateLimit": f'"{name}";r={remaining};t={seconds}',
    }
