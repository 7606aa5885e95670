"""The embeddings API behind a real loopback server: batches, order, limits, and failures typed by what to do."""

import base64
import json
import re
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from embeddings import openai as module
from embeddings.openai import OpenAIEmbedder
from foundation.errors import DeploymentError, FailureCode, PermanentError, TransientError
from model_api.model_server import ModelServer

DIMENSIONS = 3
#: What a text takes, whatever it is.
TOKENS = 10


@dataclass
class EmbeddingsServer:
    """Answers each text with (its length, its position in the request, 1) as base64, after the faults are used up."""

    base_url: str
    batches: list[list[str]] = field(default_factory=list)
    faults: list[Callable[[], Response]] = field(default_factory=list)
    dimensions: int = DIMENSIONS
    drop_last: bool = False
    tells_usage: bool = True
    #: Longer texts are refused.
    max_characters: int | None = None
    #: More texts at once are refused, with these words.
    max_texts: int | None = None
    words: str = "no"
    #: Texts that hold this are refused.
    refused: str | None = None
    #: When set, a request is only answered once this many are waiting.
    wait_for: threading.Barrier | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def usage(self, texts: int) -> dict[str, int]:
        """Some servers leave it out."""
        return {"prompt_tokens": texts * TOKENS, "total_tokens": texts * TOKENS} if self.tells_usage else {}

    def answer(self, request: Request) -> Response:
        body: dict[str, Any] = json.loads(request.data)
        assert request.headers["Authorization"] == "Bearer a-key"
        assert body["model"] == "a-model"
        assert body["encoding_format"] == "base64"
        with self._lock:
            if self.faults:
                return self.faults.pop(0)()
            self.batches.append(body["input"])
        if self.max_characters and max(map(len, body["input"])) > self.max_characters:
            words = f"This model's maximum context length is {self.max_characters} characters"
            return Response(json.dumps({"error": {"message": words}}), 400, mimetype="application/json")
        is_refused = self.refused is not None and any(self.refused in text for text in body["input"])
        if is_refused or (self.max_texts and len(body["input"]) > self.max_texts):
            return Response(json.dumps({"error": {"message": self.words}}), 422, mimetype="application/json")
        if self.wait_for:
            self.wait_for.wait(timeout=30)
        vectors = [[float(len(text)), float(at), 1.0][: self.dimensions] for at, text in enumerate(body["input"])]
        data = [
            {"object": "embedding", "index": at, "embedding": base64.b64encode(struct.pack(f"<{len(v)}f", *v)).decode()}
            for at, v in enumerate(vectors)
        ]
        answered = data[: len(data) - self.drop_last][::-1]  # the order of an answer is not promised
        return Response(
            json.dumps({"object": "list", "model": "a-model", "data": answered, "usage": self.usage(len(data))}),
            mimetype="application/json",
        )


@pytest.fixture
def server() -> Iterator[EmbeddingsServer]:
    with HTTPServer(threaded=True) as httpserver:
        made = EmbeddingsServer(httpserver.url_for("/v1"))
        httpserver.expect_request("/v1/embeddings", method="POST").respond_with_handler(made.answer)
        yield made


@pytest.fixture
def embedder(server: EmbeddingsServer) -> OpenAIEmbedder:
    return OpenAIEmbedder("a-model", ModelServer(server.base_url, "a-key"), max_retries=0)


def failure(status: int, **headers: str) -> Callable[[], Response]:
    return lambda: Response(json.dumps({"error": {"message": "no"}}), status, headers, mimetype="application/json")


def lengths(vectors: list[list[float]]) -> list[int]:
    return [int(vector[0]) for vector in vectors]


def test_vectors_come_in_the_order_of_the_texts(server: EmbeddingsServer, embedder: OpenAIEmbedder) -> None:
    assert lengths(embedder.embed(["a", "bbb", "cc"])) == [1, 3, 2]
    assert server.batches == [["a", "bbb", "cc"]]


