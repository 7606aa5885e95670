"""Vectors from a local model (ONNX), by the optional package `fastembed`."""

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from embeddings.base import Embedder, TokenMeter, Vector
from foundation.errors import SettingsError

DEFAULT_MODEL = "BAAI/bge-small-en-v1.5"
_BATCH_TEXTS = 64


class FastEmbedEmbedder:
    """The model is downloaded on first use. Raises SettingsError when the package or the model isn't there."""

    knows_meaning = True

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self.name = f"fastembed-{model}"
        self._model_name = model
        self._guard = threading.Lock()

    @cached_property
    def dimensions(self) -> int:
        """What the model's description says."""
        return int(_text_embedding().get_embedding_size(self._model_name))

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order; the model cuts what is too long for it."""
        # The runtime uses all cores for one batch already.
        with self._guard:
            return [vector.tolist() for vector in self._model.embed(list(texts), batch_size=_BATCH_TEXTS)]

    def embed_query(self, text: str) -> Vector:
        """Some models read questions in another way than passages."""
        with self._guard:
            vector: Vector = next(iter(self._model.query_embed(text))).tolist()
        return vector

    def metered(self, meter: TokenMeter) -> Embedder:
        """It costs nothing."""
        return self

    @cached_property
    def _model(self) -> Any:
        return _text_embedding()(model_name=self._model_name)


def _text_embedding() -> Any:
    try:
        from fastembed import TextEmbedding
    except ImportError:
        raise SettingsError(
            "EMBEDDING_PROVIDER=fastembed needs a package that isn't installed: pip install fastembed"
        ) from None
    return TextEmbedding
