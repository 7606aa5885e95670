"""The restore drill: Qdrant is lost with everything in it, and comes back from S3 without a call to a model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import QdrantClient

from composition.parts import Parts
from data_ingestion.kept_points import POINTS_FILE
from data_ingestion.refill import refill_document
from tests.support.loopback_models import LoopbackModels, loopback_models
from tests.support.machine import Machine
from vector_stores.base import VectorStore
from vector_stores.collection import DENSE, SPARSE, collections_of

pytestmark = pytest.mark.system

SAMPLES = ("notice-to-mariners.pdf", "harbour-handbook.pdf")


@pytest.fixture
def models() -> Iterator[LoopbackModels]:
    with loopback_models() as models:
        yield models


@pytest.fixture
def stack_env(stack_env: dict[str, str], models: LoopbackModels) -> dict[str, str]:
    model = {
        "OPENAI_API_KEY": "a-key", "OPENAI_BASE_URL": models.base_url, "ENRICHMENT": "llm",
        "EMBEDDING_PROVIDER": "openai", "OPENAI_EMBEDDING_MODEL": "a-model",
    }  # fmt: skip
    return {**stack_env, **model}


@pytest.fixture
def machine(stack_env: dict[str, str]) -> Machine:
    return Machine(stack_env)


def test_losing_qdrant_costs_no_model_call(
    machine: Machine, models: LoopbackModels, parts: Parts, samples: Path
) -> None:
    machine.manage("upload", *(str(samples / name) for name in SAMPLES))
    machine.work()
    before = {name: everything(store) for name, store in parts.stores.items()}
    [found, *_] = machine.manage("search", "harbour dues")["hits"]
    assert all(before.values())
    models.reset()

    lose(parts)
    drill = machine.manage("refill")

    assert models.questions == []
    assert set(models.embedded) <= {"dimensions"}, "one word, to learn how long vectors are"
    assert drill == {
        "documents": 2, "points": sum(map(len, before.values())), "stores": {"refilled": 6}, "left": {},
    }  # fmt: skip
    assert {name: everything(store) for name, store in parts.stores.items()} == before
    [best, *_] = machine.manage("search", "harbour dues")["hits"]
    assert best == found, "those below may be equals, in any order"
    assert machine.manage("refill")["stores"] == {"served": 6}, "a second time there is nothing to do"
    machine.manage("enqueue-all")
    machine.work()
    assert len(models.embedded) <= 3, "workers find what they would have made; only the searches asked"


def test_the_file_of_points_is_fetched_once(parts: Parts, machine: Machine, samples: Path) -> None:
    [name] = SAMPLES[:1]
    machine.manage("upload", str(samples / name))
    machine.work()
    lose(parts)
    fetched: list[str] = []
    parts.aws.s3.meta.events.register(
        "before-parameter-build.s3.GetObject", lambda params, **_: fetched.append(params["Key"])
    )
    assert refill_document(parts.artifacts, parts.stores, f"source-pdfs/{name}").points > 0
    assert [key for key in fetched if key.endswith(POINTS_FILE)] == fetched[:1]


def test_a_store_that_is_there_is_left_alone_and_what_was_never_kept_is_named(
    machine: Machine, parts: Parts, samples: Path
) -> None:
    machine.manage("upload", *(str(samples / name) for name in SAMPLES))
    machine.work()
    old, new = (f"source-pdfs/{name}" for name in SAMPLES)
    [kept] = [key for key in parts.artifacts.file_keys(old) if key.endswith(POINTS_FILE)]
    parts.aws.s3.delete_object(Bucket=parts.settings.aws_s3_bucket_name, Key=kept)
    parts.stores["semantic"].delete_document(parts.artifacts.document_id(old))
    parts.stores["semantic"].delete_document(parts.artifacts.document_id(new))

    code, _ = machine.refused("refill", "--store", "semantic")

    assert code == 1
    assert machine.manage("refill", Path(new).name)["stores"] == {"served": 3}


def test_a_store_that_a_later_run_left_alone_is_refilled_from_the_earlier_one(
    machine: Machine, parts: Parts, samples: Path
) -> None:
    [name] = SAMPLES[:1]
    machine.manage("upload", str(samples / name))
    machine.work()
    before = everything(parts.stores["pages"])
    machine.manage("enqueue", name, "--store", "semantic", "--cache-behavior", "rebuild")
    machine.work()

    lose(parts)

    assert machine.manage("refill")["stores"] == {"refilled": 3}
    assert everything(parts.stores["pages"]) == before


def everything(store: VectorStore) -> list[tuple[Any, ...]]:
    """Every point: payload and vectors."""

    def read(client: QdrantClient) -> list[Any]:
        return client.scroll(store.physical_collection, limit=10_000, with_payload=True, with_vectors=True)[0]

    points = store.connection.run(read)
    return sorted(
        (str(point.id), point.payload, [round(number, 6) for number in point.vector[DENSE]], point.vector[SPARSE])
        for point in points
    )


def lose(parts: Parts) -> None:
    """Delete every collection, as a lost volume does."""
    for store in parts.stores.values():
        for name in collections_of(store.connection, store.collection):
            store.connection.run(lambda client, name=name: client.delete_collection(name))  # type: ignore[misc]