def test_no_text_asks_nothing(server: EmbeddingsServer, embedder: OpenAIEmbedder) -> None:
    assert embedder.embed([]) == []
    assert server.batches == []


def test_many_texts_go_in_several_requests_at_once(server: EmbeddingsServer, embedder: OpenAIEmbedder) -> None:
    texts = ["x" * n for n in range(1, 3 * 128 + 1)]
    server.wait_for = threading.Barrier(3)  # no request is answered before the third has arrived

    assert lengths(embedder.embed(texts)) == [len(text) for text in texts]
    assert sorted(map(len, server.batches)) == [128, 128, 128]


@pytest.mark.parametrize("tells_usage", [True, False])
def test_what_it_takes_is_told_to_who_asked(
    server: EmbeddingsServer, embedder: OpenAIEmbedder, tells_usage: bool
) -> None:
    server.tells_usage = tells_usage
    mine: list[int] = []
    others: list[int] = []
    embedder.metered(others.append).embed(["another document"])
    assert lengths(embedder.metered(mine.append).embed(["x"] * 129)) == [1] * 129
    assert sum(mine) == (129 * TOKENS if tells_usage else 0)
    assert len(others) == 1


def test_a_request_holds_no_more_tokens_than_the_api_takes(
    server: EmbeddingsServer, embedder: OpenAIEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BATCH_TOKENS", 100)

    embedder.embed(["x" * 40] * 5)

    assert sorted(map(len, server.batches)) == [1, 2, 2]


def test_a_text_over_the_limit_is_embedded_by_its_beginning(server: EmbeddingsServer, embedder: OpenAIEmbedder) -> None:
    text = "".join(f"word{n} " for n in range(20_000))

    embedder.embed([text])

    [[sent]] = server.batches
    assert 8_000 < len(sent) < len(text)
    assert text.startswith(sent)


def test_a_server_of_shorter_texts_teaches_its_limit(server: EmbeddingsServer, embedder: OpenAIEmbedder) -> None:
    server.max_characters = 1_000
    long, short = "owls and foxes " * 200, "owls"

    beginning, whole = lengths(embedder.embed([long, short]))
    assert 250 < beginning <= 1_000
    assert whole == len(short)

    asked = len(server.batches)
    assert lengths(embedder.embed([long])) == [beginning]
    assert len(server.batches) == asked + 1, "known by now"


def test_a_server_that_finds_everything_too_long_is_believed(
    server: EmbeddingsServer, embedder: OpenAIEmbedder
) -> None:
    server.max_characters = 5
    with pytest.raises(PermanentError, match="too long"):
        embedder.embed(["owls and foxes " * 200])


@pytest.mark.parametrize("empty", ["", "  \n"])
def test_an_empty_text_has_a_vector_all_the_same(
    server: EmbeddingsServer, embedder: OpenAIEmbedder, empty: str
) -> None:
    """The API refuses empty texts, and one of them must not cost the batch."""
    assert len(embedder.embed(["a", empty])) == 2
    assert server.batches == [["a", " "]]


def test_dimensions_are_learned_from_the_first_answer(server: EmbeddingsServer, embedder: OpenAIEmbedder) -> None:
    embedder.embed(["a"])

    assert embedder.dimensions == DIMENSIONS
    assert len(server.batches) == 1


def test_dimensions_are_asked_for_when_there_was_no_answer_yet(
    server: EmbeddingsServer, embedder: OpenAIEmbedder
) -> None:
    assert embedder.dimensions == DIMENSIONS
    assert embedder.dimensions == DIMENSIONS
    assert len(server.batches) == 1


def test_dimensions_of_the_apis_own_models_are_known() -> None:
    assert OpenAIEmbedder("text-embedding-3-small", ModelServer(api_key="a-key")).dimensions == 1_536


@pytest.mark.parametrize(
    ("max_texts", "words"),
    [
        (32, "batch size 128 > maximum allowed batch size 32"),  # TEI
        (10, "batch size is invalid, it should not be larger than 10."),  # DashScope
        (96, "invalid request: total number of texts must be at most 96"),  # Cohere
        (50, "no"),
        (1, "Request too large for a-model on tokens per min (TPM): Limit 1000, Requested 1280."),  # OpenAI
    ],
)
def test_a_server_of_smaller_batches_teaches_its_limit(
    server: EmbeddingsServer, embedder: OpenAIEmbedder, max_texts: int, words: str
) -> None:
    server.max_texts, server.words = max_texts, words
    texts = ["x" * (n + 1) for n in range(128)]

    assert lengths(embedder.embed(texts)) == [len(text) for text in texts], "none was shortened"

    server.batches.clear()
    assert lengths(embedder.embed(texts)) == [len(text) for text in texts]
    assert max(map(len, server.batches)) <= max_texts, "known by now"


def test_a_refusal_of_every_text_is_the_deployments_fault(server: EmbeddingsServer, embedder: OpenAIEmbedder) -> None:
    server.refused, server.words = "", "dimensions is not supported by this model"

    with pytest.raises(DeploymentError, match=r"refuses every text.*dimensions is not supported") as raised:
        embedder.embed(["a", "b"])

    assert raised.value.dependency == "embeddings"
    assert server.batches == [["a", "b"], ["ping"]]


def test_one_text_that_is_refused_for_what_it_says_is_the_documents_fault(
    server: EmbeddingsServer, embedder: OpenAIEmbedder
) -> None:
    server.refused, server.words = "bomb", "unsafe"

    with pytest.raises(PermanentError, match="unsafe"):
        embedder.embed(["a", "b", "bomb", "d"])

    server.batches.clear()
    assert len(embedder.embed(["x"] * 128)) == 128
    assert len(server.batches) == 1, "that says nothing of the size of a batch"


def test_prefixes_are_put_before_passages_and_questions(server: EmbeddingsServer) -> None:
    embedder = OpenAIEmbedder(
        "a-model", ModelServer(server.base_url, "a-key"), query_prefix="query: ", passage_prefix="passage: "
    )

    embedder.embed(["owls"])
    embedder.embed_query("owls")

    assert server.batches == [["passage: owls"], ["query: owls"]]
    assert embedder.name != OpenAIEmbedder("a-model", ModelServer()).name, "other vectors"
    assert OpenAIEmbedder("a-model", ModelServer(), query_prefix="query: ").name == "a-model", "the same vectors"


def test_vectors_of_another_length_than_before_are_the_deployments_fault(
    server: EmbeddingsServer, embedder: OpenAIEmbedder
) -> None:
    embedder.embed(["a"])
    server.dimensions = 2

    with pytest.raises(DeploymentError, match="3 dimensions were expected"):
        embedder.embed(["a"])


def test_an_answer_with_too_few_vectors_is_refused(server: EmbeddingsServer, embedder: OpenAIEmbedder) -> None:
    server.drop_last = True

    with pytest.raises(DeploymentError, match="1 vectors"):
        embedder.embed(["a", "b"])


def test_a_server_that_does_not_know_base64_answers_with_numbers(
    server: EmbeddingsServer, embedder: OpenAIEmbedder
) -> None:
    data = [{"index": 1, "embedding": [4, 5.5, 6]}, {"index": 0, "embedding": [1, 2, 3]}]
    server.faults.append(lambda: Response(json.dumps({"data": data}), mimetype="application/json"))

    assert [list(vector) for vector in embedder.embed(["a", "b"])] == [[1.0, 2.0, 3.0], [4.0, 5.5, 6.0]]


@pytest.mark.parametrize(
    "body",
    [
        "<html>maintenance</html>",
        "null",
        "[]",
        '{"data": null}',
        '{"data": [{"index": 0}]}',
        '{"data": [{"index": 0, "embedding": "AAA"}]}',
        '{"data": [{"index": 0, "embedding": null}]}',
    ],
)
def test_an_answer_that_is_none_is_worth_retrying(
    server: EmbeddingsServer, embedder: OpenAIEmbedder, body: str
) -> None:
    server.faults.append(lambda: Response(body, mimetype="application/json"))

    with pytest.raises(TransientError, match="something else than vectors"):
        embedder.embed(["a"])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_worth_retrying(server: EmbeddingsServer, embedder: OpenAIEmbedder, status: int) -> None:
    server.faults = [failure(status, **{"Retry-After": "7"})]

    with pytest.raises(TransientError, match=str(status)) as raised:
        embedder.embed(["a"])

    assert (raised.value.dependency, raised.value.retry_after_seconds) == ("embeddings", 7.0)
    assert (raised.value.code, type(raised.value)) == (FailureCode.EMBEDDINGS_FAILED, TransientError)


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (401, "invalid_api_key", "refuses OPENAI_API_KEY (HTTP 401 invalid_api_key)"),
        (403, "", "refuses OPENAI_API_KEY (HTTP 403)"),
        (404, "model_not_found", "can't be used: .* (HTTP 404 model_not_found)"),
        (429, "insufficient_quota", "can't be used: .* (HTTP 429 insufficient_quota)"),
    ],
)
def test_what_a_person_has_to_mend_is_the_deployments_fault(
    server: EmbeddingsServer, embedder: OpenAIEmbedder, status: int, code: str, told: str
) -> None:
    body = json.dumps({"error": {"message": "wrong: sk-secret", "code": code or None}})
    server.faults = [lambda: Response(body, status, mimetype="application/json")]

    with pytest.raises(DeploymentError) as raised:
        embedder.embed(["a"])

    assert re.search(told.replace("(", r"\(").replace(")", r"\)"), str(raised.value))
    assert ("sk-secret" in str(raised.value)) is (status not in (401, 403)), "what repeats a key is left out"
    assert (raised.value.code, raised.value.dependency) == (FailureCode.EMBEDDINGS_FAILED, "embeddings")


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refusal_of_the_texts_is_not_worth_retrying(
    server: EmbeddingsServer, embedder: OpenAIEmbedder, status: int
) -> None:
    server.faults = [failure(status)]

    with pytest.raises(PermanentError, match=str(status)):
        embedder.embed(["a"])


