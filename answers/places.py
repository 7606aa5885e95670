"""Where a part of a stored text stands on its pages. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A place on a page as it is shown: points, origin top left."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float

    def as_json(self) -> dict[str, float]:
        return {"page": self.page, "x0": self.x0, "y0": self.y0, "x1": self.x1, "y1": self.y1}


def boxes_of(metadata: Mapping[str, Any], start: int, end: int) -> tuple[PlacedBox, ...]:
    """Of `text[start:end]` of a stored text, by its point's metadata: one box a printed line or table row.

    For what an older version stored, which doesn't know its lines, those of the whole passage.
    """
    lines = metadata.get("line_boxes")
    if lines is None:
        whole = metadata.get("boxes") or ()
        return tuple(PlacedBox(int(box["page"]), box["x0"], box["y0"], box["x1"], box["y1"]) for box in whole)
    touched = (PlacedBox(int(line[2]), *line[3:7]) for line in lines if line[0] < end and line[1] > start)
    return tuple(dict.fromkeys(touched))


def label_of(page: int, metadata: Mapping[str, Any]) -> str:
    """The printed label of a page of a hit.

    Only that of the page which the hit begins on is stored. One that is a number counts on; beside any other it is the
    page's number in the file.
    """
    first, label = metadata.get("page"), str(metadata.get("page_label") or "")
    if label and page == first:
        return label
    return str(int(label) + page - int(first)) if first and label.isdecimal() else str(page)
