"""What makes sparse vectors: one interface, so that a collection is searched by the encoder that filled it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Term numbers in rising order and what each counts. Both are empty for a text without a word."""

    indices: list[int]
    values: list[float]


class SparseEncoder(Protocol):
    """Turns texts into sparse vectors. Thread-safe. Vectors of equal `name` are comparable.

    Languages are ISO 639-1 codes; an unknown one is read as English.
    """

    @property
    def name(self) -> str: ...

    def encode_passage(
        self, text: str, language: str, heading_path: Sequence[str] = (), started: Sequence[str] = ()
    ) -> SparseVector:
        """The vector of a stored text, which names its headings; `started` are titles that start in it."""

    def encode_query(self, text: str, languages: Sequence[str] = ()) -> SparseVector:
        """The vector of a question to texts in these languages; none: English."""
