"""Hybrid search of one store: dense and sparse found and fused by Qdrant, then lifted by what their headings say.

Qdrant fuses by weighted reciprocal ranks (Cormack et al., 2009), since cosines and BM25 scores have no common scale:

    score = fused / best possible + gamma · heading match        fused = Σ 1 / (rank / weight + 1)

with AppConfig's `rerank_alpha` and `rerank_beta` as the weights of dense and sparse, and `rerank_gamma`. Vectors that
no model made know words only, as the sparse ones do, but not how rare they are: of their weight
`rerank_alpha_share_offline` counts, enough to find misspelt words, too little to overrule BM25's first.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from embeddings.base import Embedder, Vector
from embeddings.sparse import encode_query
from embeddings.words import STOP_WORDS, words
from foundation.app_config import AppConfig
from vector_stores.base import Hit, VectorStore
from vector_stores.collection import DENSE, SPARSE
from vector_stores.filters import SearchFilter

if TYPE_CHECKING:
    from qdrant_client import models

#: Candidates for the headings to choose from, however few results are asked for.
MIN_CANDIDATES = 30
#: A flip takes a server milliseconds; a reader that meets one looks again.
_FLIP_LOOKS = 10
_FLIP_PAUSE_SECONDS = 0.05
#: What the heading match of an outer section counts beside the innermost one's.
_OUTER_SECTION_SHARE = 0.5


class Searcher:
    """Searches one store with AppConfig's weights. Thread-safe."""

    def __init__(self, store: VectorStore, embedder: Embedder, app_config: AppConfig) -> None:
        self._store = store
        self._embedder = embedder
        self._config = app_config

    def search(
        self, query: str, limit: int | None = None, wanted: SearchFilter | None = None, *, explain: bool = False
    ) -> list[Hit]:
        """The best points for a question or a few words, best first; `limit` defaults to AppConfig's `retrieval_k`.

        All hits of a document are of one generation. `explain` fills in each hit's dense and sparse score, at the price
        of two more searches. Raises what the embedder and the store raise; a store in which nothing was ever stored has
        no hits.
        """
        limit = limit or self._config.retrieval_k
        if not query.strip() or not self._store.exists():
            return []
        searches = self._searches(query)
        candidates = max(limit * self._config.retrieval_fetch_multiplier, MIN_CANDIDATES)
        hits = self._find(searches, candidates, wanted or SearchFilter())
        best = lift_by_headings(query, hits, self._config.rerank_gamma)[:limit]
        return self._explain(searches, best) if explain and best else best

    def _searches(self, query: str) -> "list[_Search]":
        from qdrant_client import models

        searches = []
        sparse = encode_query(query)
        if self._config.rerank_beta > 0 and sparse.indices:
            vector = models.SparseVector(indices=sparse.indices, values=sparse.values)
            searches.append(_Search(SPARSE, vector, self._config.rerank_beta))
        share = 1.0 if self._embedder.knows_meaning else self._config.rerank_alpha_share_offline
        alpha = self._config.rerank_alpha * share
        if alpha > 0 or not searches:
            # Also for a query without words, which no sparse search can find anything for.
            searches.append(_Search(DENSE, self._embedder.embed_query(query), alpha or 1.0))
        return searches

    def _find(self, searches: "Sequence[_Search]", limit: int, wanted: SearchFilter) -> list[Hit]:
        """Fused hits of which each document's are of one generation.

        The race: a server carries out a flip point by point, so that a search in between sees points of both
        generations, or of the new one only some. The first shows and is looked at again. The second does not, if none
        of the old one's points is among the best; that takes a search of the very milliseconds in which a document is
        flipped, and its hits are of the new generation, if not all of them.
        """
        request = self._fusion(searches, self._store.filter(active=True, wanted=wanted), limit)
        best = best_fused_score([search.weight for search in searches])
        hits: list[Hit] = []
        for _ in range(_FLIP_LOOKS):
            [answer] = self._store.query([request])
            hits = [self._store.hit(point, point.score / best) for point in answer.points]
            if not mixed_documents(hits):
                return hits
            time.sleep(_FLIP_PAUSE_SECONDS)
        return newest_only(hits)

    @staticmethod
    def _fusion(searches: "Sequence[_Search]", only: "models.Filter", limit: int) -> "models.QueryRequest":
        from qdrant_client import models

        return models.QueryRequest(
            prefetch=[models.Prefetch(query=s.query, using=s.vector, filter=only, limit=limit) for s in searches],
            query=models.RrfQuery(rrf=models.Rrf(weights=[search.weight for search in searches])),
            limit=limit,
            with_payload=True,
        )

    def _explain(self, searches: "Sequence[_Search]", hits: Sequence[Hit]) -> list[Hit]:
        """The hits with the score that each search alone gives them."""
        from qdrant_client import models

        only = models.Filter(must=[models.HasIdCondition(has_id=[hit.id for hit in hits])])
        answers = self._store.query(
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
            )
            for hit in hits
        ]


@dataclass(frozen=True, slots=True)
class _Search:
    """One of the searches that are fused."""

    vector: str
    query: "Vector | models.SparseVector"
    weight: float


def best_fused_score(weights: Sequence[float]) -> float:
    """What Qdrant's fusion gives a point that is first in every search; 1 when no search counts."""
    return sum(1.0 / (1.0 / weight + 1.0) for weight in weights if weight > 0) or 1.0


def lift_by_headings(query: str, hits: Sequence[Hit], gamma: float) -> list[Hit]:
    """The hits with `gamma` times their heading match added to their scores, best first."""
    lifted = [replace(hit, score=hit.score + gamma * heading_match(query, hit)) for hit in hits]
    return sorted(lifted, key=lambda hit: hit.score, reverse=True)


def heading_match(query: str, hit: Hit) -> float:
    """From 0 to 1: how far the query and the titles of the hit's sections are made of the same words."""
    asked = _telling(query)
    titles = [str(title) for level in range(1, 7) if (title := hit.metadata.get(f"h{level}"))]
    if not asked or not titles:
        return 0.0
    *outer, own = (_dice(asked, _telling(title)) for title in titles)
    return max(own, *(_OUTER_SECTION_SHARE * match for match in outer), 0.0)


def _telling(text: str) -> set[str]:
    """The words of a text that say something, or all if none does."""
    found = set(words(text))
    return found - STOP_WORDS or found


def _dice(one: set[str], other: set[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if other else 0.0


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
