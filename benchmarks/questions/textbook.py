"""Textbook BM25 over whole pages: Snowball stems, stop words, no headings, the mean length of this document's pages."""

from collections import defaultdict
from collections.abc import Sequence
from math import log

from qdrant_edge import Bm25, Bm25Config

K, B = 1.2, 0.75


class PageBm25:
    """Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009. `pages` are texts in order."""

    def __init__(self, pages: Sequence[str]) -> None:
        # Without normalisation a value is tf·(k+1) / (tf+k): the frequencies, and so the lengths, can be told from it.
        plain = Bm25(Bm25Config(language="english", k=K, b=0.0))
        lengths = [sum(value * K / (K + 1 - value) for value in plain.embed_document(page).values) for page in pages]
        self._encoder = Bm25(Bm25Config(language="english", k=K, b=B, avg_len=max(1.0, sum(lengths) / len(lengths))))
        self._postings: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for number, page in enumerate(pages, start=1):
            vector = self._encoder.embed_document(page)
            for term, value in zip(vector.indices, vector.values, strict=True):
                self._postings[term].append((number, value))
        self._pages = len(pages)

    def search(self, query: str) -> list[int]:
        """Numbers of the pages with a word of the query, best first."""
        scores: dict[int, float] = defaultdict(float)
        for term in self._encoder.embed_query(query).indices:
            postings = self._postings.get(term, [])
            rarity = log((self._pages - len(postings) + 0.5) / (len(postings) + 0.5) + 1)
            for page, value in postings:
                scores[page] += rarity * value
        return sorted(scores, key=lambda page: -scores[page])
