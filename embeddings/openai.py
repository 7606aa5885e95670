"""Vectors from OpenAI's embeddings API, or from any server that speaks it."""

import base64
import json
import threading
from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

import tenacity

from embeddings.base import Embedder, TokenMeter, Vector
from embeddings.openai_refusals import TooLongError, TooManyError, may_pass, needs_person, typed, wait_seconds
from foundation.errors import FailureCode, PermanentError, TransientError
from foundation.tokens import TokenCounter
from model_api.model_server import ModelServer
from model_api.openai_client import make_client

if TYPE_CHECKING:
    import openai

#: The API's limits: tokens of one request, of one text.
MAX_BATCH_TOKENS = 250_000
MAX_TEXT_TOKENS = 8_000
#: What one request holds at most, so that several run at once and a retry repeats little.
_BATCH_TEXTS = 128
_REQUESTS_IN_FLIGHT = 8
_TIMEOUT_SECONDS = 60.0
_MAX_RETRIES = 5
#: A server that refuses even this has another reason.
_MIN_TEXT_TOKENS = 32
#: A text that no model refuses for what it says.
_PLAIN_TEXT = "ping"
#: The API refuses an empty text; this stands for one.
_EMPTY_TEXT = " "
_DIMENSIONS = {"text-embedding-3-small": 1_536, "text-embedding-3-large": 3_072, "text-embedding-ada-002": 1_536}
_ENCODING = "cl100k_base"
#: Between a model's name and what is put before its passages.
PREFIX_MARK = "|"


