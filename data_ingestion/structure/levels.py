"""How deep each heading is: headings that look alike share a level; sizes, numbers and printed contents order them."""

from collections.abc import Sequence
from typing import NamedTuple

from data_ingestion.structure.layout import Heading
from data_ingestion.structure.signals import is_capitals

#: Sizes that differ by less are one size.
_SAME_SIZE_POINTS = 0.75
#: A number's rank orders headings of one size.
_KEY_RANKS = {
    "part": 0,
    "chapter": 1,
    "appendix": 1,
    "Roman": 2,
    "upper": 3,
    "decimal1": 4,
    "lower": 5,
    "roman": 6,
    "bracket": 7,
}


class _Look(NamedTuple):
    """Headings with the same look are on the same level. Sorted from the top level down."""

    negative_size: float
    depth: int
    plain: bool  # not capitals
    light: bool  # not bold
    italic: bool


def levels_of_headings(headings: Sequence[Heading]) -> list[int]:
    """A level (1 = top) for each heading."""
    sizes = _merged_sizes(headings)
    looks = [
        _Look(
            -sizes[heading.run.style.size],
            _depth(heading),
            not is_capitals(heading.run.title),
            not heading.run.style.bold,
            heading.run.style.italic,
        )
        for heading in headings
    ]
    order = {look: rank for rank, look in enumerate(sorted(set(looks)))}
    return [1 + order[look] for look in looks]


def _depth(heading: Heading) -> int:
    numbering = heading.run.numbering
    if numbering is None:
        return 0
    return numbering.depth if numbering.shape == "decimal" else 0


def _merged_sizes(headings: Sequence[Heading]) -> dict[float, float]:
    """Size → the largest size of its group."""
    merged: dict[float, float] = {}
    for size in sorted({heading.run.style.size for heading in headings}, reverse=True):
        near = next((other for other in merged.values() if other - size < _SAME_SIZE_POINTS), None)
        merged[size] = size if near is None else near
    return merged
