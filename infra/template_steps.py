"""Writes what `make deploy` sends: the template in the fewest bytes, and on the way to it one index at a time.

CloudFormation makes or deletes one global secondary index of a table in an update. A table that has other indexes than
the template wants gets the new ones first, one an update, while the old workers go on; then everything else; then the
old ones go. An index never changes: another key or projection is another index, with another name.
"""

import copy
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from infra.template import TEMPLATE_FILE, TemplateError, load_template

TABLE = "Table"
INDEXES = "GlobalSecondaryIndexes"
#: CloudFormation takes so many bytes in a request; more would need a bucket before there is one.
MAX_BYTES = 51_200

Index = dict[str, Any]
Indexes = list[Index]


def compact(template: dict[str, Any]) -> str:
    """The template in YAML's flow style, with short tags and without what only cfn-lint reads."""
    text: str = yaml.dump(
        _shortened(template), Dumper=_Dumper, default_flow_style=True, width=sys.maxsize, sort_keys=False,
        allow_unicode=True,
    )  # fmt: skip
    return text


def plan(wanted: Indexes, present: Indexes) -> tuple[list[Indexes], Indexes, list[Indexes]]:
    """The table's indexes in each update before the main one, in the main one, and in each after it. Pure.

    Raises TemplateError when an index of one name is another one.
    """
    names = {index["IndexName"]: index for index in present}
    for index in wanted:
        there = names.get(index["IndexName"])
        if there is not None and _meaning(there) != _meaning(index):
            raise TemplateError(f"the index {index['IndexName']} is another one on the table: give the new one a name")
    new = [index for index in wanted if index["IndexName"] not in names]
    if not present:  # no table yet: it is made with all of them
        return [], wanted, []
    kept = {index["IndexName"] for index in wanted}
    old = [index for index in present if index["IndexName"] not in kept]
    # The last of the new ones may come with the main update only if nothing in it needs that index at once.
    additions = [[*present, *new[: count + 1]] for count in range(len(new))]
    removals = [[*wanted, *old[count + 1 :]] for count in range(len(old))]
    return additions, [*wanted, *old], removals


def with_indexes(template: dict[str, Any], indexes: Indexes) -> dict[str, Any]:
    """The template with these indexes on its table, and the attributes that their keys need."""
    changed = copy.deepcopy(template)
    table = changed["Resources"][TABLE]["Properties"]
    table[INDEXES] = indexes
    keys = [*table["KeySchema"], *(part for index in indexes for part in index["KeySchema"])]
    names = dict.fromkeys(part["AttributeName"] for part in keys)
    known = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    table["AttributeDefinitions"] = [{"AttributeName": name, "AttributeType": known.get(name, "S")} for name in names]
    return changed


def main(folder: Path, present: Indexes) -> None:
    """Write `before-N.yaml`, `template.yaml` and `after-N.yaml` into `folder`; those of an earlier deployment go."""
    template = load_template(TEMPLATE_FILE)
    wanted = template["Resources"][TABLE]["Properties"][INDEXES]
    before, at_once, after = plan(wanted, present)
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("before-*.yaml"), *folder.glob("after-*.yaml")]:
        old.unlink()
    for number, indexes in enumerate(before, 1):
        _write(folder / f"before-{number}.yaml", with_indexes(template, indexes))
    _write(folder / "template.yaml", with_indexes(template, at_once))
    for number, indexes in enumerate(after, 1):
        _write(folder / f"after-{number}.yaml", with_indexes(template, indexes))


def _write(path: Path, template: dict[str, Any]) -> None:
    path.write_text(compact(template), encoding="utf-8")


def _meaning(index: Index) -> Any:
    projection = index["Projection"]
    return index["KeySchema"], projection["ProjectionType"], sorted(projection.get("NonKeyAttributes", ()))


class _Short:
    """A function of CloudFormation, to be written as `!Name value`."""

    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value = name, value


class _Dumper(yaml.SafeDumper):
    """SafeDumper plus short tags. CloudFormation knows no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def write_indicator(
        self, indicator: str, need_whitespace: bool, whitespace: bool = False, indention: bool = False
    ) -> None:
        # YAML wants no space after a comma; 1.4 kB less.
        super().write_indicator(indicator, need_whitespace, whitespace or indicator == ",", indention)


def _represent(dumper: _Dumper, short: _Short) -> yaml.Node:
    node: yaml.Node = dumper.represent_data(short.value)
    node.tag = f"!{short.name}"
    if isinstance(node, yaml.ScalarNode):
        node.style = None
    return node


_Dumper.add_representer(_Short, _represent)


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        if len(value) == 1:
            ((name, inner),) = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return _short(name.removeprefix("Fn::"), inner)
        return {
            key: _shortened(inner) for key, inner in value.items() if not (key == "Metadata" and "cfn-lint" in inner)
        }
    if isinstance(value, str) and value.startswith("{") and "\n" in value:  # JSON has no line breaks within its words
        return "".join(line.strip() for line in value.splitlines())
    return [_shortened(item) for item in value] if isinstance(value, list) else value


def _short(name: str, inner: Any) -> Any:
    if name == "GetAtt" and isinstance(inner, Sequence) and not isinstance(inner, str):
        return _Short(name, ".".join(inner))
    return _Short(name, _shortened(inner))


if __name__ == "__main__":
    # The indexes of the table as `aws dynamodb describe-table` tells them, or nothing.
    main(Path(sys.argv[1]), json.loads(sys.stdin.read() or "null") or [])
