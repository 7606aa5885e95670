"""The template, deployed by an emulator's own CloudFormation, and what became of it.

fakecloud 0.51.0 reads two properties otherwise than AWS does: it takes no number that a parameter gives
(`ScalableTarget`, where `!Ref MinTasks` arrives as text), and wants `ServiceNamespace`, `ResourceId` and
`ScalableDimension` of a scaling policy that has `ScalingTargetId`. `for_fakecloud` rewrites these two in a copy.
"""

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import WaiterError

from infra.template_steps import compact

if TYPE_CHECKING:
    from infra.provision import Endpoint

#: An emulator's CloudFormation is done in a second; the machine may be busy.
_WAIT = {"Delay": 1, "MaxAttempts": 240}


class DeploymentError(Exception):
    """The stack didn't get where it should. The message has the events that say why."""


def for_fakecloud(template: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """A copy of the template that fakecloud's CloudFormation takes with an image; see above."""
    changed = copy.deepcopy(dict(template))
    values = {name: parameters.get(name, spec.get("Default")) for name, spec in template["Parameters"].items()}
    targets = {}
    for name, resource in changed["Resources"].items():
        if resource["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget":
            target = targets[name] = resource["Properties"]
            for limit in ("MinCapacity", "MaxCapacity"):
                target[limit] = int(values[target[limit]["Ref"]])
    for resource in changed["Resources"].values():
        if resource["Type"] == "AWS::ApplicationAutoScaling::ScalingPolicy":
            target = targets[resource["Properties"].pop("ScalingTargetId")["Ref"]]
            shared = ("ServiceNamespace", "ResourceId", "ScalableDimension")
            resource["Properties"] |= {key: target[key] for key in shared}
    return changed


class DeployedStack:
    """One stack on one endpoint."""

    def __init__(self, endpoint: "Endpoint", name: str) -> None:
        self._client = endpoint.client("cloudformation")
        self.name = name

    def create(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        """Raises DeploymentError."""
        self._client.create_stack(**self._arguments(template, parameters))
        self._wait("stack_create_complete")

    def update(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        """Raises DeploymentError, and botocore's ClientError when nothing would change."""
        self._client.update_stack(**self._arguments(template, parameters))
        self._wait("stack_update_complete")

    def delete(self) -> None:
        """Raises DeploymentError."""
        self._client.delete_stack(StackName=self.name)
        self._wait("stack_delete_complete")

    def status(self) -> str:
        [stack] = self._client.describe_stacks(StackName=self.name)["Stacks"]
        return str(stack["StackStatus"])

    def outputs(self) -> dict[str, str]:
        [stack] = self._client.describe_stacks(StackName=self.name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}

    def parameters(self) -> dict[str, str]:
        [stack] = self._client.describe_stacks(StackName=self.name)["Stacks"]
        return {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", ())}

    def resources(self) -> dict[str, str]:
        """Logical names with physical ids."""
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        found = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return {
            one["LogicalResourceId"]: one.get("PhysicalResourceId", "")
            for one in found
            if one["ResourceStatus"] != "DELETE_COMPLETE"
        }

    def _arguments(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
        return {
            "StackName": self.name,
            "TemplateBody": compact(dict(template)),
            "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            "Capabilities": ["CAPABILITY_IAM"],
        }

    def _wait(self, waiter: str) -> None:
        try:
            self._client.get_waiter(waiter).wait(StackName=self.name, WaiterConfig=_WAIT)
        except WaiterError as error:
            events = self._client.describe_stack_events(StackName=self.name)["StackEvents"]
            failed = [
                f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}"
                for one in events
                if "FAILED" in one["ResourceStatus"]
            ]
            raise DeploymentError(f"{self.name}: {error}; {'; '.join(failed)}") from error
