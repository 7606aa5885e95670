"""Hybrid search of one store: dense and sparse found and fused by Qdrant, then looked at again by a reranker if any.

Qdrant fuses by weighted reciprocal ranks (Cormack et al., 2009), since cosines and BM25 scores have no common scale:

    score = Σ 1 / (rank / weight + 59) / best possible

with AppConfig's `rerank_alpha` and `rerank_beta`, the larger taken as 1, as the weights of dense and sparse. 60 is the
paper's constant: a passage that both find well comes before one that only one of them finds best. A query is encoded as
the collection that serves was filled. What a model can't read (`Embedder.reads`) is searched for by words only: a small
weight would not help, since reciprocal ranks give even that to the first ones almost whole.
"""

import math
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from embeddings.bm25 import DEFAULT_LANGUAGE, MAX_QUERY_CHARACTERS, terms
from embeddings.reranking import Reranker
from foundation.app_config import AppConfig
from vector_stores.base import Hit, VectorStore
from vector_stores.collection import DENSE, SPARSE
from vector_stores.filters import SearchFilter
from vector_stores.number_matches import lift_by_numbers
from vector_stores.place import Place

if TYPE_CHECKING:
    from qdrant_client import models

#: Candidates for fusion, however few results are asked for: fusion counts on passages that both searches find.
MIN_CANDIDATES = 100
RRF_K = 60
#: A flip takes a server milliseconds; a reader that meets one looks again.
_FLIP_LOOKS = 10
_FLIP_PAUSE_SECONDS = 0.05
#: How much a long heading counts less, as BM25's b.
_HEADING_B = 0.5
_HAS_WORD = re.compile(r"[^\W_]")


class Searcher:
    """Searches one store with AppConfig's weights. Thread-safe."""

    def __init__(self, store: VectorStore, app_config: AppConfig, reranker: Reranker | None = None) -> None:
        self._store = store
        self._config = app_config
        self._reranker = reranker

    def search(
        self, query: str, limit: int | None = None, wanted: SearchFilter | None = None, *, explain: bool = False
    ) -> list[Hit]:
        """The best points for a question or a few words, best first; `limit` defaults to AppConfig's `retrieval_k`.

        All hits of a document are of one generation. `explain` fills in each hit's dense and sparse score, at the price
        of two more searches. A query without a letter or digit finds nothing, of a very long one the first 4,000
        characters count. Raises what the model and the store raise; a store in which nothing was ever stored has no
        hits.
        """
        limit = limit or self._config.retrieval_k
        query = query.strip()[:MAX_QUERY_CHARACTERS]
        store = self._store.pinned()
        if not _HAS_WORD.search(query) or not store.exists():
            return []
        searches = self._searches(query, store.home.place)
        candidates = max(limit * self._config.retrieval_fetch_multiplier, MIN_CANDIDATES)
        hits = self._find(store, searches, candidates, wanted or SearchFilter())
        hits = lift_by_headings(query, hits, self._config.rerank_gamma)
        hits = lift_by_numbers(query, hits)
        if self._reranker is not None:
            hits = self._reranked(self._reranker, query, hits)
        if self._config.retrieval_one_per_page:
            hits = best_of_pages(hits)
        best = hits[:limit]
        return self._explain(store, searches, best, store.embedder.weak_similarity) if explain and best else best

    def _searches(self, query: str, place: Place) -> "list[_Search]":
        from qdrant_client import models

        searches = []
        languages = self._store.languages(place) if place.is_current_version else []
        sparse = place.sparse.encode_query(query, languages)
        beta = self._config.rerank_beta
        share = 1.0 if place.embedder.knows_meaning else self._config.rerank_alpha_share_offline
        alpha = self._config.rerank_alpha * share
        most = max(alpha, beta) or 1.0
        if beta > 0 and sparse.indices:
            vector = models.SparseVector(indices=sparse.indices, values=sparse.values)
            searches.append(_Search(SPARSE, vector, beta / most))
        if (alpha > 0 and place.embedder.reads(query)) or not searches:
            # Also for a query without words, which no sparse search can find anything for.
            searches.append(_Search(DENSE, list(place.embedder.embed_query(query)), alpha / most or 1.0))
        return searches

    def _reranked(self, reranker: Reranker, query: str, hits: list[Hit]) -> list[Hit]:
        """The best by the reranker's own scores, the rest as they were behind them."""
        first, rest = hits[: self._config.rerank_candidates], hits[self._config.rerank_candidates :]
        if not first:
            return hits
        texts = ["\n".join(part for part in (hit.metadata.get("heading_path"), hit.text) if part) for hit in first]
        scored = [replace(hit, score=score) for hit, score in zip(first, reranker.scores(query, texts), strict=True)]
        lowest = min(hit.score for hit in scored)
        return [
            *sorted(scored, key=lambda hit: hit.score, reverse=True),
            *(replace(hit, score=min(hit.score, lowest)) for hit in rest),
        ]

    def _find(self, store: VectorStore, searches: "Sequence[_Search]", limit: int, wanted: SearchFilter) -> list[Hit]:
        """Fused hits of which each document's are of one generation.

        The race: a server carries out a flip point by point, so that a search in between sees points of both
        generations, or of the new one only some. The first shows and is looked at again. The second does not, if none
        of the old one's points is among the best; that takes a search of the very milliseconds in which a document is
        flipped, and its hits are of the new generation, if not all of them.
        """
        request = self._fusion(
            searches, store.filter(active=True, wanted=wanted), limit, is_limited=wanted != SearchFilter()
        )
        best = best_fused_score([search.weight for search in searches])
        hits: list[Hit] = []
        for _ in range(_FLIP_LOOKS):
            [answer] = store.query([request])
            hits = [store.hit(point, point.score / best) for point in answer.points]
            if not mixed_documents(hits):
                return hits
            time.sleep(_FLIP_PAUSE_SECONDS)
        return newest_only(hits)

    @staticmethod
    def _fusion(
        searches: "Sequence[_Search]", only: "models.Filter", limit: int, *, is_limited: bool
    ) -> "models.QueryRequest":
        from qdrant_client import models

        # Within one document its own name is no rare word. A server older than 1.18 goes on with what is rare in all.
        corpus = models.SearchParams(idf=models.IdfCorpusParams(corpus=only)) if is_limited else None
        return models.QueryRequest(
            prefetch=[
                models.Prefetch(
                    query=search.query,
                    using=search.vector,
                    filter=only,
                    limit=limit,
                    params=corpus if search.vector == SPARSE else None,
                )
                for search in searches
            ],
            query=models.RrfQuery(rrf=models.Rrf(k=RRF_K, weights=[search.weight for search in searches])),
            limit=limit,
            with_payload=True,
        )

    @staticmethod
    def _explain(
        store: VectorStore, searches: "Sequence[_Search]", hits: Sequence[Hit], weak_similarity: float
    ) -> list[Hit]:
        """The hits with the score that each search alone gives them."""
        from qdrant_client import models

        only = models.Filter(must=[models.HasIdCondition(has_id=[hit.id for hit in hits])])
        answers = store.query(
            [
                models.QueryRequest(query=search.query, using=search.vector, filter=only, limit=len(hits))
                for search in searches
            ]
        )
        scores = {
            search.vector: {str(point.id): point.score for point in answer.points}
            for search, answer in zip(searches, answers, strict=True)
        }
        return [
            replace(
                hit,
                dense_score=scores.get(DENSE, {}).get(hit.id, 0.0),
                sparse_score=scores.get(SPARSE, {}).get(hit.id, 0.0),
                weak_similarity=weak_similarity if DENSE in scores else 0.0,
            )
            for hit in hits
        ]


