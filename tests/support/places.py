"""Where the words of a sentence stand in a PDF, and how far two sets of boxes cover the same."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy
import pymupdf

if TYPE_CHECKING:
    from playwright.sync_api import Page

Box = tuple[float, float, float, float]

#: Cells a point when areas are compared.
_CELLS = 2
_WORD = re.compile(r"\w+")
#: A sentence that isn't found as a whole is found by its ends, if what is between is about as long.
_END_LETTERS = 12
_DIFFERING_SHARE = 0.1


def strong_boxes(page: "Page") -> list[Box]:
    """The boxes that the reader marks strong, as its elements say."""
    told = page.locator("[data-box]").evaluate_all("(marks) => marks.map((mark) => mark.dataset.box)")
    return [tuple(map(float, text.split())) for text in told]  # type: ignore[misc]


def word_boxes(page: "pymupdf.Page", sentence: str) -> list[Box]:
    """A box a line around the sentence's letters, in points of the page as shown; empty when it isn't found.

    Letters are compared, not words: Arabic PDFs have presentation forms and leave blanks out.
    """
    letters: list[tuple[str, int, pymupdf.Rect]] = []
    lines = [line for block in page.get_text("rawdict")["blocks"] for line in block.get("lines", ())]
    for number, line in enumerate(lines):
        for span in line["spans"]:
            for char in span["chars"]:
                box = pymupdf.Rect(char["bbox"]) * page.rotation_matrix
                letters += [(letter, number, box) for letter in _letters(char["c"])]
    text, asked = "".join(letter for letter, _, _ in letters), _letters(sentence)
    first, last = _found(text, asked)
    boxes: dict[int, list[pymupdf.Rect]] = defaultdict(list)
    for _, number, box in letters[first:last]:
        boxes[number].append(box)
    return [
        (min(b.x0 for b in all_), min(b.y0 for b in all_), max(b.x1 for b in all_), max(b.y1 for b in all_))
        for all_ in boxes.values()
    ]


def _letters(text: str) -> str:
    return "".join(_WORD.findall(unicodedata.normalize("NFKC", text))).casefold().replace("_", "")


def _found(text: str, asked: str) -> tuple[int, int]:
    """Where the asked letters begin and end: exactly, or by their beginning and end."""
    at = text.find(asked)
    if at >= 0:
        return at, at + len(asked)
    ends = min(_END_LETTERS, len(asked) // 2)
    first, last = text.find(asked[:ends]), text.rfind(asked[-ends:])
    found = last + ends - first
    if ends and first >= 0 and last >= 0 and abs(found - len(asked)) <= _DIFFERING_SHARE * len(asked):
        return first, last + ends
    return 0, 0


def hull(boxes: Sequence[Box]) -> list[Box]:
    """One box around all: of a table's row, whose cells stand apart."""
    if not boxes:
        return []
    return [(min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))]


def overlap(one: Sequence[Box], other: Sequence[Box]) -> float:
    """Intersection over union of the areas of two sets of boxes, from 0 to 1."""
    width = max(box[2] for box in [*one, *other, (0.0, 0.0, 1.0, 1.0)])
    height = max(box[3] for box in [*one, *other, (0.0, 0.0, 1.0, 1.0)])
    first, second = (_painted(boxes, width, height) for boxes in (one, other))
    union = int((first | second).sum())
    return int((first & second).sum()) / union if union else 0.0


def _painted(boxes: Sequence[Box], width: float, height: float) -> Any:
    cells = numpy.zeros((int(height * _CELLS) + 1, int(width * _CELLS) + 1), dtype=numpy.bool)
    for x0, y0, x1, y1 in boxes:
        cells[round(y0 * _CELLS) : round(y1 * _CELLS), round(x0 * _CELLS) : round(x1 * _CELLS)] = True
    return cells
