"""A function of the product has one subject: it takes few parameters and has few lines."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tests.unit.test_imports import MODULES, REPOSITORY

#: Without `self` and `cls`.
LIMIT_PARAMETERS = 6
LIMIT_LINES = 45
#: Functions that may take more parameters, by module and name.
MANY_PARAMETERS = {
    ("command_line/inspect.py", "inspect_pdf"): "typer: each option of a command is a parameter",
    ("command_line/runs.py", "enqueue_all"): "typer: each option of a command is a parameter",
}


@dataclass(frozen=True, slots=True)
class Function:
    module: str
    name: str
    parameters: int
    lines: int


def functions_in(module: str, source: str) -> Iterator[Function]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            of_node = node.args
            named = [*of_node.posonlyargs, *of_node.args, *of_node.kwonlyargs, of_node.vararg, of_node.kwarg]
            names = [one.arg for one in named if one is not None and one.arg not in ("self", "cls")]
            assert node.end_lineno is not None
            yield Function(module, node.name, len(names), node.end_lineno - node.lineno + 1)


def functions() -> list[Function]:
    return [
        function
        for path in MODULES
        for function in functions_in(str(path.relative_to(REPOSITORY)), path.read_text(encoding="utf-8"))
    ]


def test_no_function_takes_many_parameters_but_those_that_have_a_reason() -> None:
    many = {(one.module, one.name) for one in functions() if one.parameters > LIMIT_PARAMETERS}
    assert many == MANY_PARAMETERS.keys()


def test_no_function_is_long() -> None:
    assert [one for one in functions() if one.lines > LIMIT_LINES] == []


def test_parameters_and_lines_are_counted_of_every_function() -> None:
    source = """
class A:
    async def many(self, a, /, b, *c, d=1, **e):
        def inner(): ...
        return inner
"""
    assert list(functions_in("a.py", source)) == [Function("a.py", "many", 5, 3), Function("a.py", "inner", 0, 1)]
