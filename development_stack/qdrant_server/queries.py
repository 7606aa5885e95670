"""Qdrant's universal queries (https://qdrant.tech/documentation/concepts/hybrid-queries) as the engine's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import qdrant_edge as engine

from development_stack.qdrant_server.errors import BadRequestError, InvalidError
from development_stack.qdrant_server.fields import boolean, format_error, integer, items, known_fields, number, text
from development_stack.qdrant_server.filters import filter_of
from development_stack.qdrant_server.points import payload_selector, point_id, vector_of, vector_selector
from development_stack.qdrant_server.schema import DEFAULT_VECTOR, VectorSchema

DEFAULT_LIMIT = 10
#: The constant of reciprocal rank fusion that Qdrant takes when a request names none.
_RRF_K = 2
_SEARCH = ("query", "using", "filter", "params", "score_threshold", "limit", "prefetch")
_UNSPOKEN = ("lookup_from", "shard_key")
#: Finds a stored vector by the point's id and the vector's name; raises NotFoundError.
Lookup = Callable[[int | str, str], Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of the engine, and what of each point is to be answered."""

    request: engine.QueryRequest
    payload: bool
    vector: bool


@dataclass(frozen=True, slots=True)
class QueryReader:
    """Reads the queries to one collection."""

    schema: VectorSchema
    lookup: Lookup

    def query(self, body: Any) -> Asked:
        """Raises RefusalError."""
        given = known_fields(body, "query", (*_SEARCH, "offset", "with_vector", "with_payload"), unspoken=_UNSPOKEN)
        payload = payload_selector(given.get("with_payload"), default=False)
        vector = vector_selector(given.get("with_vector"), self.schema)
        request = engine.QueryRequest(
            offset=integer(given.get("offset", 0), "offset"),
            with_payload=payload,
            with_vector=vector,
            **self._search(given),
        )
        return Asked(request, payload is not False, vector is not False)

    def _prefetch(self, body: Any) -> engine.Prefetch:
        return engine.Prefetch(**self._search(known_fields(body, "prefetch", _SEARCH, unspoken=_UNSPOKEN)))

    def _search(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a query and a prefetch have in common."""
        limit = limit_of(given)
        using = text(given.get("using", DEFAULT_VECTOR), "using")
        prefetch = given.get("prefetch", [])
        prefetches = [self._prefetch(one) for one in (prefetch if isinstance(prefetch, list) else [prefetch])]
        query, examples = self._scoring(given.get("query"), using, limit)
        if isinstance(query, engine.Fusion.Rrf | engine.Fusion.Dbsf) and not prefetches:
            raise BadRequestError("Bad request: Fusion queries must have at least one prefetch")
        threshold = given.get("score_threshold")
        return {
            "query": query,
            "prefetches": prefetches,
            "limit": limit,
            "filter": _without(filter_of(given.get("filter")), examples),
            "params": self._params(given.get("params")),
            "score_threshold": None if threshold is None else number(threshold, "score_threshold"),
        }

    def _scoring(self, value: Any, using: str, limit: int) -> tuple[Any, list[int | str]]:
        """The engine's query, and the points that it takes as examples: they are not among the results."""
        if value is None:
            return None, []
        if not isinstance(value, Mapping) or "indices" in value:
            vector, examples = self._vectors([value], using)
            return engine.Query.Nearest(vector[0], using), examples
        kinds = ("nearest", "mmr", "recommend", "discover", "context", "order_by", "fusion", "rrf", "sample")
        unspoken = ("formula", "relevance_feedback", "feedback", "text", "image", "object", "model", "options")
        given = known_fields(value, "query", (*kinds, "defaults"), unspoken=unspoken)
        kind = next((one for one in kinds if one in given), None)
        if kind is None or given.keys() - {kind, *(["mmr"] if kind == "nearest" else [])}:
            raise format_error(f"query must be one of {', '.join(kinds)}")
        if kind == "nearest":
            return self._nearest(given, using, limit)
        if kind in ("recommend", "discover", "context"):
            reader = {"recommend": self._recommend, "discover": self._discover, "context": self._context}[kind]
            return reader(given[kind], using)
        return _WITHOUT_VECTORS[kind](given[kind]), []

    def _nearest(self, given: Mapping[str, Any], using: str, limit: int) -> tuple[Any, list[int | str]]:
        [vector], examples = self._vectors([given["nearest"]], using)
        if "mmr" not in given:
            return engine.Query.Nearest(vector, using), examples
        mmr = known_fields(given["mmr"], "mmr", ("diversity", "candidates_limit"))
        diversity = number(mmr.get("diversity", 0.5), "mmr.diversity")
        if not 0 <= diversity <= 1:
            raise InvalidError("Validation error in JSON body: [mmr.diversity: must be from 0.0 to 1.0]")
        candidates = integer(mmr.get("candidates_limit", limit), "mmr.candidates_limit")
        return engine.Mmr(vector, 1.0 - diversity, candidates, using), examples

    def _recommend(self, value: Any, using: str) -> tuple[Any, list[int | str]]:
        given = known_fields(value, "recommend", ("positive", "negative", "strategy"))
        positives, liked = self._vectors(items(given.get("positive", []), "recommend.positive"), using)
        negatives, disliked = self._vectors(items(given.get("negative", []), "recommend.negative"), using)
        strategy = given.get("strategy", "average_vector")
        examples = liked + disliked
        if strategy == "average_vector":
            return engine.Query.Nearest(_average(positives, negatives, using, self.schema), using), examples
        makes = {"best_score": engine.Query.RecommendBestScore, "sum_scores": engine.Query.RecommendSumScores}
        if strategy not in makes:
            raise format_error(f"unknown variant `{strategy}` of recommend.strategy")
        return makes[strategy](engine.RecommendQuery(positives, negatives), using), examples

    def _discover(self, value: Any, using: str) -> tuple[Any, list[int | str]]:
        given = known_fields(value, "discover", ("target", "context"), required=("target", "context"))
        [target], examples = self._vectors([given["target"]], using)
        pairs, more = self._pairs(given["context"], using)
        return engine.Query.Discover(engine.DiscoverQuery(target, pairs), using), examples + more

    def _context(self, value: Any, using: str) -> tuple[Any, list[int | str]]:
        pairs, examples = self._pairs(value, using)
        return engine.Query.Context(engine.ContextQuery(pairs), using), examples

    def _pairs(self, value: Any, using: str) -> tuple[list[engine.ContextPair], list[int | str]]:
        pairs, examples = [], []
        sides = ("positive", "negative")
        for one in value if isinstance(value, list) else [value]:
            given = known_fields(one, "context", sides, required=sides)
            vectors, ids = self._vectors([given[side] for side in sides], using)
            pairs.append(engine.ContextPair(*vectors))
            examples += ids
        return pairs, examples

    def _vectors(self, values: Sequence[Any], using: str) -> tuple[list[Any], list[int | str]]:
        """The vectors, and the ids of those that were given as the id of a point."""
        ids = {index: point_id(value) for index, value in enumerate(values) if isinstance(value, int | str)}
        vectors = [
            self.lookup(ids[index], using) if index in ids else vector_of(value, using, self.schema)
            for index, value in enumerate(values)
        ]
        return vectors, list(ids.values())

    def _params(self, value: Any) -> engine.SearchParams | None:
        if value is None:
            return None
        known = ("hnsw_ef", "exact", "indexed_only", "idf")
        given = known_fields(value, "params", known, unspoken=("quantization", "acorn"))
        idf = None
        if "idf" in given:
            idf = engine.IdfParams(filter_of(known_fields(given["idf"], "params.idf", ("corpus",)).get("corpus")))
        return engine.SearchParams(
            hnsw_ef=integer(given["hnsw_ef"], "params.hnsw_ef") if "hnsw_ef" in given else None,
            exact=boolean(given.get("exact", False), "params.exact"),
            indexed_only=boolean(given.get("indexed_only", False), "params.indexed_only"),
            idf=idf,
        )


def limit_of(given: Mapping[str, Any], default: int = DEFAULT_LIMIT) -> int:
    """Raises InvalidError, as Qdrant does for 0."""
    limit = integer(given.get("limit", default), "limit")
    if limit < 1:
        raise InvalidError("Validation error in JSON body: [limit: value 0 invalid, must be 1 or larger]")
    return limit


def order_by(value: Any) -> engine.OrderBy:
    """A key, or a key with its direction and where to start."""
    if isinstance(value, str):
        return engine.OrderBy(value)
    given = known_fields(value, "order_by", ("key", "direction", "start_from"), required=("key",))
    directions = {"asc": engine.Direction.Asc, "desc": engine.Direction.Desc}
    if given.get("direction", "asc") not in directions:
        raise format_error(f"unknown variant `{given['direction']}` of order_by.direction, expected one of asc, desc")
    start = given.get("start_from")
    return engine.OrderBy(
        text(given["key"], "order_by.key"),
        directions[given.get("direction", "asc")],
        start if start is None or isinstance(start, str) else number(start, "order_by.start_from"),
    )


def _fusion(value: Any) -> Any:
    if value not in ("rrf", "dbsf"):
        raise format_error(f"unknown variant `{value}` of fusion, expected one of rrf, dbsf")
    return engine.Fusion.Rrf(_RRF_K) if value == "rrf" else engine.Fusion.Dbsf()


def _rrf(value: Any) -> Any:
    given = known_fields(value, "rrf", ("k", "weights"))
    weights = given.get("weights")
    if weights is not None:
        weights = [number(weight, "rrf.weights") for weight in items(weights, "rrf.weights")]
    return engine.Fusion.Rrf(integer(given.get("k", _RRF_K), "rrf.k", least=1), weights)


def _sample(value: Any) -> Any:
    if value != "random":
        raise format_error(f"unknown variant `{value}` of sample, expected random")
    return engine.Sample.Random


_WITHOUT_VECTORS: dict[str, Callable[[Any], Any]] = {
    "order_by": order_by,
    "fusion": _fusion,
    "rrf": _rrf,
    "sample": _sample,
}


def _without(only: engine.Filter | None, ids: Sequence[int | str]) -> engine.Filter | None:
    if not ids:
        return only
    return engine.Filter(must=[] if only is None else [only], must_not=[engine.HasIdCondition(set(ids))])


def _average(positives: list[Any], negatives: list[Any], using: str, schema: VectorSchema) -> list[float]:
    """The mean of what is liked, moved away from the mean of what is disliked."""
    if using not in schema.dense or using in schema.multi:
        raise BadRequestError(f"Wrong input: average_vector needs dense vectors, `{using}` has others")
    if not positives:
        raise BadRequestError("Wrong input: At least one positive vector is required with this strategy")
    liked = [sum(column) / len(positives) for column in zip(*positives, strict=True)]
    if not negatives:
        return liked
    disliked = [sum(column) / len(negatives) for column in zip(*negatives, strict=True)]
    return [2 * good - bad for good, bad in zip(liked, disliked, strict=True)]
