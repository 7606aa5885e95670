"""The embedded Qdrant, served: the stores do through it what they do in a process of their own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from composition.wiring import Wiring
from config import Settings
from development_stack.up import qdrant_server
from tests.support.panel import store_passage

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Iterator[list[Wiring]]:
    """Two processes' parts over one folder."""
    with qdrant_server(tmp_path / "qdrant") as url:
        served = settings.model_copy(update={"qdrant_local_path": None, "qdrant_url": url})
        both = [Wiring(served), Wiring(served)]
        yield both
        for wiring in both:
            wiring.close()


def test_what_one_process_stores_another_finds(served: list[Wiring]) -> None:
    worker, panel = served
    document_id = store_passage(worker, "The floodgate closes in eleven minutes.", page=5)
    store_passage(worker, "Berth fees double in winter.", page=6)
    hits = panel.searcher("semantic").search("how long does closing the floodgate take?", 1, explain=True)
    assert [(hit.metadata["page"], hit.text[:13]) for hit in hits] == [(5, "The floodgate")]
    assert hits[0].dense_score > 0
    assert hits[0].sparse_score > 0
    stats = panel.stores["semantic"].stats()
    assert (stats["points"], stats["active_points"], stats["documents"]) == (2, 2, 1)
    assert panel.stores["semantic"].generations(document_id) == {"000001"}
    assert len(worker.stores["semantic"].known_texts(document_id)) == 2
    assert len(worker.stores["semantic"].dense_vectors([hits[0].id])) == 1


def test_flips_and_deletes_reach_every_process(served: list[Wiring]) -> None:
    worker, panel = served
    document_id = store_passage(worker, "The floodgate closes.", page=5)
    worker.stores["semantic"].flip(document_id, activate=[], deactivate=["000001"])
    assert panel.searcher("semantic").search("floodgate") == []
    worker.stores["semantic"].delete_generations(document_id, ["000001"])
    assert panel.stores["semantic"].count() == 0
    worker.stores["semantic"].delete_document(document_id)


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "development_stack.qdrant_process", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.stdin.close()
        assert process.wait(timeout=30) == 0
