"""Which collection holds a store's points, and with which encoders its texts and queries become vectors. Pure.

A collection's name says what made its vectors: `dnd_semantic--text-embedding-3-small--bm25`. Version 0.1.0 left the
sparse encoder out, because it had only its own; without a key it made dense vectors by hashing (`lexical-hash-512-v1`).
"""

import re
from dataclasses import dataclass

from embeddings.base import Embedder
from embeddings.bm25 import Bm25Encoder
from embeddings.sparse import SparseEncoder
from embeddings.static import StaticEmbedder

SEPARATOR = "--"
_LEXICAL = re.compile(r"lexical-hash-(\d+)-v1")


@dataclass(frozen=True, slots=True)
class Place:
    """A collection, and what makes the vectors in it and those of queries to it."""

    name: str
    embedder: Embedder
    sparse: SparseEncoder

    @property
    def is_current_version(self) -> bool:
        """Whether this version fills it, not only reads on in it."""
        return self.sparse.name == Bm25Encoder.name


def configured_place(alias: str, embedder: Embedder) -> Place:
    """Where this version stores a model's vectors."""
    sparse = Bm25Encoder()
    return Place(physical_name(alias, embedder.name, sparse.name), embedder, sparse)


def place_of(current: str, alias: str, embedder: Embedder) -> Place | None:
    """The place that the collection `current` is for a deployment with `embedder`; None when it takes another model.

    What 0.1.0 stored is served, and added to, as it was made, until a migration has made the new collection.
    """
    configured = configured_place(alias, embedder)
    if current == configured.name:
        return configured
    if current == physical_name(alias, embedder.name):
        from embeddings.version_0_1.sparse import TitleTermsEncoder

        return Place(current, embedder, TitleTermsEncoder())
    left = _LEXICAL.fullmatch(current.removeprefix(alias + SEPARATOR))
    if left and embedder.replaces_lexical:
        from embeddings.version_0_1.lexical import LexicalEmbedder
        from embeddings.version_0_1.sparse import TitleTermsEncoder

        return Place(current, LexicalEmbedder(int(left[1])), TitleTermsEncoder())
    return None


def is_of_version_0_1(current: str, alias: str, embedder_name: str) -> bool:
    """Whether a collection is one that version 0.1.0 made and a deployment with this model reads on in."""
    is_lexical = _LEXICAL.fullmatch(current.removeprefix(alias + SEPARATOR)) is not None
    return current == physical_name(alias, embedder_name) or (is_lexical and embedder_name == StaticEmbedder.name)


def physical_name(alias: str, *made_by: str) -> str:
    """The collection of vectors made by these, in characters that Qdrant and file systems take."""
    return SEPARATOR.join([alias, *(re.sub(r"[^A-Za-z0-9._-]+", "_", name) for name in made_by)])
