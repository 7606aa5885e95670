"""The description of the API is valid OpenAPI 3.1, and says of each operation what it does and takes."""

import re

import pytest
from openapi_spec_validator import validate

from tests.support.api import description
from web.api.operations import Operation
from web.api.problems import KINDS
from web.api.table_of_operations import OPERATIONS


def test_it_is_valid() -> None:
    validate(description())


def test_operations_are_told_apart() -> None:
    assert len({called.name for called in OPERATIONS}) == len(OPERATIONS)
    assert len({(called.method, called.path) for called in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("called", OPERATIONS, ids=lambda called: called.name)
def test_every_operation_is_described(called: Operation) -> None:
    shown = description()["paths"][called.path][called.method.lower()]
    assert re.fullmatch(r"[A-Z][^\n]+\.", shown["summary"])
    in_path = {found["name"] for found in shown["parameters"] if found["in"] == "path"}
    assert in_path == set(re.findall(r"\{(\w+)\}", called.path))
    assert all(found["description"] for found in shown["parameters"])
    assert set(called.problem_codes) <= KINDS.keys()


def test_what_changes_something_takes_an_idempotency_key() -> None:
    """GET, DELETE and cancelling may be repeated anyway; searching and asking change nothing."""
    without = {called.name for called in OPERATIONS if called.method == "POST" and called.is_idempotent}
    assert without == {"search", "ask", "cancel_run"}
