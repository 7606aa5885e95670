"""Collections and points, the same cases for the development server and for Qdrant's own (QDRANT_URL)."""

import uuid
import warnings
from typing import Any

import pytest
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from tests.integration.development_stack.conftest import DENSE, SPARSE, Collection, create_collection, matches, point

OF_A = models.Filter(must=[matches("meta.kind", "a")])


def ids(points: Any) -> list[Any]:
    return [found.id for found in points]


@pytest.fixture
def filled(collection: Collection) -> Collection:
    """Ten points: the even ones are of kind a, the odd ones of kind b."""
    collection.client.upsert(collection.name, [point(number) for number in range(10)], wait=True)
    return collection


def payloads(filled: Collection) -> dict[Any, dict[str, Any]]:
    points, _ = filled.client.scroll(filled.name, limit=100)
    return {found.id: found.payload or {} for found in points}


def test_the_client_finds_its_version_compatible(qdrant_url: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # of other kinds are those of what earlier tests left
        client = QdrantClient(url=qdrant_url)
        assert isinstance(client.info().version, str)
        client.close()


def test_a_collection_is_described_as_it_was_created(collection: Collection) -> None:
    info = collection.client.get_collection(collection.name)

    assert info.status == models.CollectionStatus.GREEN
    assert isinstance(info.config.params.vectors, dict)
    assert info.config.params.vectors[DENSE].size == 4
    assert info.config.params.vectors[DENSE].distance == models.Distance.COSINE
    assert info.config.params.sparse_vectors is not None
    assert info.config.params.sparse_vectors[SPARSE].modifier == models.Modifier.IDF
    assert info.config.metadata == {"embedding_model": "a model"}
    assert {field: index.data_type for field, index in info.payload_schema.items()} == {
        "meta.kind": "keyword",
        "meta.active": "bool",
        "meta.page": "integer",
    }
    assert collection.client.collection_exists(collection.name)
    assert collection.name in [found.name for found in collection.client.get_collections().collections]


def test_creating_a_collection_twice_is_a_conflict(collection: Collection) -> None:
    with pytest.raises(UnexpectedResponse) as refused:
        create_collection(collection.client, collection.name)
    assert refused.value.status_code == 409
    assert b"already exists" in refused.value.content


def test_a_collection_that_is_not_there_is_named(client: QdrantClient) -> None:
    with pytest.raises(UnexpectedResponse) as refused:
        client.count("nowhere")
    assert refused.value.status_code == 404
    assert b"Not found: Collection `nowhere` doesn't exist!" in refused.value.content
    assert not client.collection_exists("nowhere")


def test_a_deleted_collection_is_gone_and_can_be_made_anew(filled: Collection) -> None:
    filled.client.delete_collection(filled.name)
    assert not filled.client.collection_exists(filled.name)

    create_collection(filled.client, filled.name)
    assert filled.count() == 0


def test_an_index_can_be_dropped(collection: Collection) -> None:
    collection.client.delete_payload_index(collection.name, "meta.kind")
    assert "meta.kind" not in collection.client.get_collection(collection.name).payload_schema


def test_an_index_has_the_parameters_that_it_was_made_with(collection: Collection) -> None:
    client, name = collection.client, collection.name
    words = models.TextIndexParams(type=models.TextIndexType.TEXT, tokenizer=models.TokenizerType.WORD, lowercase=True)
    for _ in range(2):  # the second time nothing is to be done
        client.create_payload_index(name, "text", field_schema=words)
    index = client.get_collection(name).payload_schema["text"]
    assert index.data_type == models.PayloadSchemaType.TEXT
    assert isinstance(index.params, models.TextIndexParams)
    assert (index.params.tokenizer, index.params.lowercase) == (models.TokenizerType.WORD, True)

    client.create_payload_index(name, "text", field_schema=models.PayloadSchemaType.KEYWORD)
    assert client.get_collection(name).payload_schema["text"].data_type == models.PayloadSchemaType.KEYWORD


def test_metadata_of_a_collection_can_be_changed(collection: Collection) -> None:
    collection.client.update_collection(collection.name, metadata={"more": 1})
    metadata = collection.client.get_collection(collection.name).config.metadata
    assert metadata == {"embedding_model": "a model", "more": 1}


def test_an_alias_moves_in_one_step(filled: Collection) -> None:
    client, alias, other = filled.client, f"alias-{uuid.uuid4().hex}", f"test-{uuid.uuid4().hex}"
    create_collection(client, other)
    make, drop = (
        _alias(alias, filled.name),
        models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias)),
    )

    client.update_collection_aliases([make])
    assert client.count(alias).count == 10
    assert client.collection_exists(alias)
    client.update_collection_aliases([drop, _alias(alias, other)])

    assert client.count(alias).count == 0
    found = {one.alias_name: one.collection_name for one in client.get_aliases().aliases}
    assert found[alias] == other
    assert ids_of_aliases(client, other) == [alias]
    client.delete_collection(other)
    assert alias not in [one.alias_name for one in client.get_aliases().aliases]


