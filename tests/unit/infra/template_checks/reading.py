"""How the checks read a template: names like `<Queue.Arn>` stand for what AWS would make."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from config import Settings
from infra.scaling import AnyResource, Scaling, read_scaling
from infra.template import Resolver

Template = dict[str, Any]


Check = Callable[[Template], Iterator[str]]


def resolver(template: Template, **parameters: Any) -> Resolver:
    """The template with an image, and names like `<Queue.Arn>` for what AWS would make."""
    return Resolver(template, {"ImageTag": "v1", "QdrantUrl": "https://qdrant:6333", **parameters}, made=AnyResource())


def of_type(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def read(template: Template) -> Scaling:
    return read_scaling(template, {"QdrantUrl": "https://qdrant:6333"})


def policy(scaling: Scaling, name: str) -> Any:
    return next(policy for policy in scaling.policies if policy.name == name)


def worker_settings(template: Template, key: str = "filled in", **parameters: Any) -> Settings:
    """What the worker makes of the environment that the template gives it, with `key` for every key."""
    [container] = resolver(template, **parameters).properties("TaskDefinition")["ContainerDefinitions"]
    environment = {variable["Name"].lower(): str(variable["Value"]) for variable in container["Environment"]}
    secrets = {secret["Name"].lower(): key for secret in container["Secrets"] if key}
    # In the environment an empty value is the same as none.
    return Settings.model_validate({name: value for name, value in {**environment, **secrets}.items() if value})


def statements(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    def find(name: str, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        if isinstance(value, dict):
            for statement in as_list(value.get("Statement", [])):
                # One that is there by a condition counts as well.
                yield from ((name, one) for one in statement.get("Fn::If", [statement]) if "Effect" in one)
            for item in value.values():
                yield from find(name, item)
        elif isinstance(value, list):
            for item in value:
                yield from find(name, item)

    for name, resource in template["Resources"].items():
        yield from find(name, resource.get("Properties", {}))


def scales(alarm: Mapping[str, Any]) -> bool:
    return any(action["Ref"].endswith("Policy") for action in alarm["AlarmActions"])


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
