"""What a document's vectors cost."""

import threading

from embeddings.base import Embedder
from foundation.app_config import ModelPrice
from model_api.prices import find_price, priced
from model_api.usage import Usage


class EmbeddingAccount:
    """One document's use of the embedding model: `embedder` is to be used, `spent` is what that took. Thread-safe."""

    def __init__(self, embedder: Embedder, prices: dict[str, ModelPrice]) -> None:
        self.embedder = embedder.metered(self._add)
        self._price = find_price(prices, embedder.name)
        self._lock = threading.Lock()
        self._calls = 0
        self._tokens = 0

    @property
    def spent(self) -> Usage:
        """So far."""
        with self._lock:
            return priced(Usage(calls=self._calls, tokens_in=self._tokens), self._price)

    def _add(self, tokens: int) -> None:
        with self._lock:
            self._calls += 1
            self._tokens += tokens
