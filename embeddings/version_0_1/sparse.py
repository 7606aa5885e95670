"""BM25 as sparse vectors: stored texts carry term frequencies, Qdrant multiplies by the inverse document frequency.

score(query, text) = Σ idf(term) · weight(query, term) · tf·(k1+1) / (tf + k1·(1 - b + b·length/average length))

Beside its words a text has its possible titles as terms (`words.Reading`), and a stored text the titles of the sections
that it stands in. They are rare, so their idf is high: a query that names a section finds where it starts.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

from embeddings.sparse import SparseVector
from embeddings.version_0_1.words import Reading, as_title, phrases, read, words

#: Robertson's usual values.
_K1 = 1.2
_B = 0.75
#: The score of a text must not depend on what else is stored, so the average length is a constant: words of a chunk.
_AVERAGE_WORDS = 280
#: What a title counts as a term: one that is merely printed, that of a section which starts in the text, of one that
#: the text only goes on with, and of a section around that one.
_PRINTED_TITLE_WEIGHT = 1.0
_STARTED_SECTION_WEIGHT = 7.0
_OWN_SECTION_WEIGHT = 3.0
_OUTER_SECTION_WEIGHT = 0.25
_TERM_CACHE_SIZE = 1 << 17


class TitleTermsEncoder:
    """The encoder of collections that version 0.1.0 made. It knows no languages."""

    name = "0.1"

    def encode_passage(
        self, text: str, language: str, heading_path: Sequence[str] = (), started: Sequence[str] = ()
    ) -> SparseVector:
        """The vector of a stored text."""
        return encode_text(text, heading_path, started)

    def encode_query(self, text: str, languages: Sequence[str] = ()) -> SparseVector:
        """The vector of a question."""
        return encode_query(text)


def encode_text(text: str, heading_path: Sequence[str] = (), started: Sequence[str] = ()) -> SparseVector:
    """The vector of a stored text.

    `heading_path` names the sections that it stands in, outermost first; the text's first line may name them as well.
    `started` names sections that are known to start in it.
    """
    reading = read(text)
    normal_length = _K1 * (1 - _B + _B * len(reading.words) / _AVERAGE_WORDS)
    weights = {
        _term(word): count * (_K1 + 1) / (count + normal_length) for word, count in Counter(reading.words).items()
    }
    for title, weight in _titles(reading, heading_path, started).items():
        weights[_term(f"title:{title}")] = weight
    return _vector(weights)


def encode_query(text: str) -> SparseVector:
    """The vector of a question or of words to look for.

    A phrase counts as a title by its share of the query: all of it fully, two telling words of ten a fifth. A single
    word counts by the square of its share: titles are rare, so that a page which is called by one word of a question
    would come before the page that answers it.
    """
    found = words(text)
    weights: dict[int, float] = {_term(word): float(count) for word, count in Counter(found).items()}
    for phrase, share in phrases(found):
        weights[_term(f"title:{phrase}")] = share if " " in phrase else share**2
    return _vector(weights)


def _titles(reading: Reading, heading_path: Sequence[str], started: Sequence[str]) -> dict[str, float]:
    weights = dict.fromkeys(reading.titles, _PRINTED_TITLE_WEIGHT)
    *outer, own = [as_title(heading) for heading in heading_path] or [""]
    for title in outer:
        weights[title] = weights.get(title, 0.0) + _OUTER_SECTION_WEIGHT
    # A path of one title is a line of the text already, before the text itself.
    printed = reading.titles.get(own, 0) - (len(heading_path) == 1)
    weights[own] = _STARTED_SECTION_WEIGHT if printed > 0 else _OWN_SECTION_WEIGHT
    weights.update(dict.fromkeys(map(as_title, started), _STARTED_SECTION_WEIGHT))
    weights.pop("", None)
    return weights


def _vector(weights: dict[int, float]) -> SparseVector:
    ordered = sorted(weights.items())
    return SparseVector([term for term, _ in ordered], [round(weight, 4) for _, weight in ordered])


@lru_cache(maxsize=_TERM_CACHE_SIZE)
def _term(word: str) -> int:
    """A stable number for a word. Qdrant takes 32 bits; local storage keeps them as signed, so 31 are used."""
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big") & 0x7FFF_FFFF
