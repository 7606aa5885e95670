"""A loopback chat.completions server: it checks what it is sent, counts, answers by the schema, fails on demand."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

PROMPT_TOKENS, MANY_WORDS = 100, 900
Reply = Callable[[], Response]


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    body: dict[str, Any]
    authorization: str

    @property
    def system(self) -> str:
        return str(self.body["messages"][0]["content"])

    @property
    def user(self) -> str:
        return str(self.body["messages"][1]["content"])

    @property
    def fields(self) -> set[str]:
        """The answer's fields, by which the three kinds of question differ."""
        return set(self.body["response_format"]["json_schema"]["schema"]["properties"])


@dataclass
class ChatServer:
    """`faults` are used up first, one a request; afterwards every question is answered."""

    base_url: str
    asked: list[Asked] = field(default_factory=list)
    faults: list[Reply] = field(default_factory=list)
    answer: Callable[[Asked], dict[str, Any]] | None = None
    takes: Callable[[dict[str, Any]], Response | None] = lambda body: None
    delay_seconds: float = 0.0
    most_in_flight: int = 0
    in_flight: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def on(cls, httpserver: HTTPServer) -> "ChatServer":
        server = cls(base_url=httpserver.url_for("/v1"))
        httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_handler(server._handle)
        return server

    def repeated(self) -> list[str]:
        """Questions that came more than once."""
        counts = Counter(json.dumps(asked.body, sort_keys=True) for asked in self.asked)
        return [body for body, n in counts.items() if n > 1]

    def _handle(self, request: Request) -> Response:
        asked = Asked(json.loads(request.get_data()), request.headers.get("Authorization", ""))
        with self._lock:
            self.asked.append(asked)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            fault = self.faults.pop(0) if self.faults else None
        try:
            if fault is not None:
                return fault()
            refused = self.takes(asked.body)
            if refused is not None:
                return refused
            if self.delay_seconds:
                time.sleep(self.delay_seconds)
            return completion(json.dumps((self.answer or plain_answer)(asked)), prompt_tokens=prompt_tokens(asked.body))
        finally:
            with self._lock:
                self.in_flight -= 1


def plain_answer(asked: Asked) -> dict[str, Any]:
    """A valid answer to each of the three kinds of question."""
    response_format = asked.body.get("response_format", {})
    if "json_schema" in response_format:
        fields = asked.fields
    else:
        known = ("context", "summary", "source_book_title", "constrained_category")
        fields = {name for name in known if f'"{name}"' in asked.system}
    if "context" in fields:
        return {"context": f"This page is about {asked.user.split()[-2]}."}
    if "source_book_title" not in fields:
        return {"summary": "A section about goblins."}
    answer: dict[str, Any] = {
        "source_book_title": "The Goblin Handbook",
        "summary": "All about goblins.",
        "keywords": ["goblins", "caves"],
        "entities": ["Grishnak", "Nobody Who Is In It"],
        "questions": ["Where do goblins live?"],
        "language": "en",
        "document_type": "manual",
        "automatic_category": "Monster lore",
    }
    return answer | ({"constrained_category": "Monsters"} if "constrained_category" in fields else {})


def completion(
    content: str | None,
    *,
    finish_reason: str = "stop",
    refusal: str | None = None,
    prompt_tokens: int = PROMPT_TOKENS,
    thinking_tokens: int = 0,
) -> Response:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    usage: dict[str, Any] = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": 20 + thinking_tokens,
        "total_tokens": prompt_tokens + 20 + thinking_tokens,
    }
    if thinking_tokens:
        usage["completion_tokens_details"] = {"reasoning_tokens": thinking_tokens}
    return _json(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "test-model",
            "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
            "usage": usage,
        }
    )


def failure(status: int, message: str = "no", *, code: str = "", param: str = "", **headers: str) -> Reply:
    """A fault: an error reply as OpenAI writes it. Headers are given with underscores."""
    body = {"error": {"message": message, "type": "error", "param": param or None, "code": code or None}}
    return lambda: _json(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


def says(content: str | None, *, finish_reason: str = "stop", refusal: str | None = None) -> Reply:
    """A fault: a completion with this content."""
    return lambda: completion(content, finish_reason=finish_reason, refusal=refusal)


def prompt_tokens(body: dict[str, Any]) -> int:
    """What a question is said to have: a long one never fewer than words, which would look as if it had been cut."""
    words = sum(len(str(message["content"]).split()) for message in body["messages"])
    return words if words > MANY_WORDS else PROMPT_TOKENS


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers, content_type="application/json")
