"""The workflow on GitHub runs what people run here, and actions that can't be changed under it."""

import re
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[3]
#: PyYAML reads the key `on` as true.
WORKFLOW: dict[Any, Any] = yaml.safe_load((REPOSITORY / ".github/workflows/checks.yml").read_text(encoding="utf-8"))
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


def test_it_runs_on_every_push_and_may_only_read() -> None:
    assert {"push", "pull_request"} <= set(WORKFLOW[True])
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in WORKFLOW["jobs"].values())


def test_it_runs_the_gate_the_demo_and_the_image_by_targets_that_exist() -> None:
    makefiles = "".join(
        path.read_text(encoding="utf-8") for path in (REPOSITORY / "Makefile", *REPOSITORY.glob("*/*.mk"))
    )
    targets = set(re.findall(r"^([a-z-]+):", makefiles, re.MULTILINE))
    run = {step["run"].removeprefix("make ") for step in STEPS if step.get("run", "").startswith("make ")}
    assert {"check", "demo", "image-test"} <= run <= targets


def test_actions_are_named_by_commits() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    assert [name for name in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name)] == []
