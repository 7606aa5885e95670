"""The Qdrant of a test process: QDRANT_URL, or a server that ends with the process."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from development_stack import qdrant

#: A folder in memory, where the system has one: making a collection with its indexes waits for the disk for a second.
_MEMORY = "/dev/shm"


@cache
def qdrant_url() -> str:
    """Started with the first test that asks."""
    folder = Path(tempfile.mkdtemp(prefix="qdrant-tests-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None))
    running = qdrant.start(folder, url=os.environ.get("QDRANT_URL"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(running.close)
    return running.url


def collections(name: str) -> dict[str, str]:
    """Settings for collections that no other test uses."""
    return {f"QDRANT_{store.upper()}_COLLECTION": f"{name}-{store}" for store in ("pages", "semantic", "haystack")}
