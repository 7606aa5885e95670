"""A bulk run as people and machines see it: its counters, its state and what is left of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from ledger.records import DocumentState, RunRecord
from ledger.run_description import RunDescription

#: `interrupted`: its program ended before everything was queued.
RunState = Literal["queueing", "interrupted", "running", "cancelled", "done"]

#: How each document of a run may end; each is a counter `documents_…` of the run.
ENDS = tuple(state.value for state in DocumentState if state.is_final)
GOOD_ENDS = tuple(end for end in ENDS if end not in ("failed", "cancelled"))
BAD_ENDS = tuple(end for end in ENDS if end not in GOOD_ENDS)
#: Queueing that said nothing for so long has died with its program.
SILENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Times are ISO 8601, UTC. `queued`, `ended` and `left` count documents; `ends` counts them by how they ended."""

    run_id: str
    state: RunState
    started_at: str | None
    cancelled_at: str | None
    request: RunDescription
    queued: int
    ended: int
    left: int
    ends: Mapping[str, int]
    tokens_in: int
    tokens_out: int
    cost_usd: float

    @classmethod
    def of(cls, run: RunRecord, now: float) -> Self:
        """How a run stands at `now`, in seconds since the epoch."""
        ends = {end: run.ended(DocumentState(end)) for end in ENDS}
        ended = sum(ends.values())
        return cls(
            run_id=run.run_id,
            state=_state(run, ended, now),
            started_at=run.started_at,
            cancelled_at=run.cancelled_at,
            request=run.request,
            queued=run.documents_queued,
            ended=ended,
            left=max(0, run.documents_queued - ended),
            ends=ends,
            tokens_in=run.tokens_in,
            tokens_out=run.tokens_out,
            cost_usd=run.cost_usd,
        )

    @property
    def can_be_cancelled(self) -> bool:
        """Whether there is, or may be, anything left that cancelling would stop."""
        return self.state not in ("done", "interrupted")

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return not self.can_be_cancelled or (self.state == "cancelled" and not self.left)

    @property
    def went_well(self) -> bool:
        """Whether everything that was asked for was done."""
        return self.state == "done" and not any(self.ends[end] for end in BAD_ENDS)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"request": self.request.to_item()}


def _state(run: RunRecord, ended: int, now: float) -> RunState:
    if run.cancelled_at:
        return "cancelled"
    if run.queueing_at is not None:
        return "queueing" if now - run.queueing_at < SILENCE_SECONDS else "interrupted"
    return "done" if ended >= run.documents_queued else "running"
