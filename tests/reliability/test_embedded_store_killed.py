"""Regression: the embedded client commits point by point, so that a kill in the middle of a batch left half of it.

The process kills itself with SIGKILL inside the nth write of a point; a new process then finds all of a batch or none.
"""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.stores import app_config, document_id, open_stores
from vector_stores.search import Searcher

REPOSITORY = Path(__file__).parents[2]
CHUNKS = 40

SCRIPT = """
    import os, signal, sys
    from pathlib import Path
    from qdrant_client.local.persistence import CollectionPersistence
    from tests.support.stores import document_id, index, ingest, open_stores, record
    from vector_stores import generations

    folder, nth = Path(sys.argv[1]), int(sys.argv[2])
    with open_stores(folder) as stores:
        store = {"semantic": stores["semantic"]}
        ingest(store, "000001-a", [record(n, f"Old chunk {n}.") for n in range(%(chunks)d)])
        index(store, "000002-b", [record(n, f"New chunk {n}.") for n in range(%(chunks)d)])

        written, persist = 0, CollectionPersistence.persist
        def dying_persist(self, point):
            global written
            persist(self, point)
            written += 1
            if written == nth:
                os.kill(os.getpid(), signal.SIGKILL)
        CollectionPersistence.persist = dying_persist
        generations.publish([store["semantic"]], document_id(), "000002-b")
"""


@pytest.mark.parametrize("nth", [1, CHUNKS // 2, CHUNKS, CHUNKS + CHUNKS // 2])
def test_a_kill_in_the_middle_of_a_flip_leaves_the_old_version_serving_whole(tmp_path: Path, nth: int) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT % {"chunks": CHUNKS}), str(tmp_path), str(nth)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL

    with open_stores(tmp_path) as stores:
        store = stores["semantic"]
        hits = Searcher(store, store.embedder, app_config()).search("chunk", 3 * CHUNKS)

        assert {hit.metadata["generation"] for hit in hits} == {"000001-a"}
        assert len(hits) == CHUNKS
        assert store.count(document_id(), "000002-b", active=False) == CHUNKS
