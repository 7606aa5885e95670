"""The Qdrant of a test process: QDRANT_URL, or a server that ends with the process.

Its data are in memory, where the system has a folder for that: making a collection with its indexes waits for the disk
for a second. A collection takes megabytes there, so that each test's are dropped when it ends, which empties them for
the next (`qdrant_server.py`). What a killed test process left is removed by the next.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import httpx

from development_stack import qdrant
from tests.support import read_once

_MEMORY = Path("/dev/shm")
_PREFIX = "qdrant-tests-"
#: A server that is being started has no lock yet.
_YOUNG_SECONDS = 120.0
_STORES = ("pages", "semantic", "haystack")


@cache
def qdrant_url() -> str:
    """Started with the first test that asks."""
    read_once.share()
    read_once.share_shapes()
    folder = folder_in_memory()
    running = qdrant.start(folder, url=os.environ.get("QDRANT_URL"), module="tests.support.qdrant_server")
    atexit.register(running.close)
    return running.url


def folder_in_memory() -> Path:
    """For the data of a server that ends before this process does."""
    parent = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    _remove_abandoned(parent)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def collections(name: str) -> dict[str, str]:
    """Settings for collections that no other test uses."""
    return {f"QDRANT_{store.upper()}_COLLECTION": f"{name}-{store}" for store in _STORES}


def drop_collections(name: str) -> None:
    """Those of `collections(name)`, whatever is behind their aliases. A server that a test has ended has none."""
    names = tuple(f"{name}-{store}" for store in _STORES)
    with suppress(httpx.HTTPError):
        for collection in _client().get("/collections").json()["result"]["collections"]:
            if collection["name"].startswith(names):
                _client().delete(f"/collections/{collection['name']}")


@cache
def _client() -> httpx.Client:
    return httpx.Client(base_url=qdrant_url(), timeout=30)


def _remove_abandoned(parent: Path) -> None:
    """Folders whose server has ended: nobody holds their lock."""
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime < _YOUNG_SECONDS or folder.stat().st_uid != os.getuid():
                continue
            with (folder / "server.lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            pass  # killed before it was locked
        except OSError:
            continue  # in use, or not ours
        shutil.rmtree(folder, ignore_errors=True)
