"""What `make deploy` sends, and in which steps a table's indexes change."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.template import TemplateError, load_template
from infra.template_steps import Index, compact, main, plan


def index(name: str, key: str = "state", projection: str = "ALL") -> Index:
    keys = [{"AttributeName": key, "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": projection}}


A, B, C, D = (index(name) for name in "abcd")


def test_the_short_form_says_the_same(tmp_path: Path) -> None:
    template = load_template()
    (tmp_path / "short.yaml").write_text(compact(template), encoding="utf-8")

    assert _meaning(load_template(tmp_path / "short.yaml")) == _meaning(template)


@pytest.mark.parametrize(
    ("wanted", "present", "expected"),
    [
        ("ab", "", ([], "ab", [])),  # a new table has all at once
        ("ab", "ab", ([], "ab", [])),
        ("ac", "ab", (["abc"], "acb", ["ac"])),
        ("cd", "ab", (["abc", "abcd"], "cdab", ["cdb", "cd"])),
        ("a", "ab", ([], "ab", ["a"])),
    ],
)
def test_each_update_changes_one_index(wanted: str, present: str, expected: tuple[list[str], str, list[str]]) -> None:
    of_name = {"a": A, "b": B, "c": C, "d": D}
    before, at_once, after = plan([of_name[name] for name in wanted], [of_name[name] for name in present])

    steps = [[one["IndexName"] for one in indexes] for indexes in [*before, at_once, *after]]
    assert steps == [list(names) for names in [*expected[0], expected[1], *expected[2]]]
    if present:
        for earlier, later in zip([list(present), *steps], steps, strict=False):
            assert len(set(earlier) ^ set(later)) <= 1


def test_an_index_that_changed_needs_another_name() -> None:
    with pytest.raises(TemplateError, match="the index a is another one"):
        plan([index("a", projection="KEYS_ONLY")], [A])


def test_the_index_of_0_1_0_is_replaced_in_three_updates(tmp_path: Path) -> None:
    old = index("by_state")
    old["KeySchema"].append({"AttributeName": "state_changed_at", "KeyType": "RANGE"})
    by_run = index("by_run", "run_id")
    by_run["KeySchema"].append({"AttributeName": "s3_key", "KeyType": "RANGE"})
    (tmp_path / "after-9.yaml").write_text("of an earlier deployment", encoding="utf-8")

    main(tmp_path, [old, by_run])

    assert sorted(path.name for path in tmp_path.iterdir()) == ["after-1.yaml", "before-1.yaml", "template.yaml"]
    tables = {path.stem: load_template(path)["Resources"]["Table"]["Properties"] for path in tmp_path.iterdir()}
    names = {step: [one["IndexName"] for one in table["GlobalSecondaryIndexes"]] for step, table in tables.items()}
    assert names == {
        "before-1": ["by_state", "by_run", "states"], "template": ["states", "by_run", "by_state"],
        "after-1": ["states", "by_run"],
    }  # fmt: skip
    for table in tables.values():
        keys = {part["AttributeName"] for one in table["GlobalSecondaryIndexes"] for part in one["KeySchema"]}
        declared = {one["AttributeName"] for one in table["AttributeDefinitions"]}
        assert declared == keys | {"pk", "sk"}, "CloudFormation refuses attributes that no key uses"


def _meaning(value: Any) -> Any:
    """Without what only cfn-lint reads, and JSON as what it says."""
    if isinstance(value, dict):
        return {k: _meaning(v) for k, v in value.items() if not (k == "Metadata" and "cfn-lint" in v)}
    if isinstance(value, str) and value.startswith("{") and '"' in value:
        return json.loads(value)
    return [_meaning(item) for item in value] if isinstance(value, list) else value
