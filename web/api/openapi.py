"""The OpenAPI 3.1 description, made of the operations: https://spec.openapis.org/oas/v3.1.0"""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from foundation.version import program_version
from web.api import PREFIX
from web.api.operations import EVENT_STREAM, JSON, Operation
from web.api.problem_details import Problem
from web.api.problems import CONTENT_TYPE, KINDS
from web.api.table_of_operations import OPERATIONS

_PARAMETERS: dict[str, dict[str, Any]] = {
    "document_id": {"schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"}, "description": "A document's id."},
    "page": {"schema": {"type": "integer", "minimum": 1}, "description": "A page, counted from 1."},
    "number": {"schema": {"type": "integer", "minimum": 1}, "description": "A table of that page, counted from 1."},
    "run_id": {"schema": {"type": "string", "pattern": "^[a-z0-9_]{1,64}$"}, "description": "A run's id."},
    "code": {"schema": {"type": "string", "enum": list(KINDS)}, "description": "A problem's code."},
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A random text for this request. Sent again within a day it gets the first answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_RATE_HEADERS = {
    "RateLimit": {
        "description": "Requests that are left, and seconds until there are more.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {"description": "How many requests a window takes.", "schema": {"type": "string"}},
    "X-Request-Id": {"description": "Names this request in the server's log.", "schema": {"type": "string"}},
}
_SECURITY = {"type": "http", "scheme": "bearer", "bearerFormat": "lm_…", "description": "`leafmill keys create`"}
_INFO = {
    "title": "leafmill",
    "license": {"name": "AGPL-3.0-only", "identifier": "AGPL-3.0-only"},
    "description": "Search PDFs, ask questions of them, read their pages and tables, upload and process them. Every"
    " result names its document, page and place. docs/api.md explains keys, errors, limits and idempotency.",
}


def document() -> str:
    """The description as JSON."""
    return json.dumps(describe(), ensure_ascii=False)


def describe() -> dict[str, Any]:
    models = sorted(set(_models()), key=lambda model: model.__name__)
    _, schemas = models_json_schema(
        [(model, _mode(model)) for model in models], ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for called in OPERATIONS:
        paths.setdefault(called.path, {})[called.method.lower()] = _operation(called)
    return {
        "openapi": "3.1.0",
        "info": _INFO | {"version": program_version()},
        "servers": [{"url": PREFIX}],
        "tags": [{"name": tag} for tag in dict.fromkeys(called.tag for called in OPERATIONS)],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": _SECURITY},
            "schemas": schemas["$defs"],
            "responses": {code: _problem(code) for code in KINDS},
            "headers": _RATE_HEADERS,
        },
    }  # fmt: skip


def _models() -> Iterator[type[BaseModel]]:
    yield Problem
    for called in OPERATIONS:
        yield from (model for model in (*called.answers.values(), called.body) if model)


def _mode(model: type[BaseModel]) -> Any:
    """Fields with a default may be left out of a request; an answer has all of them."""
    return "validation" if any(model is called.body for called in OPERATIONS) else "serialization"


def _operation(called: Operation) -> dict[str, Any]:
    description = called.description
    if called.scopes:
        needed = called.scopes if "admin" in called.scopes else (*called.scopes, "admin")
        description += f"\n\nScope: {' or '.join(needed)}."
    shown: dict[str, Any] = {
        "operationId": called.name,
        "summary": called.summary,
        "description": description.strip(),
        "tags": [called.tag],
        "parameters": list(_parameters(called)),
        "responses": {str(int(called.status)): _answer(called), **_problems(called)},
    }
    if not called.scopes:
        shown["security"] = []
    if called.body:
        shown["requestBody"] = {"required": True, "content": {JSON: {"schema": _reference(called.body)}}}
    return shown  # fmt: skip


def _parameters(called: Operation) -> Iterator[dict[str, Any]]:
    for name, about in _PARAMETERS.items():
        if f"{{{name}}}" in called.path:
            yield {"name": name, "in": "path", "required": True, **about}
    if called.query:
        schema = called.query.model_json_schema()
        for name, field in schema["properties"].items():
            about = {part: value for part, value in field.items() if part not in ("title", "description")}
            yield {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                "description": field.get("description", ""),
                "schema": about,
            }
    if not called.is_idempotent:
        yield _IDEMPOTENCY_KEY


def _answer(called: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for content_type, model in called.answers.items():
        content[content_type] = {"schema": _reference(model) if model else _unmodelled(content_type)}
    words = " ".join(called.notes.values()) or next(
        (model.__doc__.partition("\n")[0] for model in called.answers.values() if model and model.__doc__), "As it is."
    )
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _RATE_HEADERS}
    return {"description": words, "headers": headers, "content": content}


def _unmodelled(content_type: str) -> dict[str, Any]:
    if content_type == JSON:
        return {"type": "object"}
    if content_type == EVENT_STREAM or content_type.startswith("text/"):
        return {"type": "string"}
    return {"type": "string", "contentMediaType": content_type}


def _problems(called: Operation) -> dict[str, Any]:
    """By status; of two codes with one status the answer's `code` says which."""
    by_status: dict[str, list[str]] = {}
    for code in called.problem_codes:
        by_status.setdefault(str(int(KINDS[code].status)), []).append(code)
    return {
        status: {"$ref": f"#/components/responses/{codes[0]}"} if len(codes) == 1 else _either(codes)
        for status, codes in sorted(by_status.items())
    }


def _problem(code: str) -> dict[str, Any]:
    return {"description": KINDS[code].title, "content": {CONTENT_TYPE: {"schema": _reference(Problem)}}}


def _either(codes: list[str]) -> dict[str, Any]:
    titles = "; ".join(f"`{code}`: {KINDS[code].title}" for code in codes)
    return {"description": titles, "content": {CONTENT_TYPE: {"schema": _reference(Problem)}}}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
