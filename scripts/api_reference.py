"""The page of docs/ that lists the API's operations, made of their description."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from web.api.openapi import describe
from web.api.problems import KINDS

_MODEL = "#/components/schemas/"


def operations() -> Iterator[str]:
    """A section for each operation: what it does, takes and answers."""
    shown = describe()
    for path, methods in shown["paths"].items():
        for method, operation in methods.items():
            yield "\n\n".join(_operation(method.upper(), path, operation))


def models() -> Iterator[str]:
    """A section for each schema: its fields."""
    for name, schema in describe()["components"]["schemas"].items():
        rows = [
            (f"`{field}`", _kind(about), str(about.get("description", "")))
            for field, about in schema.get("properties", {}).items()
        ]
        yield f"### {name}\n\n{schema.get('description', '')}\n\n" + table(("field", "type", "what it is"), rows)


def problems() -> str:
    """The codes and what they mean."""
    rows = [(f"`{kind.code}`", str(int(kind.status)), kind.meaning) for kind in KINDS.values()]
    return table(("code", "status", "what it means"), rows)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {method} {path}"
    yield operation["summary"]
    if operation["description"]:
        yield str(operation["description"])
    rows = [
        (f"`{found['name']}`", found["in"], _kind(found["schema"]), found["description"])
        for found in operation["parameters"]
    ]
    if rows:
        yield table(("parameter", "in", "type", "what it is"), rows)
    if "requestBody" in operation:
        yield f"Body: {_kind(operation['requestBody']['content']['application/json']['schema'])}."
    status, answer = next(iter(operation["responses"].items()))
    parts = [f"`{kind}`{_named(about['schema'])}" for kind, about in answer["content"].items()]
    yield f"Answer: {status}, {' or '.join(parts)}."
    if "text/event-stream" in answer["content"]:
        yield str(answer["description"])


def _named(schema: Mapping[str, Any]) -> str:
    return f" ({_kind(schema)})" if "$ref" in schema else ""


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix(_MODEL)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}" if "items" in schema else "list"
    if "default" in schema and schema["default"] not in ("", None, [], False):
        return f"{schema.get('type', 'any')}, default `{schema['default']}`"
    return str(schema.get("type", "any"))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """In Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
