"""What an older version stored is brought up when somebody asks, by the commands that docs/upgrading.md names."""

import pytest
from qdrant_client import QdrantClient

from composition.parts import Parts
from config import Settings
from ledger.data_version import DATA_VERSION
from tests.integration.release_data.recorded import (
    HANDBOOK,
    PREFIX,
    QUESTION,
    lose_points,
    only,
    open_parts,
    states_of,
    writes,
)
from tests.support.loopback_models import LoopbackModels
from tests.support.machine import Machine
from tests.support.release_data import DataSet

FIRST = ("v0.1.0", "offline")


def found_first(machine: Machine) -> tuple[str, int]:
    [best] = machine.manage("search", QUESTION, "--limit", "1")["hits"]
    return best["source"], best["page"]


@writes
@only(FIRST)
def test_one_command_does_what_is_old_again(machine: Machine, settings: Settings, data: DataSet) -> None:
    stored = [name for name, state in states_of(data).items() if state in ("succeeded", "degraded")]
    before = machine.status()
    assert all(before[PREFIX + name]["missing"] for name in stored), "the status names what is old"
    plan = machine.manage("upgrade")
    assert plan["outdated"] >= len(stored)
    assert (plan["llm_calls"], plan["cost_usd"]) == (0, 0)

    queued = machine.manage("upgrade", "--max-cost-usd", "0")["enqueued"]
    machine.work()

    assert queued == plan["outdated"]
    assert machine.manage("upgrade")["documents_by_version"] == {str(DATA_VERSION): queued}
    assert not any(machine.status()[PREFIX + name]["missing"] for name in stored)
    assert found_first(machine) == (PREFIX + HANDBOOK, 5)
    with open_parts(settings) as parts:
        record = parts.documents.get(parts.artifacts.document_id(PREFIX + HANDBOOK))
        assert record
        assert parts.artifacts.get_page(PREFIX + HANDBOOK, record.served["semantic"].generation, 5)


@pytest.mark.system
@writes
@only(FIRST, ("v0.1.0", "model"))
def test_vectors_are_renewed_without_a_model(
    machine: Machine, data: DataSet, stack_env: dict[str, str], loopback: LoopbackModels
) -> None:
    provider = "static" if data.folder.name == "offline" else "openai"

    moved = machine.manage("migrate-embeddings", "--provider", provider)["stores"]

    asked = set(loopback.embedded)
    assert loopback.questions == []
    assert asked <= {"dimensions"}, "one word, to learn how long vectors are"
    assert sum(one["points"] for one in moved.values()) == sum(
        len(data.points(one["name"])) for one in data.collections()
    )
    client = QdrantClient(url=stack_env["QDRANT_URL"], check_compatibility=False)
    named = {alias.alias_name: alias.collection_name for alias in client.get_aliases().aliases}
    assert all(named[collection["alias"]].endswith("--bm25") for collection in data.collections())
    client.close()
    assert found_first(machine) == (PREFIX + HANDBOOK, 5)


@pytest.mark.system
@writes
@only(FIRST)
def test_points_that_no_server_has_are_made_again(
    machine: Machine, parts: Parts, data: DataSet, stack_env: dict[str, str]
) -> None:
    """Those that 0.1.0 kept in a folder of its own. The ledger still has them as served."""
    lose_points(stack_env["QDRANT_URL"])
    parts.aws.sqs.purge_queue(QueueUrl=parts.settings.sqs_queue_url)

    machine.manage("enqueue-all", "--cache-behavior", "rebuild")
    machine.work()

    assert found_first(machine) == (PREFIX + HANDBOOK, 5)
    assert all(one["active_points"] for one in machine.manage("stats")["stores"])


@pytest.mark.system
@writes
@only(("v0.2.0", "offline"), ("v0.2.0", "model"))
def test_points_of_0_2_0_are_put_back_from_the_bucket(
    machine: Machine, data: DataSet, stack_env: dict[str, str], loopback: LoopbackModels
) -> None:
    lose_points(stack_env["QDRANT_URL"])

    drill = machine.manage("refill")

    assert drill["left"] == {}
    points = [point["payload"] for one in data.collections() for point in data.points(one["name"])]
    active = sum((payload.get("metadata") or payload["meta"])["active"] for payload in points)
    assert drill["points"] == active
    assert loopback.questions == []
    assert set(loopback.embedded) <= {"dimensions"}
    assert found_first(machine) == (PREFIX + HANDBOOK, 5)
