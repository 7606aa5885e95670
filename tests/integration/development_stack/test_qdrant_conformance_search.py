"""Filters, searches, fusion, facets and groups, the same cases for the development server and for Qdrant's own."""

from typing import Any

import pytest
from qdrant_client import models
from qdrant_client.http.exceptions import UnexpectedResponse

from tests.integration.development_stack.conftest import COMMON, DENSE, SPARSE, Collection, matches, point

M = models
NEAR_ZERO = [1.0, 0.0, 0.0, 0.0]


def has(field: str, **condition: Any) -> models.FieldCondition:
    return M.FieldCondition(key=field, **condition)


@pytest.fixture
def filled(collection: Collection) -> Collection:
    """Points 0 to 5, some with a list, a missing or a null field, and nested objects."""
    special: dict[int, dict[str, Any]] = {
        1: {"tags": ["x", "y"], "when": "2026-01-01T00:00:00Z"},
        2: {"tags": [], "when": "2026-06-01T00:00:00Z"},
        3: {"note": None},
        4: {"rows": [{"n": 1, "ok": True}, {"n": 2, "ok": False}]},
        5: {"rows": [{"n": 1, "ok": False}, {"n": 2, "ok": True}], "active": False},
    }
    points = [point(number, **special.get(number, {})) for number in range(6)]
    collection.client.upsert(collection.name, points, wait=True)
    return collection