@dataclass(frozen=True, slots=True)
class _Search:
    """One of the searches that are fused."""

    vector: str
    query: "list[float] | models.SparseVector"
    weight: float


def best_fused_score(weights: Sequence[float]) -> float:
    """What Qdrant's fusion gives a point that is first in every search; 1 when no search counts."""
    return sum(1.0 / (1.0 / weight + RRF_K - 1) for weight in weights if weight > 0) or 1.0


def best_of_pages(hits: Sequence[Hit]) -> list[Hit]:
    """The first hit of each page, in order."""
    found: dict[tuple[object, object], Hit] = {}
    for hit in hits:
        found.setdefault((hit.metadata.get("document_id"), hit.metadata.get("page")), hit)
    return list(found.values())


def lift_by_headings(query: str, hits: Sequence[Hit], gamma: float) -> list[Hit]:
    """The hits with `gamma` times the match of their headings (`heading_matches`) added to their scores, best first.

    A heading is a field of its own: as a few words of a passage's text it would hardly count.
    """
    if gamma == 0:
        return list(hits)
    matches = heading_matches(query, hits)
    lifted = [replace(hit, score=hit.score + gamma * match) for hit, match in zip(hits, matches, strict=True)]
    return sorted(lifted, key=lambda hit: hit.score, reverse=True)


def heading_matches(query: str, hits: Sequence[Hit]) -> list[float]:
    """How well the title of each hit's section answers the query: BM25 over these titles, the best of them 1.

    A term is as rare as it is among the hits: one that all their sections are called by says nothing.
    """
    asked: dict[str, frozenset[int]] = {}
    found: list[frozenset[int]] = []
    lengths: list[int] = []
    for hit in hits:
        language = str(hit.metadata.get("language") or DEFAULT_LANGUAGE)
        if language not in asked:
            asked[language] = terms(query, language)
        title = terms(own_heading(hit), language)
        found.append(title & asked[language])
        lengths.append(len(title))
    average = sum(lengths) / max(1, sum(length > 0 for length in lengths)) or 1.0
    counts = Counter(term for matched in found for term in matched)
    rarity = {term: math.log((len(hits) - count + 0.5) / (count + 0.5) + 1) for term, count in counts.items()}
    scores = [
        sum(rarity[term] for term in matched) / (1 - _HEADING_B + _HEADING_B * length / average)
        for matched, length in zip(found, lengths, strict=True)
    ]
    best = max(scores, default=0.0) or 1.0
    return [score / best for score in scores]


def own_heading(hit: Hit) -> str:
    """The title of the innermost section that a hit stands in."""
    titles = (hit.metadata.get(f"h{level}") for level in range(6, 0, -1))
    return str(next((title for title in titles if title), ""))


def mixed_documents(hits: Sequence[Hit]) -> set[str]:
    """Documents of which the hits are of more than one generation."""
    generations: dict[str, set[str]] = {}
    for hit in hits:
        generations.setdefault(hit.metadata.get("document_id", ""), set()).add(hit.metadata.get("generation", ""))
    return {document_id for document_id, found in generations.items() if len(found) > 1}


def newest_only(hits: Sequence[Hit]) -> list[Hit]:
    """The hits without those of a document's older generations."""
    newest: dict[str, str] = {}
    for hit in hits:
        document_id = hit.metadata.get("document_id", "")
        newest[document_id] = max(newest.get(document_id, ""), hit.metadata.get("generation", ""))
    return [hit for hit in hits if hit.metadata.get("generation", "") == newest[hit.metadata.get("document_id", "")]]
