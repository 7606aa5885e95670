"""Reads `template.yaml` as CloudFormation would, as far as this project's own readers need it.

`load_template` gives the file with the short tags spelled out (`!Ref X` → `{"Ref": "X"}`); a `Resolver` works out what
a value in it means for given parameters. Functions that nobody here needs are refused, never guessed.
"""

import re
from collections.abc import Mapping, MutableMapping
from copy import deepcopy
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

TEMPLATE_FILE = Path(__file__).parent / "template.yaml"

#: What `Ref` answers for `AWS::…`; the account is the one that emulators use.
LOCAL_PSEUDO_PARAMETERS = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "local",
    "AWS::URLSuffix": "amazonaws.com",
}
#: What `!Ref AWS::NoValue` answers: leave this out.
NO_VALUE = object()

_SUB_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")


class TemplateError(Exception):
    """The template says something that this reader doesn't understand, or doesn't have."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # which of them, the build says
    """SafeLoader plus CloudFormation's short tags; libyaml's where it is there, which is ten times as fast."""


def _spell_out(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _spell_out)


def load_template(path: Path = TEMPLATE_FILE) -> dict[str, Any]:
    """The template as plain data, every function in its long form. The caller may change what it gets."""
    return deepcopy(_parse(path.read_text(encoding="utf-8")))


@cache
def _parse(text: str) -> dict[str, Any]:
    template: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    return template


class Resolver:
    """What values in a template mean for these parameters.

    `made` tells of resources that exist already: `{"Queue": {"Ref": url, "Arn": arn}}`. Asking for anything else raises
    TemplateError.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any] | None = None,
        *,
        pseudo_parameters: Mapping[str, str] = LOCAL_PSEUDO_PARAMETERS,
        made: MutableMapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        declared = template.get("Parameters", {})
        unknown = set(parameters or {}) - set(declared)
        if unknown:
            raise TemplateError(f"the template has no parameter {', '.join(sorted(unknown))}")
        defaults = {name: spec["Default"] for name, spec in declared.items() if "Default" in spec}
        self._template = template
        self._values = {**defaults, **(parameters or {}), **pseudo_parameters, "AWS::NoValue": NO_VALUE}
        self.made: MutableMapping[str, Mapping[str, str]] = {} if made is None else made

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources that these parameters create, unresolved."""
        return {
            name: resource
            for name, resource in self._template["Resources"].items()
            if "Condition" not in resource or self.condition(resource["Condition"])
        }

    def properties(self, name: str) -> dict[str, Any]:
        """A resource's properties, resolved."""
        properties: dict[str, Any] = self.resolve(self.resources[name].get("Properties", {}))
        return properties

    def condition(self, name: str) -> bool:
        try:
            return bool(self.resolve(self._template["Conditions"][name]))
        except KeyError:
            raise TemplateError(f"the template has no condition {name}") from None

    def resolve(self, value: Any) -> Any:
        """`value` with every function in it worked out."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name in {"Ref", "Condition"} or name.startswith("Fn::"):
                return self._call(name, argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}

    def _call(self, function: str, argument: Any) -> Any:
        match function, argument:
            case "Ref", name:
                return self._values[name] if name in self._values else self._attribute(name, "Ref")
            case "Fn::GetAtt", [name, attribute]:
                return self._attribute(name, attribute)
            case "Fn::Sub", str(text):
                return self._substitute(text, {})
            case "Fn::Sub", [text, variables]:
                return self._substitute(text, self.resolve(variables))
            case "Fn::If", [name, then, otherwise]:
                return self.resolve(then if self.condition(name) else otherwise)
            case "Fn::Join", [separator, parts]:
                return separator.join(str(part) for part in self.resolve(parts))
            case "Condition", str(name):
                return self.condition(name)
            case "Fn::Equals", [left, right]:
                return str(self.resolve(left)) == str(self.resolve(right))
            case "Fn::Not", [inner]:
                return not self.resolve(inner)
            case "Fn::And", list(parts):
                return all(self.resolve(part) for part in parts)
            case "Fn::Or", list(parts):
                return any(self.resolve(part) for part in parts)
        raise TemplateError(f"{function} with {argument!r} is not understood here")

    def _attribute(self, resource: str, attribute: str) -> str:
        try:
            return self.made[resource][attribute]
        except KeyError:
            raise TemplateError(f"{resource}.{attribute} is not known: nothing of that name was made") from None

    def _substitute(self, text: str, variables: Mapping[str, Any]) -> str:
        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in variables:
                return str(variables[name])
            resource, _, attribute = name.partition(".")
            return str(self._call("Fn::GetAtt", [resource, attribute]) if attribute else self._call("Ref", name))

        return _SUB_VARIABLE.sub(replace, text)
