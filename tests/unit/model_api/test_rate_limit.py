"""One limit for all workers: the arithmetic, and eight simulated workers that want three times what is allowed."""

import heapq
import random
from collections import Counter
from typing import Any

import pytest

from ledger.table import ConditionNotMetError, Update
from model_api.rate_limit import Bucket, Limits, SharedRateLimit, draw

NOW = 1_000_000.0


class OneItemTable:
    """The conditional update of DynamoDB, on one item a key."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.writes = 0
        self.refusals = 0

    def update(self, update: Update) -> dict[str, Any]:
        found = self.items.get(update.key)
        expected = (update.values or {}).get("version")
        if (found or {}).get("version") != expected:
            self.refusals += 1
            raise ConditionNotMetError(found)
        self.writes += 1
        self.items[update.key] = dict(update.set)
        return dict(update.set)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("free_at", "tokens", "expected"),
    [
        (0.0, 1_000, NOW - 0.6 + 1.0),  # an idle bucket grants its burst, 1 % of a minute
        (NOW - 0.1, 1_000, NOW - 0.1 + 1.0),  # a busy one goes on where it was
        (NOW, 120_000, NOW + 120.0),  # more than a minute's worth is a debt
    ],
)
def test_a_draw_moves_the_bucket_on_by_what_it_costs(free_at: float, tokens: int, expected: float) -> None:
    drawn = draw(Bucket(tokens_free_at=free_at, version=3), tokens, 1, Limits(60_000, None), NOW)

    assert isinstance(drawn, Bucket)
    assert drawn.tokens_free_at == pytest.approx(expected)
    assert drawn.version == 4


@pytest.mark.parametrize("bucket", [Bucket(tokens_free_at=NOW + 2.5), Bucket(requests_free_at=NOW + 2.5)])
def test_a_draw_waits_for_what_is_not_paid_off(bucket: Bucket) -> None:
    assert draw(bucket, 1, 1, Limits(60_000, 60), NOW) == pytest.approx(2.5)


def test_what_a_call_did_not_use_serves_the_next_without_a_write() -> None:
    table = OneItemTable()
    limit = SharedRateLimit(table, Limits(60_000, None), Clock())

    assert limit.reserve("m", 3_000) == 0
    limit.settle("m", 3_000, 500)
    assert limit.reserve("m", 2_500) == 0
    assert table.writes == 1
    assert limit.reserve("m", 2_500) > 0


def test_models_have_limits_of_their_own() -> None:
    limit = SharedRateLimit(OneItemTable(), Limits(60_000, None), Clock())

    assert limit.reserve("m", 30_000) == 0
    assert limit.reserve("m", 30_000) > 0
    assert limit.reserve("n", 30_000) == 0


def test_a_worker_that_lost_the_race_counts_what_the_winner_took() -> None:
    table = OneItemTable()
    winner, loser = (SharedRateLimit(table, Limits(60_000, None), Clock(), lambda: 0.0) for _ in range(2))

    assert winner.reserve("m", 10_000) == 0
    assert loser.reserve("m", 10_000) == pytest.approx(10.0 - 0.6)
    assert table.refusals == 1


def test_a_draw_whose_answer_was_lost_is_known_for_our_own() -> None:
    """The SDK sends the write again, and the service refuses the second because of the first."""

    class RepeatingTable(OneItemTable):
        def update(self, update: Update) -> dict[str, Any]:
            super().update(update)
            return super().update(update)

    table = RepeatingTable()
    limit = SharedRateLimit(table, Limits(60_000, None), Clock(), lambda: 0.0)

    assert limit.reserve("m", 3_000) == 0
    assert (table.writes, table.refusals) == (1, 1), "drawn once"


@pytest.mark.parametrize("limit", [200_000, 2_000_000])
def test_eight_workers_together_use_the_limit_and_keep_to_it_within_5_percent(limit: int) -> None:
    used, calls, table = _simulate(workers=8, tokens_a_minute=limit, seconds=600)

    start = int(min(used)) + 60  # the first minute has the bursts of an idle bucket
    minutes = [sum(used[second + i] for i in range(60)) for second in range(start, int(max(used)) - 60, 5)]
    assert max(minutes) <= limit * 1.05
    assert sum(minutes) / len(minutes) >= limit * 0.95
    if limit == 2_000_000:
        assert table.writes < calls / 3, "slabs keep the writes few"


def test_a_limit_on_requests_is_kept_too() -> None:
    granted, clock = 0, Clock()
    limit = SharedRateLimit(OneItemTable(), Limits(None, 600), clock, lambda: 0.0)

    while clock.now < NOW + 120:
        wait = limit.reserve("m", 10_000)
        granted += wait == 0
        clock.now += wait

    assert granted == pytest.approx(1_200, rel=0.02)


def _simulate(workers: int, tokens_a_minute: int, seconds: int) -> tuple[Counter[int], int, OneItemTable]:
    """Workers with 32 calls each in flight, 1 s a call, of 500 to 2,500 tokens reserved with 1,500 too many."""
    clock, table, dice = Clock(), OneItemTable(), random.Random(7)
    limits = [SharedRateLimit(table, Limits(tokens_a_minute, None), clock, dice.random) for _ in range(workers)]
    used: Counter[int] = Counter()
    calls = 0
    # (when, tie-breaker, worker, tokens to settle or None)
    events: list[tuple[float, int, int, int | None]] = [(NOW, n, n % workers, None) for n in range(workers * 32)]
    tie = len(events)
    while events:
        clock.now, _, worker, settling = heapq.heappop(events)
        if clock.now > NOW + seconds:
            break
        if settling is not None:
            limits[worker].settle("m", settling + 1_500, settling)
        tokens = dice.randint(500, 2_500)
        tie += 1
        wait = limits[worker].reserve("m", tokens + 1_500)
        if wait > 0:
            heapq.heappush(events, (clock.now + wait, tie, worker, None))
            continue
        calls += 1
        used[int(clock.now)] += tokens
        heapq.heappush(events, (clock.now + 1.0, tie, worker, tokens))
    return used, calls, table
