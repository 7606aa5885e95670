"""The template, deployed by an emulator's own CloudFormation, and what became of it.

fakecloud 0.51.0 resolves some of a template otherwise than AWS does; `for_fakecloud` rewrites these in a copy. What it
does otherwise without failing is in docs/services.md.
"""

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from infra.template_steps import compact

if TYPE_CHECKING:
    from infra.provision import Endpoint

#: An emulator's CloudFormation is done in a second; the machine may be busy.
_WAIT = {"Delay": 1, "MaxAttempts": 240}
#: What fakecloud's UpdateStack answers when a resource fails. AWS takes the call, and the stack's status tells.
_FAILED_AT_ONCE = "InsufficientCapabilitiesException"
#: A ScalableTarget's limits may be any of these.
_NUMBERS = range(101)


class DeploymentError(Exception):
    """The stack didn't get where it should. The message has the events that say why."""


def for_fakecloud(template: Mapping[str, Any]) -> dict[str, Any]:
    """A copy that fakecloud's CloudFormation takes, for the same parameters.

    A ScalableTarget wants numbers, and `!Ref` gives text: a mapping has the numbers. A ScalingPolicy wants what its
    ScalingTargetId says. A list that is a parameter is text: it is split. Descriptions go, so that what comes in
    addition has room (`MAX_BYTES`).
    """
    changed = copy.deepcopy(dict(template))
    lists = {name for name, spec in changed["Parameters"].items() if "List" in spec["Type"]}
    changed |= {part: _with_lists(changed.get(part, {}), lists) for part in ("Resources", "Outputs")}
    for described in [*changed["Parameters"].values(), *changed["Outputs"].values()]:
        described.pop("Description", None)
    by_type = {kind: [] for kind in ("ScalableTarget", "ScalingPolicy")}  # type: dict[str, list[dict[str, Any]]]
    for resource in changed["Resources"].values():
        service, _, kind = resource["Type"].removeprefix("AWS::").partition("::")
        if service == "ApplicationAutoScaling":
            by_type[kind].append(resource["Properties"])
    for target in by_type["ScalableTarget"]:
        for limit in ("MinCapacity", "MaxCapacity"):
            target[limit] = {"Fn::FindInMap": ["Numbers", target[limit], "is"]}
    for policy in by_type["ScalingPolicy"]:
        target = changed["Resources"][policy.pop("ScalingTargetId")["Ref"]]["Properties"]
        policy |= {key: target[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
    if by_type["ScalableTarget"]:
        changed["Mappings"] = {**changed.get("Mappings", {}), "Numbers": {str(n): {"is": n} for n in _NUMBERS}}
    return changed


def _with_lists(value: Any, lists: set[str]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"Ref"} and value["Ref"] in lists:
            return {"Fn::Split": [",", value]}
        return {key: _with_lists(inner, lists) for key, inner in value.items()}
    return [_with_lists(item, lists) for item in value] if isinstance(value, list) else value


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
        try:
            self._client.update_stack(**self._arguments(template, parameters))
        except ClientError as error:
            if error.response["Error"]["Code"] != _FAILED_AT_ONCE:
                raise
            raise DeploymentError(f"{self.name}: {error}") from error
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

    def role(self, logical_name: str) -> str:
        """Its name. fakecloud's `!Ref` gives its ARN."""
        return self.resources()[logical_name].rpartition("/")[2]

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
