"""Metric math and step policies mean here what they mean in CloudWatch and Application Auto Scaling."""

import math

import pytest

from benchmarks.queue_metrics import Seen
from benchmarks.scalers import TemplateScaler
from infra.scaling import Scaling, Step, StepPolicy, evaluate
from infra.template import TemplateError

METRICS = {"visible": 10.0, "inflight": 0.0, "running": 2.0, "gone": None}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("visible + inflight", 10),
        ("visible / (running * 20)", 0.25),
        ("IF(inflight > 0, 0, visible / 40)", 0.25),
        ("IF(visible >= 10, 1, 2)", 1),
        ("IF(inflight == 0, running - 1, 0)", 1),
        ("visible / inflight", None),
        ("visible + gone", None),
    ],
)
def test_metric_math(expression: str, value: float | None) -> None:
    assert evaluate(expression, METRICS) == value


@pytest.mark.parametrize("expression", ["FILL(visible, 0)", "visible ** 2", "'text'", "__import__('os')"])
def test_metric_math_that_is_not_known_is_refused(expression: str) -> None:
    with pytest.raises(TemplateError):
        evaluate(expression, METRICS)


def policy(**changes: object) -> StepPolicy:
    """Adds 1 task above 0 and 10 from 5 on."""
    values: dict[str, object] = {
        "name": "policy",
        "expression": "visible",
        "metrics": {},
        "comparison": "GreaterThanThreshold",
        "threshold": 0.0,
        "evaluation_periods": 1,
        "adjustment_type": "ChangeInCapacity",
        "steps": (Step(0, 5, 1), Step(5, math.inf, 10)),
        "cooldown_seconds": 300,
        "min_adjustment": 0,
    }
    return StepPolicy(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "value", "capacity", "change"),
    [
        ({}, 1, 7, 1),
        ({}, 5, 7, 10),
        ({"threshold": 2.0}, 6.9, 7, 1),
        ({"adjustment_type": "PercentChangeInCapacity", "steps": (Step(0, math.inf, 50),)}, 1, 5, 2),
        ({"adjustment_type": "PercentChangeInCapacity", "steps": (Step(0, math.inf, 50),)}, 1, 1, 1),
        (
            {"adjustment_type": "PercentChangeInCapacity", "steps": (Step(0, math.inf, 50),), "min_adjustment": 3},
            1,
            2,
            3,
        ),
        ({"adjustment_type": "PercentChangeInCapacity", "steps": (Step(0, math.inf, 50),)}, 1, 0, 0),
        ({"adjustment_type": "ExactCapacity", "steps": (Step(0, math.inf, 3),)}, 1, 7, -4),
        ({"comparison": "LessThanOrEqualToThreshold", "steps": (Step(-math.inf, 0, -2),)}, 0, 7, -2),
        ({"steps": (Step(0, 1, 1),)}, 1, 7, 0),
    ],
)
def test_steps(changes: dict[str, object], value: float, capacity: int, change: int) -> None:
    assert policy(**changes).change(value, capacity) == change


def scaler(*policies: StepPolicy, min_tasks: int = 0, max_tasks: int = 100) -> TemplateScaler:
    return TemplateScaler(Scaling(min_tasks, max_tasks, policies), 120, touches_queue=True)


def seen(visible: float | None) -> Seen:
    return Seen(visible=visible, inflight=0, running=None)


def test_what_is_still_starting_is_not_ordered_twice() -> None:
    fleet = scaler(policy())
    assert fleet.desired(0, seen(1), 0) == 1
    assert fleet.desired(60, seen(1), 1) == 1, "the cooldown counts what was added"
    assert fleet.desired(120, seen(9), 1) == 10, "a larger step adds only what the last one didn't"
    assert fleet.desired(480, seen(1), 10) == 11, "the cooldown is over"


def test_alarms_need_their_periods_in_a_row() -> None:
    fleet = scaler(policy(evaluation_periods=3, cooldown_seconds=0))
    assert [fleet.desired(60 * minute, seen(visible), 0) for minute, visible in enumerate((1, 1, None, 1, 1, 1))] == [
        0, 0, 0, 0, 0, 1,
    ]  # fmt: skip


def test_out_wins_over_in_and_bounds_over_both() -> None:
    empty = policy(name="in", adjustment_type="ExactCapacity", steps=(Step(0, math.inf, 0),), cooldown_seconds=0)
    many = policy(name="out", steps=(Step(0, math.inf, 500),), cooldown_seconds=0)
    assert scaler(empty, many).desired(0, seen(1), 5) == 100
    assert scaler(empty, min_tasks=2).desired(0, seen(1), 5) == 2