class OpenAIEmbedder:
    """Asks in batches, several at once. Texts over the model's limit are embedded by their beginning.

    The limits are those of OpenAI's models, until the server says that a text is too long, or that a request holds too
    many: then they are halved until it takes them, and remembered. A prefix is put before each text; that of passages
    makes other vectors, and is part of the name.
    """

    knows_meaning = True
    replaces_lexical = False
    weak_similarity = 0.0

    def __init__(
        self,
        model: str,
        server: ModelServer,
        *,
        max_retries: int = _MAX_RETRIES,
        timeout_seconds: float = _TIMEOUT_SECONDS,
        query_prefix: str = "",
        passage_prefix: str = "",
    ) -> None:
        self.name = model + (f"{PREFIX_MARK}{passage_prefix}" if passage_prefix else "")
        self._model = model
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix
        self._server = server
        self._max_retries = max_retries
        self._timeout_seconds = timeout_seconds
        self._requests = ThreadPoolExecutor(_REQUESTS_IN_FLIGHT, thread_name_prefix="embed")
        self._guard = threading.Lock()
        self._learned_dimensions: int | None = None
        self._max_text_tokens = MAX_TEXT_TOKENS
        self._max_texts = _BATCH_TEXTS

    @property
    def dimensions(self) -> int:
        """Known for OpenAI's own models, otherwise learned by asking for one vector."""
        if self._learned_dimensions is None:
            known = None if self._server.base_url else _DIMENSIONS.get(self._model)
            self._learned_dimensions = known or len(self._ask(["dimensions"])[0])
        return self._learned_dimensions

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order.

        Raises TransientError (dependency `embeddings`) when the API is away or throttles; DeploymentError when it
        refuses the key or a plain word as well, the quota is spent, there is no such model or its vectors have another
        length than before; PermanentError (`embeddings_failed`) when it refuses one of the texts for what it says.
        """
        return self.embed_metered(texts, lambda tokens: None)

    def embed_query(self, text: str) -> Vector:
        """The vector of a question."""
        return self.embed_query_metered(text, lambda tokens: None)

    def reads(self, text: str) -> bool:
        """The model's languages aren't known here."""
        return True

    def embed_query_metered(self, text: str, meter: TokenMeter) -> Vector:
        """As `embed_query`, with what it took told to `meter`."""
        return self._ask([self._fit(self._query_prefix + text)[0]], meter)[0]

    def metered(self, meter: TokenMeter) -> Embedder:
        """Shares everything with this one."""
        return _Metered(self, meter)

    def embed_metered(self, texts: Sequence[str], meter: TokenMeter) -> list[Vector]:
        """As `embed`; `meter` gets each request that was answered."""
        if not texts:
            return []
        batches = list(self._batches([self._passage_prefix + text for text in texts]))
        if len(batches) == 1:
            return self._ask(batches[0], meter)
        answers = self._requests.map(lambda batch: self._ask(batch, meter), batches)
        return [vector for vectors in answers for vector in vectors]

    def _batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        batch_tokens = 0
        for text in texts:
            fitting, tokens = self._fit(text)
            if batch and (len(batch) >= self._max_texts or batch_tokens + tokens > MAX_BATCH_TOKENS):
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
        if len(texts) > self._max_texts:  # learnt since the batch was made
            return self._ask_halves(texts, meter)
        try:
            return self._request(texts, meter)
        except TooManyError:
            if len(texts) > 1:
                self._learn_max_texts(len(texts) // 2)
                return self._ask_halves(texts, meter)
            return self._ask_shortened(texts, meter)
        except TooLongError:
            return self._ask_shortened(texts, meter)
        except PermanentError as refusal:
            self._ask_plainly(refusal)
            if len(texts) == 1:
                raise
            # Either one of the texts is refused for what it says, or the server takes fewer and doesn't say so.
            vectors = self._ask_halves(texts, meter)
            self._learn_max_texts((len(texts) + 1) // 2)
            return vectors

    def _ask_halves(self, texts: list[str], meter: TokenMeter) -> list[Vector]:
        middle = (len(texts) + 1) // 2
        return self._ask(texts[:middle], meter) + self._ask(texts[middle:], meter)

    def _ask_shortened(self, texts: list[str], meter: TokenMeter) -> list[Vector]:
        """Ask about the beginnings of the longest texts. Raises TooLongError when they are short already."""
        limit = max(self._counter.count(text) for text in texts) // 2
        if limit < _MIN_TEXT_TOKENS:
            self._ask_plainly(None)
            message = f"the embeddings API finds a text of {2 * limit} tokens too long"
            raise TooLongError(FailureCode.EMBEDDINGS_FAILED, message)
        with self._guard:
            self._max_text_tokens = min(self._max_text_tokens, limit)
        return self._ask([self._fit(text)[0] for text in texts], meter)

    def _ask_plainly(self, refusal: PermanentError | None) -> None:
        """Raises DeploymentError when the server refuses a plain word too: then it isn't the texts' fault."""
        try:
            self._request([_PLAIN_TEXT], lambda tokens: None)
        except PermanentError as error:
            raise needs_person(f"the embeddings API refuses every text: {refusal or error}") from error

    def _learn_max_texts(self, most: int) -> None:
        with self._guard:
            self._max_texts = max(1, min(self._max_texts, most))

    def _request(self, texts: list[str], meter: TokenMeter) -> list[Vector]:
        content = tenacity.Retrying(
            retry=tenacity.retry_if_exception(may_pass),
            stop=tenacity.stop_after_attempt(1 + self._max_retries),
            wait=wait_seconds,
            reraise=True,
        )(self._send, texts)
        vectors, tokens = _read_answer(content)
        meter(tokens)
        self._check(vectors, len(texts))
        return vectors

    def _send(self, texts: list[str]) -> bytes:
        import openai

        try:
            # Raw: building a typed answer would take most of a request's CPU.
            raw = self._client.embeddings.with_raw_response.create(
                model=self._model, input=texts, encoding_format="base64"
            )
        except (openai.APIStatusError, openai.APIConnectionError) as error:
            raise typed(error, self._server.key_setting, texts) from error
        return bytes(raw.content)

    def _check(self, vectors: list[Vector], expected: int) -> None:
        lengths = {len(vector) for vector in vectors}
        with self._guard:
            if self._learned_dimensions is None and len(lengths) == 1:
                self._learned_dimensions = next(iter(lengths))
        if len(vectors) != expected or lengths != {self._learned_dimensions}:
            raise needs_person(
                f"{self.name} answered {len(vectors)} vectors of {sorted(lengths)} dimensions to {expected} texts,"
                f" {self._learned_dimensions} dimensions were expected"
            )

    @cached_property
    def _client(self) -> "openai.OpenAI":
        # Retries are ours: the client repeats what no waiting cures.
        return make_client(self._server.base_url, self._server.api_key, timeout_seconds=self._timeout_seconds)

    @cached_property
    def _counter(self) -> TokenCounter:
        return TokenCounter(_ENCODING)


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
        return self._embedder.embed_query_metered(text, self._meter)

    def reads(self, text: str) -> bool:
        return self._embedder.reads(text)

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
        return array("f", base64.b64decode(embedding))
    return array("f", embedding)
