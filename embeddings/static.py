"""Vectors from a static model in a package: no key, no network, no GPU, and half a millisecond a passage.

WordLlama (MIT) is a table of token vectors taken from large language models and trained for retrieval. A text's vector
is the weighted mean of its distinct tokens' vectors, because a plain mean is mostly about "the" and "of":

    weight(token) = count / (count + 2) · min(rarity(token), 4)

As in BM25, a token that comes again and again counts little more (tables repeat theirs dozens of times), and rarity is
the inverse document frequency in ordinary documents (`token_rarity.npy`, made by `benchmarks/token_rarity.py`). The
package's own loader looks for its files elsewhere and downloads them, so that the two files are read here.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings.base import Embedder, TokenMeter, Vector
from foundation.errors import SettingsError

if TYPE_CHECKING:
    import numpy
    from tokenizers import Tokenizer

DIMENSIONS = 256
RARITY_FILE = Path(__file__).with_name("token_rarity.npy")
_BATCH_TEXTS = 256
_SATURATION = 2.0
#: What the rarest tokens count is no more than this: pieces of names would outweigh what is asked about them.
_MAX_RARITY = 4.0
_LEAST_SHARE_READ = 0.5
#: What the tokenizer makes of a letter that its vocabulary hasn't.
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
#: A passage is shorter; the rest of a longer text would not change its vector much and costs the same again.
MAX_TEXT_CHARACTERS = 20_000


class StaticEmbedder:
    """Vectors of unit length; a text without a token gets a fixed unit vector of its own. Thread-safe."""

    knows_meaning = True
    replaces_lexical = True
    #: docs/search.md says what it was learnt from, and how often it is right.
    weak_similarity = 0.3
    dimensions = DIMENSIONS
    #: Changes with the weights, the tokenizer or the pooling.
    name = "wordllama-256-v1"

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order. Raises SettingsError when the package `wordllama` isn't installed."""
        vectors: list[Vector] = []
        for start in range(0, len(texts), _BATCH_TEXTS):
            vectors.extend(self._embed(texts[start : start + _BATCH_TEXTS]))
        return vectors

    def embed_query(self, text: str) -> Vector:
        """The same as for a passage: the model makes no difference."""
        return self.embed([text])[0]

    def reads(self, text: str) -> bool:
        """Whether at least half of the text's letters stand in a token with others.

        A word in a script of which the vocabulary has only the letters, or not even these, is a bag of letters to the
        model: all texts in that script are near each other, in an order that says nothing. In Latin languages .8 and
        more of the letters stand with others, in Arabic, Chinese, Hebrew, Japanese and Korean .15 and less.
        """
        letters = sum(character.isalpha() for character in text)
        tokens = load_tokenizer().encode(_encodable(text), add_special_tokens=False).tokens
        counts = (sum(character.isalpha() for character in token) for token in tokens if not _BYTE.fullmatch(token))
        return sum(count for count in counts if count > 1) >= _LEAST_SHARE_READ * letters

    def metered(self, meter: TokenMeter) -> Embedder:
        """It costs nothing."""
        return self

    def _embed(self, texts: Sequence[str]) -> list[Vector]:
        import numpy as np

        weights, rarity = _tables()
        cleaned = [_encodable(text) for text in texts]
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, encoded in enumerate(load_tokenizer().encode_batch_fast(cleaned, add_special_tokens=False)):
            tokens, counts = np.unique(np.array(encoded.ids, dtype=np.int64), return_counts=True)
            vectors[row] = (counts / (counts + _SATURATION) * rarity[tokens]) @ weights[tokens]
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors[norms[:, 0] == 0, 0] = 1.0
        found: list[Vector] = (vectors / np.where(norms == 0, 1.0, norms)).tolist()
        return found


def _encodable(text: str) -> str:
    """A lone half of a surrogate pair comes from broken fonts."""
    return text[:MAX_TEXT_CHARACTERS].encode("utf-8", "replace").decode()


@cache
def load_tokenizer() -> "Tokenizer":
    """WordLlama's tokenizer, without padding or truncation."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(_package_folder() / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@cache
def _tables() -> "tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]":
    """Token vectors (tokens × 256), and the weight of each token."""
    import numpy as np
    from safetensors.numpy import load_file

    tensors = load_file(_package_folder() / "weights" / "l2_supercat_256.safetensors")
    (weights,) = tensors.values()
    return weights.astype(np.float32), np.minimum(np.load(RARITY_FILE).astype(np.float32), _MAX_RARITY)


def _package_folder() -> Path:
    # Found, not imported: that would import its trainer's and downloader's libraries.
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise SettingsError("EMBEDDING_PROVIDER=static needs a package that isn't installed: pip install wordllama")
    return Path(spec.origin).parent
