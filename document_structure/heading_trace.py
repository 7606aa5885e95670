"""Why a line is a heading or not: the signals of runs and the verdicts on them, kept only when somebody asks."""

from collections.abc import Iterable
from dataclasses import dataclass, field

Signal = tuple[str, float]


@dataclass(slots=True)
class Verdict:
    """`points` are the run's own; `usual` those of its style, which count with `weight`; `score` decides.

    `reason` names what decided instead of the points, empty when they did.
    """

    points: float
    usual: float
    weight: float
    score: float
    reason: str


@dataclass(slots=True)
class Trace:
    """Signals and verdicts by the run's index."""

    wanted: frozenset[int]
    shown: dict[int, list[Signal]] = field(default_factory=dict)
    verdicts: dict[int, Verdict] = field(default_factory=dict)

    def signals(self, index: int, signals: Iterable[Signal]) -> Iterable[Signal]:
        """Passes the signals on."""
        if index not in self.wanted:
            return signals
        self.shown[index] = list(signals)
        return self.shown[index]

    def verdict(self, index: int, points: float, usual: float, weight: float, score: float, reason: str) -> None:
        if index in self.wanted:
            self.verdicts[index] = Verdict(points, usual, weight, score, reason)
