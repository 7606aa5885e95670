"""Vectors from OpenAI's embeddings API, or from any server that speaks it."""

import base64
import json
import re
import threading
from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from embeddings.base import Embedder, TokenMeter, Vector
from foundation.errors import DeploymentError, FailureCode, PermanentError, RefusedKeyError, TransientError
from foundation.openai_errors import CLOSED_CODES
from foundation.tokens import TokenCounter

if TYPE_CHECKING:
    import openai

#: The API's limits: texts and tokens of one request, tokens of one text.
MAX_BATCH_TEXTS = 2_048
MAX_BATCH_TOKENS = 250_000
MAX_TEXT_TOKENS = 8_000
#: What one request holds at most, so that several run at once and a retry repeats little.
_BATCH_TEXTS = 128
_REQUESTS_IN_FLIGHT = 8
_TIMEOUT_SECONDS = 60.0
_MAX_RETRIES = 5
#: When a person has to act first, asking again soon is noise.
_PERSON_SECONDS = 300.0
#: A server that refuses even this has another reason.
_MIN_TEXT_TOKENS = 32
#: How servers say it: OpenAI "maximum context length", TEI "must have less than 512 tokens", Ollama "exceeds the
#: context length", vLLM "longer than the maximum model length".
_IS_TOO_LONG = re.compile(
    r"context length|less than \d+ tokens|too (many tokens|long)|maximum model length", re.IGNORECASE
)
#: The API refuses an empty text; this stands for one.
_EMPTY_TEXT = " "
_DIMENSIONS = {"text-embedding-3-small": 1_536, "text-embedding-3-large": 3_072, "text-embedding-ada-002": 1_536}
_ENCODING = "cl100k_base"


