"""Dense vectors without a model: hashed words, parts of words and titles. Offline, deterministic, quick.

It finds what shares words or word parts with the query, not what means the same: for machines without a network, for
tests, and as an honest baseline. Feature hashing with signs follows Weinberger et al., Feature Hashing for Large Scale
Multitask Learning (2009).
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

from embeddings.base import Embedder, TokenMeter, Vector
from embeddings.version_0_1.words import STOP_WORDS, Reading, as_title, read

if TYPE_CHECKING:
    import numpy

DIMENSIONS = 512
#: What a feature counts beside a whole word's 1.
_PART_WEIGHT = 0.35
_TITLE_WEIGHT = 1.5
_OWN_SECTION_WEIGHT = 3.0
_OUTER_SECTION_WEIGHT = 0.5
_PATH_SEPARATOR = " > "
_PART_LENGTHS = (3, 4, 5)
#: What a word that says nothing counts.
_STOP_WEIGHT = 0.1
_FEATURE_CACHE_SIZE = 1 << 15


class LexicalEmbedder:
    """Feature-hashed vectors of unit length; a text without a word gets a fixed unit vector of its own."""

    knows_meaning = False
    replaces_lexical = False
    weak_similarity = 0.0

    def __init__(self, dimensions: int = DIMENSIONS) -> None:
        self.dimensions = dimensions
        self.name = f"lexical-hash-{dimensions}-v1"

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order."""
        return [self._embed(text) for text in texts]

    def embed_query(self, text: str) -> Vector:
        """The same as for a stored text: a query is a short text."""
        return self._embed(text)

    def reads(self, text: str) -> bool:
        """It has no vocabulary that a word could be missing from."""
        return True

    def metered(self, meter: TokenMeter) -> Embedder:
        """It costs nothing."""
        return self

    def _embed(self, text: str) -> Vector:
        import numpy as np  # 0.1 s that a worker with another model doesn't need

        reading = read(text)
        positions, values = [], []
        for word, count in Counter(reading.words).items():
            word_positions, word_values = _word_features(word, self.dimensions)
            positions.append(word_positions)
            values.append(word_values * (1.0 + math.log(count)))
        if weighted_titles := _weighted_titles(text, reading):
            hashes = [_hash(f"title:{title}") for title in weighted_titles]
            positions.append(np.array([h % self.dimensions for h in hashes]))
            signs = np.array([_sign(h) for h in hashes])
            values.append(signs * np.array(list(weighted_titles.values())))
        if not positions:
            return [1.0] + [0.0] * (self.dimensions - 1)
        summed = np.bincount(np.concatenate(positions), np.concatenate(values), minlength=self.dimensions)
        norm = float(np.linalg.norm(summed)) or 1.0
        vector: Vector = (summed / norm).tolist()
        return vector


def _weighted_titles(text: str, reading: Reading) -> dict[str, float]:
    """What could be a title, and the titles of a first line like "Equipment > Weapons"."""
    weights = dict.fromkeys(reading.titles, _TITLE_WEIGHT)
    *outer, own = text.partition("\n")[0].split(_PATH_SEPARATOR)
    if outer:
        weights.update(dict.fromkeys(map(as_title, outer), _OUTER_SECTION_WEIGHT))
        weights[as_title(own)] = _OWN_SECTION_WEIGHT
    return weights


@lru_cache(maxsize=_FEATURE_CACHE_SIZE)
def _word_features(word: str, dimensions: int) -> "tuple[numpy.ndarray, numpy.ndarray]":
    """Where a word and its parts fall in the vector, and how much each counts there."""
    import numpy as np

    if word in STOP_WORDS:
        weighted = [(_hash(word), _STOP_WEIGHT)]
    else:
        parts = _parts(word)
        # However long a word is, its parts together count the same.
        part_weight = _PART_WEIGHT / math.sqrt(len(parts)) if parts else 0.0
        weighted = [(_hash(word), 1.0)] + [(_hash(f"part:{part}"), part_weight) for part in parts]
    positions = np.array([h % dimensions for h, _ in weighted])
    return positions, np.array([_sign(h) * weight for h, weight in weighted])


def _parts(word: str) -> list[str]:
    marked = f"<{word}>"
    return [marked[at : at + n] for n in _PART_LENGTHS if len(marked) > n for at in range(len(marked) - n + 1)]


def _hash(feature: str) -> int:
    return crc32(feature.encode("utf-8", "surrogatepass"))


def _sign(hashed: int) -> float:
    """The top bit: the position is taken from the lower ones."""
    return 1.0 if hashed & 0x8000_0000 else -1.0
