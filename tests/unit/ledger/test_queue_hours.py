"""What went through the queue, added up over hours and days."""

from datetime import UTC, datetime

from ledger.queue_hours import Throughput, by_day, by_hour

NOW = datetime(2026, 5, 6, 12, 30, tzinfo=UTC)
PASSED = [
    Throughput(datetime(2026, 5, 5, 23, tzinfo=UTC), 2, 0, (2, 0, 0, 0, 0, 0)),
    Throughput(datetime(2026, 5, 6, 11, tzinfo=UTC), 3, 1, (0, 1, 0, 0, 0, 3)),
    Throughput(datetime(2026, 5, 6, 12, tzinfo=UTC), 0, 1, (0, 0, 1, 0, 0, 0)),
    Throughput(datetime(2026, 1, 1, 0, tzinfo=UTC), 99),
]


def test_hours_and_days_are_told_also_those_without_work() -> None:
    hours = by_hour(PASSED, NOW, 24)
    assert len(hours) == 24
    assert hours[-1].as_json() == {
        "start": "2026-05-06T12:00:00+00:00", "good": 0, "failed": 1, "waits": [0, 0, 1, 0, 0, 0],
    }  # fmt: skip
    assert (hours[-2].good, hours[-2].failed, hours[-2].waits) == (3, 1, (0, 1, 0, 0, 0, 3))
    assert sum(hour.good for hour in hours) == 5
    days = by_day(PASSED, NOW, 14)
    assert [(day.start.day, day.good, day.failed) for day in days[-3:]] == [(4, 0, 0), (5, 2, 0), (6, 3, 2)]
