"""The floor that a run is measured by, and cases that are left out, are what the documentation says."""

from typing import Any

import pytest

from benchmarks import one_document
from benchmarks.engines import PAIRS, Pair
from benchmarks.one_document import Case, figures, turn

ANSWER: dict[str, Any] = {
    "pages": 403, "seconds": 20.0, "cpu_seconds": 16.0, "peak_megabytes": 1.0, "started_at": 0.0,
    "points": {"pages": 1},
    "cpu": {}, "instructions": None, "aws": {}, "stage_seconds": {},
    "models": {
        "chat": {"count": 404, "first_began_at": 1.0, "last_ended_at": 15.0, "busy_seconds": 404.0},
        "embeddings": {"count": 1, "inputs": 1},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "speed", "floor_cpu_seconds", "floor"),
    [
        ("page", 1.0, None, 13.0),
        ("page", 0.5, None, 16.0),
        ("page", 0.5, 12.0, 13.0),
        ("page", 0.5, 15.0, 15.0),
        ("document", 1.0, None, 8.0),
    ],
)
def test_the_floor_is_waves_or_cpu(
    scope: str, speed: float, floor_cpu_seconds: float | None, floor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    found = figures(ANSWER, Case("case", scope, Pair(), speed=speed), 1.0, floor_cpu_seconds)
    assert found["floor_seconds"] == floor
    assert found["ratio"] == 20.0 / floor


def test_a_slow_case_is_measured_by_what_it_takes_at_full_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    measured_by: dict[str, float | None] = {}

    def run(case: Case, _seconds: float, floor_cpu_seconds: float | None) -> dict[str, float]:
        measured_by[case.name] = floor_cpu_seconds
        return {"cpu_seconds": 10.0 + len(measured_by)}

    monkeypatch.setattr(one_document, "run", run)
    cases = [Case(f"page scope, {pair.name}", "page", pair) for pair in PAIRS]
    turn([*cases, Case("page scope, cores half as fast", "page", PAIRS[1], speed=0.5)], 1.0)
    assert list(measured_by.values()) == [None, None, None, 12.0]
