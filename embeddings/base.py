"""The one interface that everything asking for vectors uses."""

from collections.abc import Callable, Sequence
from typing import Protocol

#: Of 32-bit floats, as Qdrant stores them. An `array` of them takes an eighth of the memory of a list.
Vector = Sequence[float]
#: Told how many tokens a request was paid for with, from any thread.
TokenMeter = Callable[[int], None]


class Embedder(Protocol):
    """Turns texts into dense vectors of one fixed length. Thread-safe.

    `name` identifies model and settings: vectors of equal name are comparable, and may be taken over for equal text.
    `knows_meaning` is false where only texts that share words are near: sparse vectors say that already, and better.
    `replaces_lexical`: the default without a key, so that it goes on with what version 0.1.0's default stored.
    `weak_similarity` is the cosine below which a passage hardly has to do with a question; 0 where none was learnt.
    """

    knows_meaning: bool
    replaces_lexical: bool
    weak_similarity: float

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int:
        """The length of every vector. May ask the API for one to find out."""

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order; batching and concurrency are the model's own business.

        Raises errors.TransientError (dependency `embeddings`) when it is worth trying again later, and
        errors.PermanentError when it isn't.
        """

    def embed_query(self, text: str) -> Vector:
        """The vector of a question; many models read it in another way than a passage."""

    def reads(self, text: str) -> bool:
        """Whether the model knows the script of a question. Vectors of one that it doesn't know say nothing."""

    def metered(self, meter: TokenMeter) -> "Embedder":
        """The same one; `meter` gets what it takes. Those that cost nothing don't call it."""
