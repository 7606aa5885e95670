"""`upgrade` through the real worker: what version 1 stored is found, priced, done newest first, and done once."""

from pathlib import Path

import pytest

from composition.parts import Parts
from config import Settings
from ledger.data_version import DATA_VERSION
from ledger.documents import document_key
from ledger.table import Update
from tests.support.machine import Machine

pytestmark = pytest.mark.system

KEYS = ("source-pdfs/harbour-handbook.pdf", "source-pdfs/notice-to-mariners.pdf")


@pytest.fixture
def machine(stack_env: dict[str, str]) -> Machine:
    return Machine(stack_env)


def make_old(parts: Parts, s3_key: str) -> None:
    """As if version 0.1.0 had stored the document: it wrote no version."""
    document_id = parts.artifacts.document_id(s3_key)
    record = parts.documents.get(document_id)
    assert record
    served = {
        store: {"sha256": kept.sha256, "shape": kept.shape, "generation": kept.generation}
        for store, kept in record.served.items()
    }
    parts.table.update(Update(document_key(document_id), {"served": served}, {}))


def test_old_documents_are_brought_up_when_somebody_asks(machine: Machine, settings: Settings, samples: Path) -> None:
    machine.manage("upload", str(samples))
    machine.work()
    parts = Parts(settings)
    for key in KEYS:
        make_old(parts, key)
    assert all(document["missing"] for document in machine.status().values())

    plan = machine.manage("upgrade")
    assert plan["documents_by_version"] == {"1": 2, str(DATA_VERSION): 0}
    assert (plan["outdated"], plan["pages"], plan["cost_usd"], plan["llm_calls"]) == (2, 7, 0, 0)

    machine.manage("enqueue-all")
    machine.work()
    assert [event["reason"] for event in machine.log if event["event"] == "document skipped"] == ["unchanged"] * 2

    assert machine.manage("upgrade", "--max-cost-usd", "0")["enqueued"] == 2
    machine.work()
    done = [event for event in machine.log if event["event"] == "document done"]
    assert {event["s3_key"] for event in done} == set(KEYS)
    assert all(document["missing"] == [] for document in machine.status().values())
    assert machine.manage("upgrade")["outdated"] == 0
    assert machine.manage("search", "How long does it take to close the floodgate?")["hits"]
