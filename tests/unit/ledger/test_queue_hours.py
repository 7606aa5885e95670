"""What went through the queue, added up over hours and days."""

from datetime import UTC, datetime

from ledger.queue_hours import by_day, by_hour

NOW = datetime(2026, 5, 6, 12, 30, tzinfo=UTC)
ITEMS = [
    {"sk": "2026-05-05T23", "good": 2, "waited_1": 2},
    {"sk": "2026-05-06T11", "good": 3, "failed": 1, "waited_5": 1, "waited_longer": 3},
    {"sk": "2026-05-06T12", "failed": 1, "waited_15": 1, "expires_at": 7},
    {"sk": "2026-01-01T00", "good": 99},
]


def test_hours_and_days_are_told_also_those_without_work() -> None:
    hours = by_hour(ITEMS, NOW, 24)
    assert len(hours) == 24
    assert hours[-1].as_json() == {
        "start": "2026-05-06T12:00:00+00:00", "good": 0, "failed": 1, "waits": [0, 0, 1, 0, 0, 0],
    }  # fmt: skip
    assert (hours[-2].good, hours[-2].failed, hours[-2].waits) == (3, 1, (0, 1, 0, 0, 0, 3))
    assert sum(hour.good for hour in hours) == 5
    days = by_day(ITEMS, NOW, 14)
    assert [(day.start.day, day.good, day.failed) for day in days[-3:]] == [(4, 0, 0), (5, 2, 0), (6, 3, 2)]
