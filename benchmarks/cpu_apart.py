"""CPU seconds of each process that takes part in a run, apart: worker, children, models, engines, the benchmark."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from benchmarks.machine import Tree

#: In the order of tables, with the names they have there.
PROCESSES = {
    "worker": "worker itself",
    "children": "its children",
    "model_server": "model server",
    "aws_engine": "AWS engine",
    "qdrant_engine": "Qdrant engine",
    "benchmark": "the benchmark itself",
}


@dataclass(frozen=True, slots=True)
class CpuApart:
    """Seconds of user and system time by the names in `PROCESSES`; None for a process that nobody sees here."""

    seconds: Mapping[str, float | None]

    @classmethod
    def now(cls, workers: Sequence[Tree], others: Mapping[str, Tree | None]) -> Self:
        """Since their start, children that have ended included. Several workers are added up."""
        own = sum(worker.own_cpu_seconds() for worker in workers)
        trees = sum(worker.cpu_seconds() for worker in workers)
        seen = {name: tree.cpu_seconds() if tree else None for name, tree in others.items()}
        return cls({"worker": own, "children": trees - own, **seen, "benchmark": time.process_time()})

    def since(self, before: Self) -> dict[str, float | None]:
        return {name: _less(after, before.seconds[name]) for name, after in self.seconds.items()}


def _less(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else round(after - before, 2)