NESTED = M.NestedCondition(
    nested=M.Nested(key="meta.rows", filter=M.Filter(must=[matches("n", 1), matches("ok", True)]))
)


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        (M.Filter(must=[matches("meta.kind", "a")]), [0, 2, 4]),
        (M.Filter(must=[matches("meta.active", False)]), [5]),
        (M.Filter(must=[matches("meta.active", True)]), [0, 1, 2, 3, 4]),
        (M.Filter(must=[matches("meta.page", 3)]), [3]),
        (M.Filter(must=matches("meta.page", 3)), [3]),
        (M.Filter(must_not=[matches("meta.kind", "a")]), [1, 3, 5]),
        (M.Filter(should=[matches("meta.page", 0), matches("meta.page", 5)]), [0, 5]),
        (
            M.Filter(
                min_should=M.MinShould(
                    conditions=[matches("meta.kind", "a"), matches("meta.page", 2), matches("meta.page", 4)],
                    min_count=2,
                )
            ),
            [2, 4],
        ),
        (M.Filter(must=[has("meta.page", range=M.Range(gt=1, lte=4))]), [2, 3, 4]),
        (M.Filter(must=[has("meta.when", range=M.DatetimeRange(gte="2026-02-01T00:00:00Z"))]), [2]),  # type: ignore[arg-type]
        (M.Filter(must=[has("meta.kind", match=M.MatchAny(any=["b", "z"]))]), [1, 3, 5]),
        (M.Filter(must=[has("meta.page", match=M.MatchAny(any=[1, 2]))]), [1, 2]),
        (M.Filter(must=[has("meta.page", match=M.MatchAny(any=[]))]), []),
        (M.Filter(must=[has("meta.page", match=M.MatchExcept(**{"except": [0, 1, 2]}))]), [3, 4, 5]),
        (M.Filter(must=[has("text", match=M.MatchText(text="text 4"))]), [4]),
        (M.Filter(must=[has("meta.tags", match=M.MatchValue(value="y"))]), [1]),
        (M.Filter(must=[has("meta.tags", values_count=M.ValuesCount(gte=2))]), [1]),
        (M.Filter(must=[M.HasIdCondition(has_id=[0, 4, 99])]), [0, 4]),
        (M.Filter(must=[M.HasVectorCondition(has_vector=DENSE)]), [0, 1, 2, 3, 4, 5]),
        (M.Filter(must_not=[M.IsEmptyCondition(is_empty=M.PayloadField(key="meta.tags"))]), [1]),
        (M.Filter(must=[M.IsNullCondition(is_null=M.PayloadField(key="meta.note"))]), [3]),
        (M.Filter(must=[has("meta.rows[].n", match=M.MatchValue(value=2))]), [4, 5]),
        (M.Filter(must=[NESTED]), [4]),
        (M.Filter(must=[M.Filter(should=[matches("meta.page", 1)]), matches("meta.kind", "b")]), [1]),
        (M.Filter(must=[]), [0, 1, 2, 3, 4, 5]),
        (None, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_a_filter_lets_through_what_it_says(filled: Collection, filter_: Any, expected: list[int]) -> None:
    points, _ = filled.client.scroll(filled.name, filter_, limit=100)
    assert [found.id for found in points] == expected
    assert filled.client.count(filled.name, filter_, exact=True).count == len(expected)


def search(filled: Collection, **arguments: Any) -> list[tuple[Any, float]]:
    answer = filled.client.query_points(filled.name, **arguments)
    return [(found.id, found.score) for found in answer.points]


def test_the_nearest_come_first_with_their_cosine(filled: Collection) -> None:
    found = search(filled, query=NEAR_ZERO, using=DENSE, limit=2)
    assert [number for number, _ in found] == [0, 1]
    assert [score for _, score in found] == pytest.approx([1.0, 1 / 1.01**0.5])


def test_sparse_search_weighs_rare_dimensions_higher(filled: Collection) -> None:
    found = search(filled, query=M.SparseVector(indices=[4, COMMON], values=[1.0, 1.0]), using=SPARSE, limit=10)
    assert found[0][0] == 4
    assert len(found) == 6  # COMMON is in all of them
    # Qdrant's IDF of a dimension in 1 of 6, and in 6 of 6: ln((N - n + 0.5) / (n + 0.5) + 1)
    rare, common = 1.5404450409471491, 0.07410797215372185
    assert found[0][1] == pytest.approx(rare + 0.5 * common, rel=1e-4)


def test_a_search_is_filtered_cut_and_continued(filled: Collection) -> None:
    only = M.Filter(must=[matches("meta.kind", "b")])
    assert [number for number, _ in search(filled, query=NEAR_ZERO, using=DENSE, query_filter=only)] == [1, 3, 5]
    assert [number for number, _ in search(filled, query=NEAR_ZERO, using=DENSE, limit=2, offset=2)] == [2, 3]
    assert [number for number, _ in search(filled, query=NEAR_ZERO, using=DENSE, score_threshold=0.995)] == [0, 1]


def test_a_point_as_the_query_is_not_among_its_results(filled: Collection) -> None:
    assert [number for number, _ in search(filled, query=0, using=DENSE, limit=2)] == [1, 2]
    with pytest.raises(UnexpectedResponse) as refused:
        search(filled, query=99, using=DENSE)
    assert refused.value.status_code == 404


def test_weighted_fusion_scores_by_ranks(filled: Collection) -> None:
    """score = Σ 1 / (rank / weight + 1), as vector_stores/search.py says; rank from 0 with k = 2 is 1 / (k - 1 + …)."""
    sparse = M.SparseVector(indices=[5], values=[1.0])
    found = dict(
        search(
            filled,
            prefetch=[
                M.Prefetch(query=NEAR_ZERO, using=DENSE, limit=6),
                M.Prefetch(query=sparse, using=SPARSE, limit=6),
            ],
            query=M.RrfQuery(rrf=M.Rrf(weights=[1.0, 0.5])),
            limit=10,
        )
    )
    assert found[0] == pytest.approx(1 / (1 + 1))
    assert found[1] == pytest.approx(1 / (2 + 1))
    assert found[5] == pytest.approx(1 / (6 + 1) + 1 / (1 / 0.5 + 1))


def test_fusion_without_weights_and_by_distribution(filled: Collection) -> None:
    prefetch = [M.Prefetch(query=NEAR_ZERO, using=DENSE, limit=3), M.Prefetch(query=5, using=DENSE, limit=3)]
    for fusion in (M.Fusion.RRF, M.Fusion.DBSF):
        found = search(filled, prefetch=prefetch, query=M.FusionQuery(fusion=fusion), limit=10)
        assert {number for number, _ in found} == {0, 1, 2, 3, 4}
    with pytest.raises(UnexpectedResponse) as refused:
        search(filled, query=M.FusionQuery(fusion=M.Fusion.RRF))
    assert refused.value.status_code == 400


def test_a_prefetch_is_searched_again(filled: Collection) -> None:
    prefetch = M.Prefetch(query=NEAR_ZERO, using=DENSE, limit=3, filter=M.Filter(must=[matches("meta.kind", "b")]))
    found = search(filled, prefetch=prefetch, query=M.SparseVector(indices=[3], values=[1.0]), using=SPARSE)
    assert [number for number, _ in found] == [3]


def test_several_queries_are_answered_in_order(filled: Collection) -> None:
    answers = filled.client.query_batch_points(
        filled.name,
        [
            M.QueryRequest(query=NEAR_ZERO, using=DENSE, limit=1, with_payload=True),
            M.QueryRequest(query=M.SparseVector(indices=[3], values=[1.0]), using=SPARSE, limit=1, with_vector=True),
        ],
    )
    assert [[found.id for found in answer.points] for answer in answers] == [[0], [3]]
    assert answers[0].points[0].payload is not None
    assert answers[0].points[0].payload["text"] == "text 0"
    assert answers[1].points[0].payload is None
    assert isinstance(answers[1].points[0].vector, dict)


def test_recommendations_are_near_the_liked_and_far_from_the_disliked(filled: Collection) -> None:
    for strategy in M.RecommendStrategy:
        wanted = M.RecommendInput(positive=[0], negative=[5], strategy=strategy)
        found = [number for number, _ in search(filled, query=M.RecommendQuery(recommend=wanted), using=DENSE)]
        assert found[0] == 1
        assert set(found) == {1, 2, 3, 4}


def test_points_are_ordered_by_a_field(filled: Collection) -> None:
    last = M.OrderBy(key="meta.page", direction=M.Direction.DESC)
    points, _ = filled.client.scroll(filled.name, limit=3, order_by=last)
    assert [found.id for found in points] == [5, 4, 3]
    assert [number for number, _ in search(filled, query=M.OrderByQuery(order_by="meta.page"), limit=2)] == [0, 1]
    with pytest.raises(UnexpectedResponse, match="order_by"):
        filled.client.scroll(filled.name, order_by="text")


def test_facets_count_values(filled: Collection) -> None:
    only = M.Filter(must_not=[M.HasIdCondition(has_id=[0])])
    hits = filled.client.facet(filled.name, "meta.kind", only, exact=True).hits
    assert [(hit.value, hit.count) for hit in hits] == [("b", 3), ("a", 2)]
    assert len(filled.client.facet(filled.name, "meta.page", limit=4, exact=True).hits) == 4
    with pytest.raises(UnexpectedResponse) as refused:
        filled.client.facet(filled.name, "text")
    assert refused.value.status_code == 400


def test_results_are_grouped(filled: Collection) -> None:
    answer = filled.client.query_points_groups(
        filled.name, group_by="meta.kind", query=NEAR_ZERO, using=DENSE, limit=2, group_size=2, with_payload=["text"]
    )
    assert [(group.id, [hit.id for hit in group.hits]) for group in answer.groups] == [("a", [0, 2]), ("b", [1, 3])]
    assert answer.groups[0].hits[0].payload == {"text": "text 0"}


def test_a_random_sample_is_of_the_points(filled: Collection) -> None:
    assert {number for number, _ in search(filled, query=M.SampleQuery(sample=M.Sample.RANDOM), limit=10)} == set(
        range(6)
    )


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"query": [1.0], "using": DENSE}, 400),
        ({"query": NEAR_ZERO, "using": "another"}, 400),
        ({"query": NEAR_ZERO, "using": DENSE, "limit": 0}, 422),
    ],
)
def test_a_wrong_query_is_refused(filled: Collection, arguments: Any, status: int) -> None:
    with pytest.raises(UnexpectedResponse) as refused:
        search(filled, **arguments)
    assert refused.value.status_code == status
