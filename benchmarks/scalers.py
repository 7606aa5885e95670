"""Who decides how many tasks there are: the policies of `infra/template.yaml`, and what others do by default.

The others are written down from their public sources, with the same bound of tasks as ours, so that policies are
compared and not limits.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.queue_metrics import MINUTE, Seen
from infra.scaling import Scaling, StepPolicy, read_scaling
from infra.template import load_template

#: ECS's own time between SIGTERM and SIGKILL, where nobody sets another.
DEFAULT_STOP_SECONDS = 30.0


@dataclass(slots=True)
class _PolicyState:
    streak: int = 0
    cooldown_until: float = -math.inf
    base: int = 0


class TemplateScaler:
    """The template's step policies, as Application Auto Scaling carries them out.

    During a cooldown a policy only adds what a larger step would have added beyond the last one; the largest capacity
    that any policy asks for wins; scale-in waits for its cooldown.
    """

    polls_queue = False
    protects = True

    def __init__(self, scaling: Scaling, stop_seconds: float, name: str = "ours", *, touches_queue: bool) -> None:
        self.name = name
        self.touches_queue = touches_queue
        self.min_tasks = scaling.min_tasks
        self.stop_seconds = stop_seconds
        self._scaling = scaling
        self._states = {policy.name: _PolicyState() for policy in scaling.policies}

    def desired(self, now: float, seen: Seen, desired: int) -> int:
        wanted = [self._ask(policy, now, seen, desired) for policy in self._scaling.policies]
        more = [count for count in wanted if count is not None and count > desired]
        less = [count for count in wanted if count is not None and count < desired]
        chosen = max(more) if more else min(less, default=desired)
        return max(self._scaling.min_tasks, min(self._scaling.max_tasks, chosen))

    def _ask(self, policy: StepPolicy, now: float, seen: Seen, desired: int) -> int | None:
        state = self._states[policy.name]
        value = policy.value(metrics_of(seen))
        state.streak = state.streak + 1 if policy.breaches(value) else 0
        if value is None or state.streak < policy.evaluation_periods:
            return None
        cooling = now < state.cooldown_until
        base = state.base if cooling else desired
        target = base + policy.change(value, base)
        if target == desired or (cooling and target < desired):
            return None
        target = max(self._scaling.min_tasks, min(self._scaling.max_tasks, target))
        if target != desired:
            state.base = base
            state.cooldown_until = now + policy.cooldown_seconds
        return target


def metrics_of(seen: Seen) -> dict[str, float | None]:
    """By the names that the template's alarms give them."""
    return {
        "visible": seen.visible, "inflight": seen.inflight, "running": seen.running, "delayed": seen.delayed,
        "received": seen.receives, "empty": 0.0,
    }  # fmt: skip


def ours(parameters: Mapping[str, Any] | None = None, name: str = "ours") -> TemplateScaler:
    template = load_template()
    container = template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]
    touches = "KeepMetricsAwake" in template["Resources"]
    return TemplateScaler(
        read_scaling(template, parameters), float(container["StopTimeout"]), name, touches_queue=touches
    )


@dataclass(slots=True)
class StepsOnVisible:
    """The plan as first written: exact steps by what waits, and nothing when nothing waits for five minutes."""

    max_tasks: int
    name: str = "steps on visible"
    min_tasks: int = 0
    polls_queue: bool = False
    touches_queue: bool = False
    protects: bool = False
    stop_seconds: float = 120.0
    _empty_minutes: int = 0

    def desired(self, now: float, seen: Seen, desired: int) -> int:
        if seen.visible is None:
            return desired
        self._empty_minutes = self._empty_minutes + 1 if seen.visible == 0 else 0
        if self._empty_minutes >= 5:
            return 0
        if seen.visible == 0:
            return desired
        exact = 1 if seen.visible < 10 else 5 if seen.visible < 100 else 20 if seen.visible < 1_000 else self.max_tasks
        return min(self.max_tasks, exact)


@dataclass(slots=True)
class CdkQueueProcessing:
    """AWS CDK's QueueProcessingFargateService as it comes: at least one task; steps -1 at 0, +1 from 100, +5 from 500
    visible messages, averaged over five minutes, cooldown five minutes. Its scaling by CPU is left out."""

    max_tasks: int
    name: str = "CDK default"
    min_tasks: int = 1
    polls_queue: bool = False
    touches_queue: bool = False
    protects: bool = False
    stop_seconds: float = DEFAULT_STOP_SECONDS
    _window: list[float] = field(default_factory=list)
    _cooldown_until: float = -math.inf

    def desired(self, now: float, seen: Seen, desired: int) -> int:
        if seen.visible is not None:
            self._window.append(seen.visible)
        if now % (5 * MINUTE) or not self._window:
            return desired
        visible = sum(self._window) / len(self._window)
        self._window.clear()
        change = -1 if visible <= 0 else 5 if visible >= 500 else 1 if visible >= 100 else 0
        if not change or now < self._cooldown_until:
            return desired
        self._cooldown_until = now + 300
        return max(self.min_tasks, min(self.max_tasks, desired + change))


@dataclass(slots=True)
class CopilotBacklog:
    """AWS Copilot's `queue_delay`: target tracking of waiting messages per running task, which a Lambda function counts
    every minute. Out after three minutes above the target, in after fifteen below nine tenths of it."""

    max_tasks: int
    target: float
    name: str = "Copilot backlog"
    min_tasks: int = 1
    polls_queue: bool = True
    touches_queue: bool = True
    protects: bool = False
    stop_seconds: float = DEFAULT_STOP_SECONDS
    _high_minutes: int = 0
    _low_minutes: int = 0
    _out_until: float = -math.inf
    _in_until: float = -math.inf

    def desired(self, now: float, seen: Seen, desired: int) -> int:
        backlog = (seen.visible or 0.0) / max(1.0, seen.running or 0.0)
        self._high_minutes = self._high_minutes + 1 if backlog > self.target else 0
        self._low_minutes = self._low_minutes + 1 if backlog < 0.9 * self.target else 0
        proportional = math.ceil(max(1, desired) * backlog / self.target)
        if self._high_minutes >= 3 and now >= self._out_until and proportional > desired:
            self._out_until = now + 60
            return min(self.max_tasks, proportional)
        if self._low_minutes >= 15 and now >= self._in_until and proportional < desired:
            self._in_until = now + 120
            return max(self.min_tasks, proportional)
        return desired


@dataclass(slots=True)
class Watchbot:
    """mapbox/ecs-watchbot: a Lambda function counts waiting messages and those in flight; after three minutes above
    none one task more, after three minutes of none all go. Cooldown five minutes."""

    max_tasks: int
    name: str = "watchbot"
    min_tasks: int = 0
    polls_queue: bool = True
    touches_queue: bool = True
    protects: bool = False
    stop_seconds: float = DEFAULT_STOP_SECONDS
    _some_minutes: int = 0
    _none_minutes: int = 0
    _cooldown_until: float = -math.inf

    def desired(self, now: float, seen: Seen, desired: int) -> int:
        total = (seen.visible or 0.0) + (seen.inflight or 0.0)
        self._some_minutes = self._some_minutes + 1 if total >= 1 else 0
        self._none_minutes = self._none_minutes + 1 if total == 0 else 0
        if self._none_minutes >= 3:
            return 0
        if self._some_minutes >= 3 and now >= self._cooldown_until:
            self._cooldown_until = now + 300
            return min(self.max_tasks, desired + 1)
        return desired