def test_of_alias_changes_one_that_is_refused_takes_all_back(filled: Collection) -> None:
    alias = f"alias-{uuid.uuid4().hex}"
    with pytest.raises(UnexpectedResponse, match="nowhere"):
        filled.client.update_collection_aliases([_alias(f"{alias}-2", "nowhere"), _alias(alias, filled.name)])
    assert not filled.client.collection_exists(alias)


def ids_of_aliases(client: QdrantClient, name: str) -> list[str]:
    return [one.alias_name for one in client.get_collection_aliases(name).aliases]


def _alias(alias: str, name: str) -> models.CreateAliasOperation:
    return models.CreateAliasOperation(create_alias=models.CreateAlias(collection_name=name, alias_name=alias))


def test_a_point_comes_back_as_it_was_written(collection: Collection) -> None:
    payload = {
        "text": 'Ünïcode 🐉 \u0000 "quoted"',
        "meta": {"list": [1, 2.5, None, True, {"a": []}], "large": 2**53 + 1, "empty": {}, "null": None},
    }
    name = str(uuid.uuid4())
    vector = {DENSE: [0.0, 3.0, 4.0, 0.0], SPARSE: models.SparseVector(indices=[7, 4_000_000_000], values=[0.5, 2.0])}
    collection.client.upsert(collection.name, [models.PointStruct(id=name, vector=vector, payload=payload)])

    [found] = collection.client.retrieve(collection.name, [name, str(uuid.uuid4())], with_vectors=True)

    assert (found.id, found.payload) == (name, payload)
    assert isinstance(found.vector, dict)
    assert found.vector[DENSE] == pytest.approx([0.0, 0.6, 0.8, 0.0])  # cosine vectors are normalised
    assert found.vector[SPARSE] == vector[SPARSE]


@pytest.mark.parametrize(
    ("selector", "fields"),
    [
        (True, {"text", "meta"}),
        (False, None),
        (["meta.page"], {"meta"}),
        (models.PayloadSelectorExclude(exclude=["text"]), {"meta"}),
    ],
)
def test_only_the_fields_that_are_asked_for_are_answered(filled: Collection, selector: Any, fields: Any) -> None:
    [found] = filled.client.retrieve(filled.name, [3], with_payload=selector, with_vectors=[SPARSE])
    assert (set(found.payload) if found.payload is not None else None) == fields
    assert isinstance(found.vector, dict)
    assert set(found.vector) == {SPARSE}


def test_writing_a_point_again_replaces_it(filled: Collection) -> None:
    filled.client.upsert(filled.name, [models.PointStruct(id=1, vector={}, payload={"other": 1})])
    [found] = filled.client.retrieve(filled.name, [1], with_vectors=True)
    assert (found.payload, found.vector) == ({"other": 1}, {})
    assert filled.count() == 10


def test_a_batch_may_come_field_by_field(collection: Collection) -> None:
    batch = models.Batch(ids=[1, 2], vectors={DENSE: [[1, 0, 0, 0], [0, 1, 0, 0]]}, payloads=[{"n": 1}, {"n": 2}])
    collection.client.upsert(collection.name, batch)
    assert payloads(collection) == {1: {"n": 1}, 2: {"n": 2}}


