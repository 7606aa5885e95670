"""What `Parts` does to its process when a document is about to come."""

import gc
from types import SimpleNamespace
from typing import Any, cast

from composition.parts import GC_THRESHOLD, Parts


def test_a_worker_looks_for_cycles_seldom() -> None:
    """Python's own threshold would have the collector go through all of a worker some hundred times a document."""
    calls: list[str] = []
    parts: Any = SimpleNamespace(
        sandbox=SimpleNamespace(warm_up=lambda: calls.append("child")),
        enrichers=SimpleNamespace(warm_up=lambda: calls.append("model")),
    )
    before = gc.get_threshold()
    try:
        gc.set_threshold(700)
        Parts.warm_up(cast("Parts", parts))
        assert gc.get_threshold()[0] == GC_THRESHOLD
        assert calls == ["child", "model"]
    finally:
        gc.set_threshold(*before)
