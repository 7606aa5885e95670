"""A second look: a model that reads question and passage together says how well each passage answers.

`HttpReranker` speaks the `/rerank` protocol of Cohere, Jina, Voyage, vLLM, Infinity and Text Embeddings Inference;
`LocalReranker` runs a cross-encoder by its name, with the optional package `sentence-transformers`.
"""

import json
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

from foundation.errors import FailureCode, SettingsError, TransientError

#: Cross-encoders read about 500 tokens; servers refuse what is much longer.
MAX_PASSAGE_CHARACTERS = 4_000
_TIMEOUT_SECONDS = 20.0
_OK = 200


class Reranker(Protocol):
    """Thread-safe."""

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """How well each passage answers, higher is better, in their order. Raises errors.TransientError."""


class HttpReranker:
    """`url` is the server's address with or without `/rerank` at its end, for example https://api.cohere.com/v2."""

    def __init__(self, url: str, model: str | None = None, api_key: str | None = None) -> None:
        self._url = url.rstrip("/") if url.rstrip("/").endswith("/rerank") else url.rstrip("/") + "/rerank"
        self._model = model
        self._api_key = api_key

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """Raises TransientError (dependency `reranker`) when the server is away, refuses or answers something else."""
        import urllib3

        texts = [passage[:MAX_PASSAGE_CHARACTERS] for passage in passages]
        # `texts` is what Text Embeddings Inference reads, `documents` what the others do.
        body: dict[str, Any] = {"query": query, "documents": texts, "texts": texts, "top_n": len(texts)}
        if self._model:
            body["model"] = self._model
        headers = {"Content-Type": "application/json"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        try:
            answer = self._pool.request("POST", self._url, body=json.dumps(body).encode(), headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise _away(f"cannot be reached: {type(error).__name__}") from error
        if answer.status != _OK:
            raise _away(f"answered {answer.status}: {answer.data[:300].decode('utf-8', 'replace')}")
        return read_scores(answer.data, len(texts))

    @cached_property
    def _pool(self) -> Any:
        import urllib3

        return urllib3.PoolManager(timeout=_TIMEOUT_SECONDS, retries=urllib3.Retry(1, status_forcelist=[429, 503]))


class LocalReranker:
    """A cross-encoder of sentence-transformers, by its name on the hub or its folder."""

    def __init__(self, model: str) -> None:
        self._name = model
        self._guard = threading.Lock()

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """Raises SettingsError when the package isn't installed."""
        pairs = [(query, passage[:MAX_PASSAGE_CHARACTERS]) for passage in passages]
        with self._guard:
            return [float(score) for score in self._model.predict(pairs, show_progress_bar=False)]

    @cached_property
    def _model(self) -> Any:
        try:
            from sentence_transformers import CrossEncoder
        except ImportError:
            raise SettingsError(
                "RERANK_MODEL without RERANK_URL needs a package: pip install sentence-transformers"
            ) from None
        return CrossEncoder(self._name)


def read_scores(content: bytes, expected: int) -> list[float]:
    """The scores in the order of the passages: `{"results": [{"index", "relevance_score"}]}`, `{"data": …}` or a bare
    list with `score`. A passage that the server leaves out comes last. Raises TransientError for anything else."""
    try:
        answer = json.loads(content)
        items = answer if isinstance(answer, list) else answer.get("results", answer.get("data"))
        found = {int(item["index"]): float(item.get("relevance_score", item.get("score"))) for item in items}
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise _away(f"answered with something else than scores: {content[:100]!r}") from error
    if not found or not set(found) <= set(range(expected)):
        raise _away("answered with scores of other passages")
    least = min(found.values())
    return [found.get(at, least) for at in range(expected)]


def _away(what: str) -> TransientError:
    return TransientError(FailureCode.STORE_FAILED, f"the reranker {what}", dependency="reranker")
