"""Calls in flight: fewer while throttled, more again when answered, and never out of turn."""

import asyncio

import pytest

from model_api.concurrency import AdaptiveLimit, Slots


def test_a_throttled_call_halves_the_limit_once_for_all_that_were_in_flight_with_it() -> None:
    limit = AdaptiveLimit(32)

    for now in (10.0, 10.1, 10.2):
        limit.throttled(started=9.0, now=now)
    assert limit.current == 16

    limit.throttled(started=10.5, now=11.0)
    assert limit.current == 8


def test_the_limit_never_falls_below_one_nor_rises_above_its_maximum() -> None:
    limit = AdaptiveLimit(4)

    for n in range(10):
        limit.throttled(started=n, now=n + 0.5)
    assert limit.current == 1

    for _ in range(100):
        limit.answered()
    assert limit.current == 4


def test_a_window_of_answers_raises_the_limit_by_one() -> None:
    limit = AdaptiveLimit(32)
    limit.throttled(started=1.0, now=2.0)

    for _ in range(17):
        limit.answered()

    assert limit.current == 17


def test_nothing_starts_before_the_server_said_so() -> None:
    limit = AdaptiveLimit(4)

    limit.throttled(started=1.0, now=2.0, retry_after_seconds=5.0)
    limit.throttled(started=1.0, now=3.0, retry_after_seconds=1.0)

    assert limit.paused_until == 7.0


async def _hold(slots: Slots, name: str, log: list[str], release: asyncio.Event) -> None:
    await slots.acquire()
    log.append(name)
    try:
        await release.wait()
    finally:
        slots.release()


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_places_are_given_in_the_order_of_asking() -> None:
    async def scenario() -> list[str]:
        slots, log, release = Slots(AdaptiveLimit(2)), list[str](), asyncio.Event()
        tasks = [asyncio.create_task(_hold(slots, name, log, release)) for name in "abcde"]
        await _settle()
        assert log == ["a", "b"]
        release.set()
        await asyncio.gather(*tasks)
        return log

    assert asyncio.run(scenario()) == list("abcde")


@pytest.mark.parametrize("cancelled_first", [True, False])
def test_a_place_given_to_one_who_left_goes_to_the_next(cancelled_first: bool) -> None:
    async def scenario() -> list[str]:
        slots, log, release = Slots(AdaptiveLimit(1)), list[str](), asyncio.Event()
        first, second, third = (asyncio.create_task(_hold(slots, name, log, release)) for name in "abc")
        await _settle()
        if cancelled_first:
            second.cancel()
            release.set()
        else:
            release.set()
            await asyncio.sleep(0)  # the first one leaves, and its place is the second's
            second.cancel()
        await asyncio.gather(first, second, third, return_exceptions=True)
        await asyncio.wait_for(slots.acquire(), 1.0)
        return log

    assert asyncio.run(scenario())[-1] == "c"


def test_a_lowered_limit_lets_no_one_in_until_enough_have_left() -> None:
    async def scenario() -> None:
        limit = AdaptiveLimit(4)
        slots, log = Slots(limit), list[str]()
        releases = [asyncio.Event() for _ in range(6)]
        tasks = [asyncio.create_task(_hold(slots, str(n), log, event)) for n, event in enumerate(releases)]
        await _settle()
        limit.throttled(started=1.0, now=2.0)
        for event in releases[:2]:
            event.set()
        await _settle()
        assert len(log) == 4, "two have left, two are still in: the limit is two"
        releases[2].set()
        await _settle()
        assert len(log) == 5
        for event in releases:
            event.set()
        await asyncio.gather(*tasks)

    asyncio.run(scenario())
