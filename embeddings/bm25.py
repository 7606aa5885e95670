"""BM25 as sparse vectors, made by Qdrant's own code: what `Qdrant/bm25` means to a server, fastembed and their users.

    score(query, text) = Σ idf(term) · tf·(k+1) / (tf + k·(1 - b + b·length/average length))

A text carries term frequencies, the query 1 for each term, and Qdrant multiplies by the inverse document frequency
(modifier `idf`). Tokenizer, stop words, Snowball stemmers, term numbers (murmur3) and constants (k 1.2, b .75, average
length 256) are those of `qdrant-edge-py`, so that they cannot differ. fastembed differs from Qdrant itself in what
texts rarely have: it keeps words joined by an underscore whole and drops words of more than 40 characters.

Beside its terms a text and a query have one for each number that the tokenizer takes apart (`joined_numbers`), with the
weight that a term of the text has. The others keep theirs: what Qdrant's or fastembed's encoder makes of a query finds
the same texts with the same scores, and texts that were stored without these terms are found by the parts.

Of the languages that Qdrant has no stemmer for, those that don't separate words (`segmenter`) are cut up by this
project before Qdrant's code numbers the terms; every other one is read as English, which is the default everywhere.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from embeddings.joined_numbers import joined_numbers
from embeddings.segmenter import SEGMENTED_LANGUAGES, segment
from embeddings.sparse import SparseVector

if TYPE_CHECKING:
    import qdrant_edge

DEFAULT_LANGUAGE = "en"
#: ISO 639-1 → Qdrant's name: fastembed's list, a stemmer and stop words each. Tamil is missing from Qdrant itself.
LANGUAGES = {
    "ar": "arabic", "da": "danish", "nl": "dutch", "en": "english", "fi": "finnish", "fr": "french", "de": "german",
    "el": "greek", "hu": "hungarian", "it": "italian", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "es": "spanish", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
_K = 1.2
#: More says nothing more, and a query is not to cost seconds.
MAX_QUERY_CHARACTERS = 4_000


class Bm25Encoder:
    """`Qdrant/bm25`, the language by document."""

    name = "bm25"

    def encode_passage(
        self, text: str, language: str, heading_path: Sequence[str] = (), started: Sequence[str] = ()
    ) -> SparseVector:
        """The vector of a stored text; the text itself names its headings."""
        known = read_as(language)
        vector = _model(known).embed_document(_prepared(text, known))
        weights = dict(zip(vector.indices, vector.values, strict=True))
        for term, weight in _number_weights(text, min(weights.values(), default=0.0)):
            weights[term] = max(weight, weights.get(term, 0.0))
        return _ordered(weights)

    def encode_query(self, text: str, languages: Sequence[str] = ()) -> SparseVector:
        """In one language the vector of fastembed and the server; of several, the terms of those it may be in."""
        text = text[:MAX_QUERY_CHARACTERS]
        terms: set[int] = set()
        for language in asked_in(text, languages):
            terms.update(_query_terms(text, language))
        terms.update(map(_number_term, joined_numbers(text)))
        return SparseVector(sorted(terms), [1.0] * len(terms))


def read_as(language: str) -> str:
    """The language whose rules a text is read by."""
    return language if language in LANGUAGES or language in SEGMENTED_LANGUAGES else DEFAULT_LANGUAGE


def asked_in(text: str, languages: Iterable[str]) -> list[str]:
    """Which of the stores' languages a query may be in: those of which it has most stop words, or all.

    A stop word of another language is a rare term in this one: "die Rechnung" would find English texts about death.
    """
    known = sorted({read_as(language) for language in languages}) or [DEFAULT_LANGUAGE]
    if len(known) == 1:
        return known
    words = text.split()
    stopped = {language: sum(not _query_terms(word, language) for word in words) for language in known}
    most = max(stopped.values())
    return [language for language in known if stopped[language] == most]


def terms(text: str, language: str = DEFAULT_LANGUAGE) -> frozenset[int]:
    """The terms of a text, as a query for it would have them."""
    return frozenset(_query_terms(text, read_as(language)))


def _query_terms(text: str, language: str) -> list[int]:
    found: list[int] = _model(language).embed_query(_prepared(text, language)).indices
    return found


def _prepared(text: str, language: str) -> str:
    """Qdrant's code takes Unicode only, and segmented text as words between blanks."""
    # A lone half of a surrogate pair comes from broken fonts.
    clean = text if text.isascii() else text.encode("utf-8", "replace").decode()
    return " ".join(segment(clean, language)) if language in SEGMENTED_LANGUAGES else clean


def _number_weights(text: str, least: float) -> Iterator[tuple[int, float]]:
    """The terms of a text's joined numbers. `least` is the text's smallest weight: that of a term which comes once,
    which says how long the text is."""
    norm = (_K + 1) / least - 1 if least else 0.0
    for number, count in Counter(joined_numbers(text)).items():
        yield _number_term(number), count * (_K + 1) / (count + norm)


@lru_cache(maxsize=8_192)
def _number_term(number: str) -> int:
    """No stemmer changes it: the term of `25850` is that of a text which writes it so."""
    [term] = _model("").embed_query(number).indices
    return int(term)


def _ordered(weights: Mapping[int, float]) -> SparseVector:
    ordered = sorted(weights.items())
    return SparseVector([index for index, _ in ordered], [value for _, value in ordered])


@cache
def _model(language: str) -> "qdrant_edge.Bm25":
    from qdrant_edge import Bm25, Bm25Config, DisabledStemmer, StopwordsSet

    if language in LANGUAGES:
        return Bm25(Bm25Config(language=LANGUAGES[language]))
    return Bm25(Bm25Config(stemmer=DisabledStemmer(), stopwords=StopwordsSet()))
