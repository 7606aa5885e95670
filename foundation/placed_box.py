"""A place on a page, as chunks store it and answers show it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """`page` counts from 1. Points of the page as it is shown, origin top left."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float

    def as_json(self) -> dict[str, float]:
        """An item of `metadata.boxes`."""
        return {"page": self.page, "x0": self.x0, "y0": self.y0, "x1": self.x1, "y1": self.y1}
