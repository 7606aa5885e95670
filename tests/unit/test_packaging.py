"""What the package may be installed with agrees with what is locked, tested and built into the image."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from command_line.application import COMMANDS, MCP, PANEL, STACK

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
#: The command line is part of every installation; the worker's image does without it.
COMMAND_LINE = {"typer", "rich"}
#: What the server for agents needs, and the panel doesn't.
AGENTS = {"mcp", "starlette", "uvicorn"}


def requirements(lines: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(made.name): made for made in map(Requirement, lines)}


def asked_for(name: str) -> set[str]:
    """The packages that `requirements/{name}.in` names itself."""
    lines = (REPOSITORY / "requirements" / f"{name}.in").read_text(encoding="utf-8").splitlines()
    return set(requirements([line for line in lines if line and not line.startswith(("#", "-"))]))


def locked() -> dict[str, list[str]]:
    text = (REPOSITORY / "requirements" / "dev.txt").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", text, re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


PARTS = {
    "project": requirements(PROJECT["dependencies"]),
    "panel": requirements(EXTRAS["panel"]),
    "mcp": requirements(EXTRAS["mcp"]),
    "stack": requirements([line for line in EXTRAS["stack"] if not line.startswith("leafmill")]),
}


def test_the_package_needs_what_the_worker_needs_and_the_command_line() -> None:
    assert set(PARTS["project"]) == asked_for("worker") | COMMAND_LINE


def test_the_panels_extra_is_what_the_panel_needs_beside_that() -> None:
    assert set(PARTS["panel"]) == asked_for("panel") - COMMAND_LINE - {"pyyaml"} - AGENTS


def test_the_agents_extra_is_in_the_image() -> None:
    assert set(PARTS["mcp"]) <= asked_for("panel")
    assert set(PARTS["mcp"]) > AGENTS


def test_the_stacks_extra_is_locked_for_the_tests_too() -> None:
    assert set(PARTS["stack"]) <= asked_for("dev") | asked_for("panel")
    assert "leafmill[panel]" in EXTRAS["stack"]


@pytest.mark.parametrize("part", PARTS)
def test_what_is_locked_is_within_the_ranges(part: str) -> None:
    versions = locked()
    for name, requirement in PARTS[part].items():
        if name not in versions:
            continue  # not locked yet: `make lock` adds what an .in file names
        assert all(requirement.specifier.contains(version) for version in versions[name]), str(requirement)
        assert requirement.specifier, f"{name} has no lower bound"


def test_commands_that_need_an_extra_name_one_that_is_there() -> None:
    # A setting, not a command, needs the extra `local`.
    assert {PANEL.name, MCP.name, STACK.name} == set(EXTRAS) - {"local"}
    assert {command.extra.name for command in COMMANDS if command.extra} == set(EXTRAS) - {"local"}


def test_every_folder_of_the_product_is_in_the_wheel() -> None:
    build = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    included = set(build["targets"]["wheel"]["only-include"])
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} - {"tests", "benchmarks", "scripts"}
    modules = {path.name for path in REPOSITORY.glob("*.py")}
    assert packages | modules | {"profiles"} == included
