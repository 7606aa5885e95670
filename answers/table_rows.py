"""Which row of a table in a passage answers a query: its cells under their columns' names, and its place. Pure.

A question names a row by its first cell and a column by its name: "What was the operating margin in 2022?". The words
that only the header has choose no row.
"""

from dataclasses import dataclass
from typing import Any

from answers.passage_sentences import sentence_ranges
from answers.passage_tables import cells_of, tables_in
from answers.places import boxes_of
from answers.sentence_choice import best_sentences
from answers.snippets import MAX_SNIPPETS
from embeddings.bm25 import DEFAULT_LANGUAGE
from foundation.placed_box import PlacedBox
from vector_stores.points import Hit


@dataclass(frozen=True, slots=True)
class MatchedRow:
    """`header` has as many names as there are `cells`. The row is `passage[start:end]` of the passage's text.

    `boxes` is empty for what an older version stored, which doesn't know its lines.
    """

    header: tuple[str, ...]
    cells: tuple[str, ...]
    start: int
    end: int
    boxes: tuple[PlacedBox, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "header": list(self.header),
            "cells": list(self.cells),
            "boxes": [box.as_json() for box in self.boxes],
        }


def matched_row(query: str, hit: Hit) -> MatchedRow | None:
    """The best row, when it has words of the query that the best sentence beside the table lacks."""
    text, metadata = hit.text, hit.metadata
    language = str(metadata.get("language") or DEFAULT_LANGUAGE)
    sentences = list(sentence_ranges(text))
    headers = {row.start: table.header for table in tables_in(text) for row in table.rows}
    for best in best_sentences(query, text, sentences, language, MAX_SNIPPETS):
        start, end = sentences[best]
        header = headers.get(start)
        if header is None:
            continue
        cells = cells_of(text[start:end])
        names = (*header, *[""] * len(cells))[: len(cells)]
        boxes = boxes_of(metadata, start, end) if metadata.get("line_boxes") is not None else ()
        return MatchedRow(names, cells, start, end, boxes)
    return None