def test_a_short_outage_is_waited_out(server: EmbeddingsServer) -> None:
    server.faults = [failure(500), failure(429, **{"Retry-After-Ms": "1"})]
    embedder = OpenAIEmbedder("a-model", ModelServer(server.base_url, "a-key"), max_retries=2)

    assert lengths(embedder.embed(["abc"])) == [3]


def test_a_wait_of_an_hour_is_left_to_the_queue(server: EmbeddingsServer) -> None:
    server.faults = [failure(429, **{"Retry-After": "3600"})]
    embedder = OpenAIEmbedder("a-model", ModelServer(server.base_url, "a-key"), max_retries=5)

    with pytest.raises(TransientError) as raised:
        embedder.embed(["abc"])

    assert raised.value.retry_after_seconds == 3_600
    assert server.batches == []


def test_what_never_succeeds_is_not_asked_again(server: EmbeddingsServer) -> None:
    """llama.cpp says with status 500 that a text is too long."""
    words = "input (600 tokens) is too large to process. increase the physical batch size (current batch size: 512)"
    server.faults = [lambda: Response(json.dumps({"error": {"message": words}}), 500, mimetype="application/json")]
    embedder = OpenAIEmbedder("a-model", ModelServer(server.base_url, "a-key"), max_retries=5)
    text = "owls and foxes " * 200

    [length] = lengths(embedder.embed([text]))

    assert length < len(text) * 0.6
    assert len(server.batches) == 1


def test_an_api_that_is_away_is_worth_retrying() -> None:
    embedder = OpenAIEmbedder("a-model", ModelServer("http://127.0.0.1:9/v1", "a-key"), max_retries=0)

    with pytest.raises(TransientError, match="cannot be reached") as raised:
        embedder.embed(["a"])

    assert raised.value.dependency == "embeddings"
