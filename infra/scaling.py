"""How the service scales, read from the template: alarms over metrics, and the step policies that they trigger.

The simulation runs these same policies, so that the numbers which were judged are the numbers that are deployed.
Understands what the template uses of metric math and of step scaling, and refuses the rest.
https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.template import Resolver, TemplateError

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
}


@dataclass(frozen=True, slots=True)
class MetricStat:
    """One CloudWatch metric as an alarm asks for it."""

    namespace: str
    name: str
    stat: str
    period_seconds: int


@dataclass(frozen=True, slots=True)
class Step:
    """Applies when the metric, less the alarm's threshold, lies in [lower, upper); mirrored below the threshold."""

    lower: float
    upper: float
    adjustment: int


@dataclass(frozen=True, slots=True)
class StepPolicy:
    """Step scaling with the alarm that triggers it."""

    name: str
    expression: str
    metrics: Mapping[str, MetricStat]
    comparison: str
    threshold: float
    evaluation_periods: int
    adjustment_type: str
    steps: tuple[Step, ...]
    cooldown_seconds: int
    min_adjustment: int

    def value(self, metrics: Mapping[str, float | None]) -> float | None:
        """The alarm's metric for one period; None when a part of it is missing, or it divides by nothing."""
        return evaluate(self.expression, metrics)

    def breaches(self, value: float | None) -> bool:
        """Missing data never breaches: all scaling alarms treat it so, which the tests hold them to."""
        return value is not None and _COMPARISONS[self.comparison](value, self.threshold)

    def change(self, value: float, capacity: int) -> int:
        """What the step for this value adds to `capacity`; negative for fewer tasks, 0 for no such step."""
        distance = value - self.threshold
        for step in self.steps:
            inside = step.lower <= distance < step.upper if self._upwards else step.lower < distance <= step.upper
            if inside:
                return self._adjust(step.adjustment, capacity)
        return 0

    @property
    def _upwards(self) -> bool:
        return self.comparison.startswith("Greater")

    def _adjust(self, adjustment: int, capacity: int) -> int:
        if self.adjustment_type == "ExactCapacity":
            return adjustment - capacity
        if self.adjustment_type == "ChangeInCapacity":
            return adjustment
        # Percent: rounded down, but by the smallest adjustment at least; and of nothing it is nothing.
        change = math.floor(capacity * abs(adjustment) / 100)
        change = max(change, self.min_adjustment, 1) if capacity else 0
        return change if adjustment > 0 else -change


@dataclass(frozen=True, slots=True)
class Scaling:
    """Everything that decides how many tasks there are."""

    min_tasks: int
    max_tasks: int
    policies: tuple[StepPolicy, ...]


def read_scaling(template: Mapping[str, Any], parameters: Mapping[str, Any] | None = None) -> Scaling:
    """The scalable target and the policies of a template. Raises TemplateError for what isn't understood."""
    resolver = Resolver(template, {"ImageTag": "any", **(parameters or {})}, made=AnyResource())
    target = resolver.properties("ScalableTarget")
    alarms = {
        action: resolver.properties(name)
        for name, resource in resolver.resources.items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
        for action in resolver.properties(name)["AlarmActions"]
    }
    policies = [
        _policy(name, resolver.properties(name), alarms[AnyResource()[name]["Ref"]])
        for name, resource in resolver.resources.items()
        if resource["Type"] == "AWS::ApplicationAutoScaling::ScalingPolicy"
    ]
    return Scaling(int(target["MinCapacity"]), int(target["MaxCapacity"]), tuple(policies))


class AnyResource(dict[str, Mapping[str, str]]):
    """Stands for resources that nobody has made: `Queue.Arn` is `<Queue.Arn>`."""

    def __missing__(self, resource: str) -> Mapping[str, str]:
        return _AnyAttribute(resource)


class _AnyAttribute(dict[str, str]):
    def __init__(self, resource: str) -> None:
        super().__init__()
        self._resource = resource

    def __missing__(self, attribute: str) -> str:
        return f"<{self._resource}>" if attribute == "Ref" else f"<{self._resource}.{attribute}>"


def evaluate(expression: str, metrics: Mapping[str, float | None]) -> float | None:
    """CloudWatch metric math on one data point of each metric: + - * / and comparisons, `IF(condition, then, else)`.

    As in CloudWatch, nothing comes of a missing data point or of a division by zero.
    """
    try:
        # `if` is no name in Python, whose parser is borrowed here.
        return _value(ast.parse(re.sub(r"\bIF\(", "IF_(", expression), mode="eval").body, metrics)
    except (_MissingError, ZeroDivisionError):
        return None


class _MissingError(Exception):
    """A metric has no data point."""


def _value(node: ast.expr, metrics: Mapping[str, float | None]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            value = metrics[name]
            if value is None:
                raise _MissingError
            return value
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, metrics), _value(right, metrics))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
            return float(_OPERATORS[type(op)](_value(left, metrics), _value(right, metrics)))
        case ast.Call(func=ast.Name(id="IF_"), args=[condition, then, otherwise]):
            chosen = _value(condition, metrics)
            return _value(then if chosen else otherwise, metrics)
    raise TemplateError(f"metric math with {ast.unparse(node)} is not understood here")


def _policy(name: str, properties: Mapping[str, Any], alarm: Mapping[str, Any]) -> StepPolicy:
    configuration = properties["StepScalingPolicyConfiguration"]
    queries = alarm["Metrics"]
    [expression] = [query["Expression"] for query in queries if query.get("ReturnData")]
    metrics = {
        query["Id"]: MetricStat(
            query["MetricStat"]["Metric"]["Namespace"],
            query["MetricStat"]["Metric"]["MetricName"],
            query["MetricStat"]["Stat"],
            int(query["MetricStat"]["Period"]),
        )
        for query in queries
        if "MetricStat" in query
    }
    steps = [
        Step(
            float(step.get("MetricIntervalLowerBound", -math.inf)),
            float(step.get("MetricIntervalUpperBound", math.inf)),
            int(step["ScalingAdjustment"]),
        )
        for step in configuration["StepAdjustments"]
    ]
    return StepPolicy(
        name=name,
        expression=expression,
        metrics=metrics,
        comparison=alarm["ComparisonOperator"],
        threshold=float(alarm["Threshold"]),
        evaluation_periods=int(alarm["EvaluationPeriods"]),
        adjustment_type=configuration["AdjustmentType"],
        steps=tuple(steps),
        cooldown_seconds=int(configuration["Cooldown"]),
        min_adjustment=int(configuration.get("MinAdjustmentMagnitude", 0)),
    )
