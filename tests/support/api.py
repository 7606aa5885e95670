"""A client of the API that holds every answer against the OpenAPI description."""

import json
import re
from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from composition.parts import Parts
from ledger.api_keys import Scope
from web.api import PREFIX
from web.api.openapi import describe


class ApiClient:
    """`answered` has the operation and status of each answer."""

    def __init__(self, client: FlaskClient, token: str = "") -> None:
        self._client = client
        self.token = token
        self.answered: set[tuple[str, int]] = set()

    def get(self, path: str, **query: Any) -> Any:
        return self.send("GET", path, query_string=query or None)

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        return self.send("POST", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self.send("DELETE", path, **options)

    def send(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Any:
        sent = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **(headers or {})}
        answer = self._client.open(
            path if path.startswith("/api") else PREFIX + path, method=method, headers=sent, **options
        )
        self._hold(method, path.removeprefix(PREFIX).partition("?")[0], answer)
        return answer

    def _hold(self, method: str, path: str, answer: Any) -> None:
        """The answer is one that the description has, and its body is as described."""
        assert answer.headers["X-Request-Id"]
        if answer.mimetype == "application/problem+json" and method != "HEAD":
            validator("Problem").validate(answer.json)
            assert answer.json["status"] == answer.status_code
            assert answer.json["type"] == f"{PREFIX}/problems/{answer.json['code']}"
        found = operation_of("GET" if method == "HEAD" else method, path)
        if found is None:
            assert answer.status_code in (404, 405)
            return
        self.answered.add((found["operationId"], answer.status_code))
        if answer.status_code == 304 or method == "HEAD":
            return
        described = found["responses"][str(answer.status_code)]
        if "$ref" in described:
            described = resolved(described["$ref"])
        schema = described["content"][answer.mimetype]["schema"]
        if answer.mimetype.endswith("json"):
            _validator(json.dumps(schema)).validate(answer.json)


def client(app: Flask, parts: Parts, *scopes: Scope, prefix: str = "") -> ApiClient:
    """With a new key."""
    _, token = parts.api_keys.create(scopes or ("admin",), prefix=prefix)
    return ApiClient(app.test_client(), token)


def validator(name: str) -> Draft202012Validator:
    return _validator(json.dumps({"$ref": f"#/components/schemas/{name}"}))


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(schema), "components": description()["components"]})


@cache
def description() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(describe()))
    return found


def resolved(reference: str) -> Any:
    found: Any = description()
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """What the description has for this address."""
    for template, methods in description()["paths"].items():
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path) and method.lower() in methods:
            found: dict[str, Any] = methods[method.lower()]
            return found
    return None
