"""Qdrant as a process of its own, so that its CPU and memory are measured apart from the worker's."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import Tree
from development_stack import qdrant


@dataclass(frozen=True, slots=True)
class QdrantProcess:
    """A running one. `tree` measures it."""

    url: str
    tree: Tree


@contextmanager
def qdrant_process() -> Iterator[QdrantProcess]:
    """Ends with the block: a `qdrant` of this machine, or the development server."""
    with tempfile.TemporaryDirectory(prefix="bench-qdrant-") as folder:
        running = qdrant.start(Path(folder))
        assert running.process is not None
        try:
            yield QdrantProcess(running.url, Tree(running.process.pid))
        finally:
            running.close()
