"""A loopback server of OpenAI's protocol whose models only take time: what every system under test calls in one run.

    python -m benchmarks.model_server --port 8080 [--chat-seconds 1.0] [--embedding-seconds 0.05] [--dimensions 1536]

It serves until it is ended. Answers follow the JSON schema they are asked for; a text's vector
depends on the text alone. `GET /stats` tells what was asked since `POST /stats/reset`, so that callers are compared
by what arrived, not by what they say of themselves; `GET /tokens` counts the tokens of it.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx
import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.machine import Tree, use_shared_vocabularies

#: What each chat call is said to have used; prices are none of this server's business.
PROMPT_TOKENS, COMPLETION_TOKENS = 900, 60
#: How long a server may take to listen.
START_SECONDS = 120.0


@dataclass
class Calls:
    """What one endpoint saw. Times are seconds on this server's monotonic clock."""

    count: int = 0
    inputs: int = 0
    #: Of all texts that were sent, without names of roles and the like.
    characters: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    first_began_at: float | None = None
    last_ended_at: float | None = None
    #: The sum of all calls' durations: divided by slots and by the span it is the share of slots that were busy.
    busy_seconds: float = 0.0
    batch_sizes: list[int] = field(default_factory=list)


class Models:
    """Answers after a fixed time, and counts."""

    def __init__(self, *, chat_seconds: float, embedding_seconds: float, dimensions: int) -> None:
        self._chat_seconds = chat_seconds
        self._embedding_seconds = embedding_seconds
        self._dimensions = dimensions
        self._reset()

    def _reset(self) -> None:
        self.chat, self.embeddings = Calls(), Calls()
        self._chat_texts: list[str] = []

    async def reset(self, request: Request) -> JSONResponse:
        self._reset()
        return JSONResponse({})

    async def stats(self, request: Request) -> JSONResponse:
        return JSONResponse({"chat": asdict(self.chat), "embeddings": asdict(self.embeddings)})

    async def tokens(self, request: Request) -> JSONResponse:
        """Counted when they are asked for, so that counting takes no CPU while callers are timed."""
        import tiktoken

        encoding = tiktoken.get_encoding("o200k_base")
        counted = sum(map(len, encoding.encode_ordinary_batch(self._chat_texts, num_threads=1)))
        return JSONResponse({"chat": counted})

    async def complete(self, request: Request) -> JSONResponse:
        body = await request.json()
        texts = [str(message["content"]) for message in body["messages"]]
        self.chat.characters += sum(map(len, texts))
        self._chat_texts += texts
        await _take(self.chat, 1, self._chat_seconds)
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
        content = _json_text(schema, schema) if schema else "This passage belongs to a longer document."
        words = sum(len(text.split()) for text in texts)
        prompt_tokens = max(PROMPT_TOKENS, words)  # fewer would look like a prompt that was cut
        return JSONResponse(
            {
                "id": "chatcmpl-benchmark",
                "object": "chat.completion",
                "created": int(time.time()),
                "model": body["model"],
                "choices": [{
                    "index": 0, "finish_reason": "stop",
                    "message": {"role": "assistant", "content": content, "refusal": None},
                }],
                "usage": {
                    "prompt_tokens": prompt_tokens, "completion_tokens": COMPLETION_TOKENS,
                    "total_tokens": prompt_tokens + COMPLETION_TOKENS,
                },
            }
        )  # fmt: skip

    async def embed(self, request: Request) -> JSONResponse:
        body = await request.json()
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        self.embeddings.characters += sum(map(len, texts))
        await _take(self.embeddings, len(texts), self._embedding_seconds)
        as_text = body.get("encoding_format") == "base64"
        dimensions = body.get("dimensions") or self._dimensions
        vectors = [_vector(str(text), dimensions) for text in texts]
        data = [
            {"object": "embedding", "index": index, "embedding": _base64(vector) if as_text else vector.tolist()}
            for index, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
        return JSONResponse({"object": "list", "model": body["model"], "data": data, "usage": usage})

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self.complete, methods=["POST"]),
                Route("/v1/embeddings", self.embed, methods=["POST"]),
                Route("/stats", self.stats),
                Route("/tokens", self.tokens),
                Route("/stats/reset", self.reset, methods=["POST"]),
            ]
        )


