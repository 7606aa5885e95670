"""The `/rerank` protocol against a loopback server: what is sent, and every server's way to answer."""

import json
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from embeddings.reranking import HttpReranker, read_scores
from foundation.errors import TransientError


def test_query_and_passages_are_sent_with_model_and_key(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request("/v2/rerank", method="POST").respond_with_json(
        {"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.2}]}
    )

    scores = HttpReranker(httpserver.url_for("/v2"), "rerank-v3", "key").scores("owls?", ["foxes", "owls"])

    assert scores == [0.2, 0.9]
    [(request, _)] = httpserver.log
    sent = json.loads(request.get_data())
    assert (sent["model"], sent["query"], sent["documents"], sent["top_n"]) == (
        "rerank-v3", "owls?", ["foxes", "owls"], 2,
    )  # fmt: skip
    assert request.headers["Authorization"] == "Bearer key"


@pytest.mark.parametrize(
    "answer",
    [
        {"results": [{"index": 0, "relevance_score": 0.5}]},  # Cohere, Jina, vLLM, Infinity; the other was left out
        {"data": [{"index": 0, "relevance_score": 0.5}, {"index": 1, "relevance_score": 0.5}]},  # Voyage
        [{"index": 1, "score": 0.5}, {"index": 0, "score": 0.5}],  # Text Embeddings Inference
    ],
)
def test_every_servers_answer_is_read(answer: Any) -> None:
    assert read_scores(json.dumps(answer).encode(), 2) == [0.5, 0.5]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"results": [{"index": 7, "relevance_score": 1}]}'])
def test_anything_else_is_an_error_that_passes(content: bytes) -> None:
    with pytest.raises(TransientError, match="the reranker answered"):
        read_scores(content, 2)


def test_a_refusal_is_an_error_that_passes(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/rerank").respond_with_data("no such model", status=404)

    with pytest.raises(TransientError, match="404: no such model"):
        HttpReranker(httpserver.url_for("/rerank")).scores("owls?", ["owls"])
