"""A loopback server of OpenAI's streamed chat that answers with the passages' own sentences, each with its citation.

For pictures of the panel without a key and without cost. It finds the sentences that share most words with the
question, so that what it says is in the documents and every citation leads to its place. It understands nothing.
"""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

MAX_SENTENCES = 3
#: Between two words, so that the answer is seen to be written.
WORD_SECONDS = 0.01
#: A sentence is quoted when it has this share of the best one's words of the question.
LEAST_SHARE = 0.6
_PASSAGE = re.compile(r"<passage [^>]*>\n(.*?)\n</passage>", re.DOTALL)
_QUESTION = re.compile(r"<question>\n(.*?)\n</question>", re.DOTALL)
_CITATION = re.compile(r"^\[[^\[\]]+, p\. [^\[\]]+\]")
_WORD = re.compile(r"\w{4,}")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


@contextmanager
def quoting_model() -> Iterator[str]:
    """The server's address for OPENAI_BASE_URL, as long as the block lasts."""
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        server.expect_request("/v1/chat/completions", method="POST").respond_with_handler(_reply)
        yield server.url_for("/v1")


def answer_to(prompt: str) -> str:
    """The sentences of a prompt's passages that say most of what its question asks, in Markdown, best first."""
    asked = _QUESTION.findall(prompt)
    wanted = _words(asked[-1]) if asked else set()
    found: list[tuple[int, str, str]] = []
    for sentence, place in _sentences(prompt):
        if shared := len(wanted & _words(sentence)):
            found.append((shared, sentence, place))
    if not found:
        return "The passages don't say."
    most = max(shared for shared, _, _ in found)
    best = sorted((one for one in found if one[0] >= LEAST_SHARE * most), key=lambda one: -one[0])
    return " ".join(f"{sentence} {place}" for _, sentence, place in islice(best, MAX_SENTENCES))


def _sentences(prompt: str) -> Iterator[tuple[str, str]]:
    """Each sentence of running text once, with the citation that stands above it."""
    seen: set[str] = set()
    for passage in _PASSAGE.findall(prompt):
        place = ""
        for line in passage.splitlines():
            if cited := _CITATION.match(line):
                place = cited[0]
                continue
            for sentence in _SENTENCE.split(line.strip()):
                if place and sentence.endswith((".", "!", "?")) and sentence not in seen:
                    seen.add(sentence)
                    yield sentence, place


def _words(text: str) -> set[str]:
    return {word[:6] for word in _WORD.findall(text.casefold())}


def _reply(request: Request) -> Response:
    body: dict[str, Any] = json.loads(request.get_data())
    prompt = "\n".join(str(message["content"]) for message in body["messages"])
    known = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
    answer = answer_to(prompt)

    def chunks() -> Iterator[str]:
        for part in re.findall(r"\S+\s*", answer):
            time.sleep(WORD_SECONDS)
            yield _event({**known, "choices": [{"index": 0, "delta": {"content": part}, "finish_reason": None}]})
        yield _event({**known, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        counts = len(prompt.split()), len(answer.split())
        usage = {"prompt_tokens": counts[0], "completion_tokens": counts[1], "total_tokens": sum(counts)}
        yield _event({**known, "choices": [], "usage": usage})
        yield "data: [DONE]\n\n"

    return Response(chunks(), mimetype="text/event-stream")


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"
