"""Where a part of a stored text stands on its pages. Pure."""

from collections.abc import Mapping
from typing import Any

from foundation.placed_box import PlacedBox


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
