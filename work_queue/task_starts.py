"""Keeps the scaling rules from starting tasks while an operator has paused the workers, which would only wait.

AWS calls it suspending dynamic scale-out. Scaling in goes on. Once resumed, an alarm that still stands starts tasks.
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-suspend-resume-scaling.html
"""

from collections.abc import Callable
from typing import Any

from foundation.aws import aws_errors


class TaskStarts:
    """Of one ECS service, `target` being `service/CLUSTER/SERVICE`. `make_client` gives boto3's client
    `application-autoscaling`, when it is needed first. Raises TransientError when AWS doesn't answer or refuses."""

    def __init__(self, make_client: Callable[[], Any], target: str) -> None:
        self._make_client = make_client
        self._target = target

    def suspend(self) -> None:
        self._set(suspended=True)

    def resume(self) -> None:
        self._set(suspended=False)

    def _set(self, *, suspended: bool) -> None:
        with aws_errors(f"{'suspending' if suspended else 'resuming'} the scaling of {self._target}"):
            # Limits and policies that aren't named stay as they are.
            self._make_client().register_scalable_target(
                ServiceNamespace="ecs",
                ResourceId=self._target,
                ScalableDimension="ecs:service:DesiredCount",
                SuspendedState={"DynamicScalingOutSuspended": suspended},
            )