async def _take(calls: Calls, inputs: int, seconds: float) -> None:
    began_at = time.monotonic()
    calls.count += 1
    calls.inputs += inputs
    calls.batch_sizes.append(inputs)
    calls.first_began_at = began_at if calls.first_began_at is None else calls.first_began_at
    calls.in_flight += 1
    calls.most_in_flight = max(calls.most_in_flight, calls.in_flight)
    await asyncio.sleep(seconds)
    calls.in_flight -= 1
    calls.last_ended_at = time.monotonic()
    calls.busy_seconds += calls.last_ended_at - began_at


def _json_text(schema: dict[str, Any], root: dict[str, Any]) -> str:
    """The JSON text of some value that the schema allows."""
    if "$ref" in schema:
        return _json_text(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "enum" in schema or "const" in schema:
        return json.dumps(schema["const"] if "const" in schema else schema["enum"][0])
    if "anyOf" in schema:
        return _json_text(schema["anyOf"][0], root)
    match schema.get("type"):
        case "object":
            members = (
                f"{json.dumps(name)}: {_json_text(of, root)}" for name, of in schema.get("properties", {}).items()
            )
            return "{" + ", ".join(members) + "}"
        case "array":
            return f"[{_json_text(schema['items'], root)}]"
        case "integer" | "number":
            return "1"
        case "boolean":
            return "true"
        case "null":
            return "null"
    return json.dumps("a sentence about it")


def _vector(text: str, dimensions: int) -> np.ndarray:
    """Unit length, from the text alone."""
    seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
    vector = np.random.default_rng(seed).standard_normal(dimensions, dtype=np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype="<f4")


def _base64(vector: np.ndarray) -> str:
    return base64.b64encode(vector.tobytes()).decode()


@dataclass(frozen=True)
class ModelServer:
    """A running server, seen from the benchmark."""

    url: str
    tree: Tree

    @property
    def base_url(self) -> str:
        """What `OPENAI_BASE_URL` takes."""
        return f"{self.url}/v1"

    def reset(self) -> None:
        httpx.post(f"{self.url}/stats/reset").raise_for_status()

    def stats(self) -> dict[str, Any]:
        """`{"chat": Calls, "embeddings": Calls}` as dictionaries."""
        return dict(httpx.get(f"{self.url}/stats").raise_for_status().json())

    def chat_tokens(self) -> int:
        """Tokens of all messages since the reset, by tiktoken's o200k_base; a few per call for roles are left out."""
        return int(httpx.get(f"{self.url}/tokens", timeout=120).raise_for_status().json()["chat"])


@contextmanager
def model_server(
    *, chat_seconds: float = 1.0, embedding_seconds: float = 0.05, dimensions: int = 1536
) -> Iterator[ModelServer]:
    """The server as a process of its own, so that its CPU is not counted with that of its callers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"port": port, "chat-seconds": chat_seconds, "embedding-seconds": embedding_seconds,
               "dimensions": dimensions}  # fmt: skip
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    env = dict(os.environ)
    use_shared_vocabularies(env)
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.model_server", *arguments], env=env)
    server = ModelServer(f"http://127.0.0.1:{port}", Tree(process.pid))
    try:
        _await(server, process)
        yield server
    finally:
        process.terminate()
        process.wait()


def _await(server: ModelServer, process: "subprocess.Popen[bytes]") -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while True:
        try:
            server.stats()
            return
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise
            time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description="Models that only take time, behind OpenAI's protocol.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--chat-seconds", type=float, default=1.0)
    parser.add_argument("--embedding-seconds", type=float, default=0.05)
    parser.add_argument("--dimensions", type=int, default=1536)
    options = parser.parse_args()
    models = Models(
        chat_seconds=options.chat_seconds,
        embedding_seconds=options.embedding_seconds,
        dimensions=options.dimensions,
    )
    uvicorn.run(models.app(), host="127.0.0.1", port=options.port, log_level="warning", backlog=2048)


if __name__ == "__main__":
    main()