@pytest.mark.parametrize(
    ("vector", "reason"),
    [
        ({DENSE: [1.0, 2.0]}, b"expected dim: 4, got 2"),
        ({"another": [1.0, 0.0, 0.0, 0.0]}, b"Not existing vector name"),
        ({SPARSE: models.SparseVector(indices=[1, 1], values=[1.0, 2.0])}, b"must be unique"),
    ],
)
def test_a_wrong_vector_is_refused(filled: Collection, vector: Any, reason: bytes) -> None:
    with pytest.raises(UnexpectedResponse) as refused:
        filled.client.upsert(filled.name, [models.PointStruct(id=77, vector=vector)])
    assert refused.value.status_code in (400, 422)
    assert reason in refused.value.content


def test_scrolling_goes_through_all_points_in_the_order_of_their_ids(filled: Collection) -> None:
    seen: list[Any] = []
    offset: Any = None
    while True:
        points, offset = filled.client.scroll(filled.name, limit=3, offset=offset)
        seen += ids(points)
        if offset is None:
            break
    assert seen == list(range(10))
    assert ids(filled.client.scroll(filled.name, OF_A, limit=100)[0]) == [0, 2, 4, 6, 8]


def test_points_are_deleted_by_id_and_by_filter(filled: Collection) -> None:
    filled.client.delete(filled.name, [1, 3])
    filled.client.delete(filled.name, models.FilterSelector(filter=OF_A))
    assert sorted(payloads(filled)) == [5, 7, 9]


def test_a_flip_changes_one_field_below_a_key(filled: Collection) -> None:
    filled.client.set_payload(filled.name, {"active": False}, points=OF_A, key="meta")
    assert filled.count(matches("meta.active", False)) == 5
    assert payloads(filled)[2] == {
        "text": "text 2",
        "meta": {"kind": "a", "active": False, "page": 2},
    }


def test_payloads_are_set_overwritten_cleared_and_lose_fields(filled: Collection) -> None:
    client, name = filled.client, filled.name
    client.set_payload(name, {"text": "new", "more": 1}, points=[0])
    client.overwrite_payload(name, {"only": "this"}, points=[1])
    client.delete_payload(name, ["text"], points=models.Filter(must=[models.HasIdCondition(has_id=[2])]))
    client.clear_payload(name, points_selector=[3])

    found = payloads(filled)
    assert (found[0]["text"], found[0]["more"], found[0]["meta"]["page"]) == ("new", 1, 0)
    assert found[1] == {"only": "this"}
    assert set(found[2]) == {"meta"}
    assert found[3] == {}


def test_vectors_are_updated_and_deleted_by_name(filled: Collection) -> None:
    filled.client.update_vectors(filled.name, [models.PointVectors(id=1, vector={DENSE: [0, 0, 0, 1]})])
    filled.client.delete_vectors(filled.name, [SPARSE], points=[2])

    one, two = filled.client.retrieve(filled.name, [1, 2], with_vectors=True)
    assert isinstance(one.vector, dict)
    assert isinstance(two.vector, dict)
    assert one.vector[DENSE] == [0, 0, 0, 1]
    assert set(one.vector) == {DENSE, SPARSE}
    assert set(two.vector) == {DENSE}


def test_updating_the_vectors_of_a_point_that_is_not_there_says_so(filled: Collection) -> None:
    with pytest.raises(UnexpectedResponse) as refused:
        filled.client.update_vectors(filled.name, [models.PointVectors(id=99, vector={DENSE: [0, 0, 0, 1]})])
    assert refused.value.status_code == 404


def test_a_batch_of_updates_is_carried_out_in_order(filled: Collection) -> None:
    def flip(active: bool, kind: str) -> models.SetPayloadOperation:
        only = models.Filter(must=[matches("meta.kind", kind)])
        return models.SetPayloadOperation(
            set_payload=models.SetPayload(payload={"active": active}, key="meta", filter=only)
        )

    results = filled.client.batch_update_points(
        filled.name,
        [
            models.UpsertOperation(upsert=models.PointsList(points=[point(20)])),
            flip(False, "a"),
            flip(True, "a"),
            flip(False, "b"),
            models.DeleteOperation(delete=models.PointIdsList(points=[0])),
        ],
    )
    assert [result.status for result in results] == [models.UpdateStatus.COMPLETED] * 5
    assert filled.count(matches("meta.active", True)) == 5  # 20, 2, 4, 6, 8
    assert filled.count(matches("meta.active", False)) == 5