class OpenAIEmbedder:
    """Asks in batches, several at once. Texts over the model's limit are embedded by their beginning.

    The limit is that of OpenAI's models, until a server says that a text is too long: then it is halved until it fits.
    """

    knows_meaning = True
    replaces_lexical = False
    weak_similarity = 0.0

    def __init__(
        self,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        max_retries: int = _MAX_RETRIES,
        timeout_seconds: float = _TIMEOUT_SECONDS,
    ) -> None:
        self.name = model
        self._api_key = api_key
        self._base_url = base_url
        self._max_retries = max_retries
        self._timeout_seconds = timeout_seconds
        self._requests = ThreadPoolExecutor(_REQUESTS_IN_FLIGHT, thread_name_prefix="embed")
        self._guard = threading.Lock()
        self._learned_dimensions: int | None = None
        self._max_text_tokens = MAX_TEXT_TOKENS

    @property
    def dimensions(self) -> int:
        """Known for OpenAI's own models, otherwise learned by asking for one vector."""
        if self._learned_dimensions is None:
            known = None if self._base_url else _DIMENSIONS.get(self.name)
            self._learned_dimensions = known or len(self._ask(["dimensions"])[0])
        return self._learned_dimensions

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order.

        Raises TransientError (dependency `embeddings`) when the API is away or throttles, DeploymentError when it
        refuses the key, the quota is spent or there is no such model, and PermanentError (`embeddings_failed`) when it
        refuses the texts or answers with vectors of another length than before.
        """
        return self.embed_metered(texts, lambda tokens: None)

    def embed_query(self, text: str) -> Vector:
        """The vector of a question."""
        return self.embed([text])[0]

    def metered(self, meter: TokenMeter) -> Embedder:
        """Shares everything with this one."""
        return _Metered(self, meter)

    def embed_metered(self, texts: Sequence[str], meter: TokenMeter) -> list[Vector]:
        """As `embed`; `meter` is told of each request that was answered."""
        if not texts:
            return []
        batches = list(self._batches(texts))
        if len(batches) == 1:
            return self._ask(batches[0], meter)
        answers = self._requests.map(lambda batch: self._ask(batch, meter), batches)
        return [vector for vectors in answers for vector in vectors]

    def _batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        batch_tokens = 0
        for text in texts:
            fitting, tokens = self._fit(text)
            if batch and (len(batch) >= _BATCH_TEXTS or batch_tokens + tokens > MAX_BATCH_TOKENS):
                yield batch
                batch, batch_tokens = [], 0
            batch.append(fitting)
            batch_tokens += tokens
        yield batch

    def _fit(self, text: str) -> tuple[str, int]:
        """The text as the API takes it, and at most how many tokens it has."""
        if not text.strip():
            return _EMPTY_TEXT, 1
        # A token is at least a byte, so that most texts need no counting.
        size = len(text.encode("utf-8", "replace"))
        limit = self._max_text_tokens
        if size <= limit:
            return text, size
        tokens = self._counter.count(text)
        if tokens <= limit:
            return text, tokens
        return self._counter.truncate(text, limit), limit

    def _ask(self, texts: list[str], meter: TokenMeter = lambda tokens: None) -> list[Vector]:
        while True:
            try:
                return self._request(texts, meter)
            except _TooLongError:
                limit = max(self._counter.count(text) for text in texts) // 2
                if limit < _MIN_TEXT_TOKENS:
                    raise
                with self._guard:
                    self._max_text_tokens = min(self._max_text_tokens, limit)
                texts = [self._fit(text)[0] for text in texts]

    def _request(self, texts: list[str], meter: TokenMeter) -> list[Vector]:
        import openai

        try:
            # Raw: building a typed answer would take most of a request's CPU.
            raw = self._client.embeddings.with_raw_response.create(
                model=self.name, input=texts, encoding_format="base64"
            )
        except openai.APIStatusError as error:
            raise _typed(error) from error
        except openai.APIConnectionError as error:
            raise TransientError(
                FailureCode.EMBEDDINGS_FAILED, f"the embeddings API cannot be reached: {error}", dependency="embeddings"
            ) from error
        vectors, tokens = _read_answer(raw.content)
        meter(tokens)
        self._check(vectors, len(texts))
        return vectors

    def _check(self, vectors: list[Vector], expected: int) -> None:
        lengths = {len(vector) for vector in vectors}
        with self._guard:
            if self._learned_dimensions is None and len(lengths) == 1:
                self._learned_dimensions = next(iter(lengths))
        if len(vectors) != expected or lengths != {self._learned_dimensions}:
            raise PermanentError(
                FailureCode.EMBEDDINGS_FAILED,
                f"{self.name} answered {len(vectors)} vectors of {sorted(lengths)} dimensions to {expected} texts,"
                f" {self._learned_dimensions} dimensions were expected",
            )

    @cached_property
    def _client(self) -> "openai.OpenAI":
        import openai  # 0.9 s of CPU

        return openai.OpenAI(
            api_key=self._api_key or "none",  # a local server needs no key, the client insists on one
            base_url=self._base_url,
            max_retries=self._max_retries,
            timeout=self._timeout_seconds,
        )

    @cached_property
    def _counter(self) -> TokenCounter:
        return TokenCounter(_ENCODING)


class _TooLongError(PermanentError):
    """A text has more tokens than the model takes."""


class _Metered:
    """An OpenAIEmbedder that tells what it takes."""

    knows_meaning = True
    replaces_lexical = False
    weak_similarity = 0.0

    def __init__(self, embedder: OpenAIEmbedder, meter: TokenMeter) -> None:
        self._embedder = embedder
        self._meter = meter
        self.name = embedder.name

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        return self._embedder.embed_metered(texts, self._meter)

    def embed_query(self, text: str) -> Vector:
        return self.embed([text])[0]

    def metered(self, meter: TokenMeter) -> Embedder:
        return _Metered(self._embedder, meter)


def _read_answer(content: bytes) -> tuple[list[Vector], int]:
    """The vectors in the order of the texts, and the tokens they took: 0 from servers that leave that out."""
    try:
        answer = json.loads(content)
        items = sorted(answer["data"], key=lambda item: item["index"])
        return [_vector(item["embedding"]) for item in items], (answer.get("usage") or {}).get("prompt_tokens") or 0
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        message = f"the embeddings API answered with something else than vectors: {content[:100]!r}"
        raise TransientError(FailureCode.EMBEDDINGS_FAILED, message, dependency="embeddings") from error


def _vector(embedding: str | list[float]) -> Vector:
    """Servers that don't know base64 answer with numbers."""
    if isinstance(embedding, str):
        return array("f", base64.b64decode(embedding)).tolist()
    return [float(number) for number in embedding]


def _typed(error: "openai.APIStatusError") -> PermanentError | TransientError:
    if reason := _needs_person(error):
        kind = RefusedKeyError if error.status_code in (401, 403) else DeploymentError
        return kind(FailureCode.EMBEDDINGS_FAILED, reason, dependency="embeddings", retry_after_seconds=_PERSON_SECONDS)
    message = f"the embeddings API answered {error.status_code}: {error.message[:300]}"
    if error.status_code in (400, 413, 422) and _IS_TOO_LONG.search(error.message):
        return _TooLongError(FailureCode.EMBEDDINGS_FAILED, message)
    if error.status_code in (400, 413, 422):
        return PermanentError(FailureCode.EMBEDDINGS_FAILED, message)
    return TransientError(
        FailureCode.EMBEDDINGS_FAILED,
        message,
        dependency="embeddings",
        retry_after_seconds=_seconds(error.response.headers.get("retry-after")),
    )


def _needs_person(error: "openai.APIStatusError") -> str | None:
    """Why no waiting cures it; None when it may. The message of a refused key repeats part of it, and is left out."""
    details = error.body if isinstance(error.body, dict) else {}
    code = str(details.get("code") or details.get("type") or "")
    told = f"HTTP {error.status_code}" + (f" {code}" if code else "")
    if error.status_code in (401, 403):
        return f"the embeddings API refuses OPENAI_API_KEY ({told})"
    if error.status_code == 404 or code in CLOSED_CODES:
        return f"the embeddings API can't be used: {error.message[:200]} ({told})"
    return None


def _seconds(value: str | None) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:  # a date: our own backoff will do
        return None
