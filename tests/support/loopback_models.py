"""A loopback server of OpenAI's protocol whose answers depend on what is asked alone: chat, streamed chat, embeddings.

Data that is recorded with it and tests that read that data later have the same vectors and descriptions. It keeps
what it was asked, so that a test can say that nothing was.

    python -m tests.support.loopback_models     prints its address and serves
"""

import base64
import json
import re
import struct
import sys
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

DIMENSIONS = 64
#: A question of more words is said to have as many tokens: fewer would look as if it had been cut.
MANY_WORDS = 900
#: What any other call is said to have used.
PROMPT_TOKENS, COMPLETION_TOKENS, TOKENS_OF_A_TEXT = 100, 20, 10
_WORD = re.compile(r"\w+")
_TAG = re.compile(r"<[^>]*>")


@dataclass
class LoopbackModels:
    """`refused` and `stalled` are words: a question with the one is refused, one with the other is never answered."""

    base_url: str = ""
    questions: list[dict[str, Any]] = field(default_factory=list)
    embedded: list[str] = field(default_factory=list)
    refused: str | None = None
    stalled: str | None = None
    stalls: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def calls(self) -> int:
        """Questions asked and texts embedded."""
        return len(self.questions) + len(self.embedded)

    def reset(self) -> None:
        self.questions.clear()
        self.embedded.clear()

    def answer(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        body: dict[str, Any] = json.loads(request.get_data())
        self.questions.append(body)
        asked = str(body["messages"][-1]["content"])
        if self.stalled and self.stalled in asked:
            self.stalls += 1
            self._ended.wait()
        if body.get("stream"):
            return Response(_stream("The passages say so."), mimetype="text/event-stream")
        if self.refused and self.refused in asked:
            return _completion(None, _prompt_tokens(body), refusal="This can't be described.")
        schema = body["response_format"]["json_schema"]["schema"]
        return _completion(json.dumps(_filled(schema, asked), ensure_ascii=False), _prompt_tokens(body))

    def embed(self, request: Request) -> Response:
        """POST /v1/embeddings, as base64 if that was asked for."""
        body: dict[str, Any] = json.loads(request.get_data())
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        self.embedded += texts
        as_text = body.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": at, "embedding": _base64(one) if as_text else one}
            for at, one in enumerate(map(vector, texts))
        ]
        used = len(texts) * TOKENS_OF_A_TEXT
        usage = {"prompt_tokens": used, "total_tokens": used}
        return _json({"object": "list", "model": body["model"], "data": data, "usage": usage})

    def end(self) -> None:
        self._ended.set()


@contextmanager
def loopback_models() -> Iterator[LoopbackModels]:
    """The server, as long as the block lasts."""
    models = LoopbackModels()
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        models.base_url = server.url_for("/v1")
        server.expect_request("/v1/chat/completions", method="POST").respond_with_handler(models.answer)
        server.expect_request("/v1/embeddings", method="POST").respond_with_handler(models.embed)
        try:
            yield models
        finally:
            models.end()


def vector(text: str) -> list[float]:
    """DIMENSIONS numbers of length 1: the text's words, each counted in the place that its checksum names."""
    counts = [0.0] * DIMENSIONS
    for word in _WORD.findall(text.lower()):
        counts[zlib.crc32(word.encode()) % DIMENSIONS] += 1.0
    length = sum(count * count for count in counts) ** 0.5
    return [count / length for count in counts] if length else [1.0] + [0.0] * (DIMENSIONS - 1)


def _filled(schema: dict[str, Any], asked: str) -> dict[str, Any]:
    """An answer with every field of the schema, made of the question's own words."""
    words = _WORD.findall(_TAG.sub(" ", asked))
    common = [word for word, _ in Counter(word.lower() for word in words if len(word) > 5).most_common(4)]
    opening = " ".join(words[:30])
    known = {
        "source_book_title": " ".join(words[:3]),
        "summary": f"What it says, beginning with: {opening}.",
        "context": f"The page that begins with: {opening}.",
        "keywords": common,
        "entities": [word for word in words if word.istitle()][:3],
        "questions": [f"What is said of {common[0]}?"] if common else [],
        "language": "en",
        "document_type": "manual",
        "automatic_category": "Harbours",
    }
    return {name: known.get(name, _choice(kind)) for name, kind in schema["properties"].items()}


def _choice(kind: dict[str, Any]) -> Any:
    """The first of what an enumeration allows, however it is wrapped."""
    return next((one["enum"][0] for one in (kind, *kind.get("anyOf", ())) if one.get("enum")), None)


def _prompt_tokens(body: dict[str, Any]) -> int:
    words = sum(len(str(message["content"]).split()) for message in body["messages"])
    return words if words > MANY_WORDS else PROMPT_TOKENS


def _completion(content: str | None, prompt_tokens: int, *, refusal: str | None = None) -> Response:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    return _json(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "loopback",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": _usage(prompt_tokens),
        }
    )


def _stream(text: str) -> Iterator[str]:
    known = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "loopback"}
    choices = [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]
    yield f"data: {json.dumps({**known, 'choices': choices})}\n\n"
    yield f"data: {json.dumps({**known, 'choices': [], 'usage': _usage()})}\n\n"
    yield "data: [DONE]\n\n"


def _usage(prompt_tokens: int = PROMPT_TOKENS) -> dict[str, int]:
    total = prompt_tokens + COMPLETION_TOKENS
    return {"prompt_tokens": prompt_tokens, "completion_tokens": COMPLETION_TOKENS, "total_tokens": total}


def _base64(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def _json(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), content_type="application/json")


if __name__ == "__main__":
    with loopback_models() as running:
        sys.stdout.write(f"{running.base_url}\n")
        sys.stdout.flush()
        threading.Event().wait()
