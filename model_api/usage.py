"""What was asked of a model, and what that cost."""

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked of a model, and what that cost. Adds up.

    `calls` went over the wire (repeated ones included), `cached_calls` were answered from the cache for nothing.
    `cost_usd` leaves out the `unpriced_calls`, whose model has no price in AppConfig.
    """

    calls: int = 0
    cached_calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    unpriced_calls: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))
