"""A pause keeps the scaling rules from starting tasks that would only wait, on moto's Application Auto Scaling."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from composition.aws import make_scaling_client
from composition.parts import Parts
from foundation.errors import SetupError
from work_queue.operator_pause import WorkerPauses
from work_queue.task_starts import TaskStarts

TARGET = "service/workers/leafmill"


@pytest.fixture
def scaling(parts: Parts) -> Any:
    """A client, and the workers' service with its limits registered."""
    settings = parts.settings
    ecs = boto3.client("ecs", endpoint_url=settings.aws_endpoint_url, region_name=settings.aws_region)
    ecs.create_cluster(clusterName="workers")
    ecs.register_task_definition(family="worker", containerDefinitions=[{"name": "worker", "image": "i", "memory": 1}])
    ecs.create_service(cluster="workers", serviceName="leafmill", taskDefinition="worker", desiredCount=0)
    client = make_scaling_client(settings)
    client.register_scalable_target(
        ServiceNamespace="ecs", ResourceId=TARGET, ScalableDimension="ecs:service:DesiredCount", MinCapacity=0,
        MaxCapacity=50,
    )  # fmt: skip
    return client


def test_no_task_is_started_while_workers_are_paused(parts: Parts, scaling: Any) -> None:
    pauses = WorkerPauses(parts.operator_pauses, TaskStarts(lambda: scaling, TARGET))

    def target() -> dict[str, Any]:
        [found] = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[TARGET])["ScalableTargets"]
        return dict(found)

    assert pauses.pause("Ann", "moving Qdrant").warning == ""
    assert target()["SuspendedState"]["DynamicScalingOutSuspended"] is True
    assert not target()["SuspendedState"].get("DynamicScalingInSuspended"), "idle tasks still go"
    assert (target()["MinCapacity"], target()["MaxCapacity"]) == (0, 50)
    pauses.resume()
    assert target()["SuspendedState"]["DynamicScalingOutSuspended"] is False
    assert pauses.current() is None


def test_when_aws_refuses_the_pause_holds_with_a_warning_and_stays_until_scaling_goes_on(parts: Parts) -> None:
    class Refusing:
        def register_scalable_target(self, **asked: object) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "RegisterScalableTarget")

    pauses = WorkerPauses(parts.operator_pauses, TaskStarts(Refusing, TARGET))
    assert "may start tasks" in pauses.pause("Ann").warning
    assert parts.operator_pauses.current() == pauses.current()
    with pytest.raises(SetupError, match="RegisterScalableTarget"):
        pauses.resume()
    assert pauses.current()


def test_where_nothing_starts_workers_nothing_is_suspended(parts: Parts) -> None:
    assert parts.settings.autoscaling_target is None
    assert parts.worker_pauses.pause("Ann").warning == ""
    assert parts.worker_pauses.resume()
