"""Tokens and requests a minute, shared by all workers through one item of the status table.

The item says when all that was granted so far will be paid off at the limit's pace (GCRA, the virtual-scheduling form
of a token bucket; ITU-T I.371): one number a limit, nothing to refill. A worker that finds that moment in the past may
draw, and moves it on; a draw larger than the burst is a debt that the next one waits for.

    worker A   reads version 7 ── draws ── writes 8, if 7 ──> granted
    worker B   reads version 7 ── draws ────────── writes 8, if 7 ──> refused, gets A's 8 back ── draws again

The SDK sends a write again whose answer was lost, and the second is refused because of the first: a draw carries an id,
by which its worker knows it again.

Workers draw slabs and spend them locally, so that writes stay few. In any minute the grants stay below the limit, the
burst, and one slab a worker: with the shares below and eight workers, 105 %.
"""

import random
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ledger.table import ConditionNotMetError, Update

#: Of what a minute allows.
BURST_SHARE = 0.01
SLAB_SHARE = 0.005
SECONDS_PER_MINUTE = 60.0
#: What a worker didn't spend in this time it has no more right to: it belongs to a minute that is over.
CREDIT_LIFE_SECONDS = 30.0
#: Refused this often in a row, a worker steps back.
MAX_DRAWS = 8
STEP_BACK_SECONDS = 0.05
#: Waiters come back up to this much later than they could: all at once, all but one would be refused. With one worker
#: it is less than the burst, so that nothing is lost; each refusal tells of others, who use what this one leaves.
SPREAD_SECONDS = 0.5
MAX_SPREAD_SECONDS = 4.0

IS_UNCHANGED = "#version = :version"
IS_FIRST = "attribute_not_exists(#version)"


class RateTable(Protocol):
    """The one method of ledger.table.Table that is needed."""

    def update(self, update: Update) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What a minute allows; None allows everything."""

    tokens: int | None
    requests: int | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """Epoch seconds at which what was granted is paid off. `version` counts the draws, `draw_id` is the last one's."""

    tokens_free_at: float = 0.0
    requests_free_at: float = 0.0
    version: int = 0
    draw_id: str = ""


@dataclass(slots=True)
class Credit:
    """What a worker has drawn and not spent; below zero when calls took more than was thought."""

    tokens: float = 0.0
    requests: float = 0.0
    drawn_at: float = 0.0
    asks_again_at: float = 0.0
    spread_seconds: float = SPREAD_SECONDS


def draw(bucket: Bucket, tokens: float, requests: float, limits: Limits, now: float) -> Bucket | float:
    """The bucket after granting this, or the seconds until it can be asked for again."""
    wait = max(bucket.tokens_free_at, bucket.requests_free_at) - now
    if wait > 0:
        return wait
    return Bucket(
        tokens_free_at=_moved_on(bucket.tokens_free_at, tokens, limits.tokens, now),
        requests_free_at=_moved_on(bucket.requests_free_at, requests, limits.requests, now),
        version=bucket.version + 1,
        draw_id=uuid.uuid4().hex,
    )


def _moved_on(free_at: float, cost: float, limit: int | None, now: float) -> float:
    if limit is None:
        return free_at
    return max(free_at, now - BURST_SHARE * SECONDS_PER_MINUTE) + cost * SECONDS_PER_MINUTE / limit


class SharedRateLimit:
    """One worker's view of the limit of each model. Thread-safe."""

    def __init__(
        self,
        table: RateTable,
        limits: Limits,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._table = table
        self._limits = limits
        self._clock = clock
        self._chance = chance
        self._lock = threading.Lock()
        self._credits: dict[str, Credit] = defaultdict(Credit)
        self._buckets: dict[str, Bucket] = defaultdict(Bucket)

    def reserve(self, model: str, tokens: int) -> float:
        """Take one request and `tokens` and return 0, or take nothing and return the seconds to wait.

        Raises errors.TransientError (`aws`) when the table can't be reached.
        """
        with self._lock:
            credit = self._credits[model]
            if self._clock() - credit.drawn_at > CREDIT_LIFE_SECONDS:
                credit.tokens, credit.requests = min(credit.tokens, 0.0), min(credit.requests, 0.0)
            missing_tokens = _to_draw(tokens - credit.tokens, self._limits.tokens)
            missing_requests = _to_draw(1 - credit.requests, self._limits.requests)
            if missing_tokens or missing_requests:
                wait = self._draw(model, missing_tokens, missing_requests)
                if wait > 0:
                    return wait
            credit.tokens -= tokens
            credit.requests -= 1
            return 0.0

    def settle(self, model: str, reserved_tokens: int, used_tokens: int) -> None:
        """Give back what a call did not use, for this worker's next calls."""
        with self._lock:
            self._credits[model].tokens += reserved_tokens - used_tokens

    def _draw(self, model: str, tokens: float, requests: float) -> float:
        """Add to the credit; returns the seconds to wait, 0 when it was granted."""
        credit = self._credits[model]
        if credit.asks_again_at > self._clock():
            return credit.asks_again_at - self._clock()
        for _ in range(MAX_DRAWS):
            known = self._buckets[model]
            drawn = draw(known, tokens, requests, self._limits, self._clock())
            if not isinstance(drawn, Bucket):
                credit.asks_again_at = self._clock() + drawn + credit.spread_seconds * self._chance()
                return credit.asks_again_at - self._clock()
            met = self._write(model, known, drawn)
            self._buckets[model] = met
            if met.draw_id != drawn.draw_id:
                credit.spread_seconds = min(credit.spread_seconds * 2, MAX_SPREAD_SECONDS)
                continue
            credit.tokens += tokens
            credit.requests += requests
            credit.drawn_at = self._clock()
            credit.spread_seconds = max(credit.spread_seconds / 2, SPREAD_SECONDS)
            return 0.0
        return STEP_BACK_SECONDS

    def _write(self, model: str, known: Bucket, drawn: Bucket) -> Bucket:
        """The bucket as it stands afterwards: `drawn`, or what a rival made of it."""
        update = Update(
            key=(f"rate#{model}", "bucket"),
            set={
                "tokens_free_at": drawn.tokens_free_at,
                "requests_free_at": drawn.requests_free_at,
                "version": drawn.version,
                "draw_id": drawn.draw_id,
            },
            add={},
            condition=IS_UNCHANGED if known.version else IS_FIRST,
            values={"version": known.version} if known.version else None,
        )
        try:
            self._table.update(update)
        except ConditionNotMetError as refused:
            return _read(refused.item)
        return drawn


def _to_draw(missing: float, limit: int | None) -> float:
    """What is missing, or a slab if that is more; nothing when nothing is missing, or all is allowed."""
    return max(missing, SLAB_SHARE * limit) if limit is not None and missing > 0 else 0.0


def _read(item: dict[str, Any] | None) -> Bucket:
    if item is None:
        return Bucket()
    return Bucket(
        float(item["tokens_free_at"]),
        float(item["requests_free_at"]),
        int(item["version"]),
        str(item.get("draw_id", "")),  # release 0.1.0 wrote none
    )
