"""Where the words of a sentence stand in a PDF, and how far two sets of boxes cover the same."""

import re
from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import numpy
import pymupdf

if TYPE_CHECKING:
    from playwright.sync_api import Page

Box = tuple[float, float, float, float]

#: Cells a point when areas are compared.
_CELLS = 2
_WORD = re.compile(r"\w+")
#: A sentence is found when this share of its words is.
_FOUND_SHARE = 0.8


def strong_boxes(page: "Page") -> list[Box]:
    """The boxes that the reader marks strong, as its elements say."""
    told = page.locator("[data-box]").evaluate_all("(marks) => marks.map((mark) => mark.dataset.box)")
    return [tuple(map(float, text.split())) for text in told]  # type: ignore[misc]


def word_boxes(page: "pymupdf.Page", sentence: str) -> list[Box]:
    """A box a line around the sentence's words, in points of the page as shown; empty when it isn't found."""
    words = page.get_text("words")
    tokens = [(token.casefold(), index) for index, word in enumerate(words) for token in _WORD.findall(word[4])]
    asked = [token.casefold() for token in _WORD.findall(sentence)]
    texts = [token for token, _ in tokens]
    run = SequenceMatcher(None, texts, asked, autojunk=False).find_longest_match()
    first, last = max(0, run.a - run.b - 2), run.a - run.b + len(asked) + 2
    blocks = SequenceMatcher(None, texts[first:last], asked, autojunk=False).get_matching_blocks()
    found = [first + block.a + step for block in blocks for step in range(block.size)]
    if len(found) < _FOUND_SHARE * len(asked):
        return []
    lines: dict[tuple[int, int], list[pymupdf.Rect]] = defaultdict(list)
    for index in sorted({tokens[at][1] for at in found}):
        word = words[index]
        lines[word[5], word[6]].append(pymupdf.Rect(word[:4]) * page.rotation_matrix)
    return [
        (min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))
        for boxes in lines.values()
    ]


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
