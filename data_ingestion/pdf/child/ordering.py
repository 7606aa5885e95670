"""Reading order of a page's blocks."""

from collections.abc import Sequence

from data_ingestion.pdf.child.composing import TableBlock
from data_ingestion.pdf.child.text import RawBlock


def in_reading_order(blocks: Sequence[RawBlock | TableBlock], width: float) -> Sequence[RawBlock | TableBlock]:
    return blocks
