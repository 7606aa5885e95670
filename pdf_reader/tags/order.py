"""Whether the order of the tags is one in which a person would read the page."""

from collections.abc import Sequence
from itertools import pairwise

from pdf_reader.blocks import Rect

#: Of the blocks that stand above one another, this share comes in that order.
IN_ORDER = 0.9
#: Blocks that share less than this part of the narrower one's width do not stand above one another.
MIN_SHARED_WIDTH = 0.5
_TOLERANCE_POINTS = 3.0


def is_sound_order(boxes: Sequence[Rect]) -> bool:
    """`boxes` are those of the page's blocks in the order of the tags: a block seldom comes after what it stands above.

    Only neighbours in that order are compared: a new column begins above, but beside, what went before.
    """
    backward = forward = 0
    for before, after in pairwise(boxes):
        shared = min(before[2], after[2]) - max(before[0], after[0])
        if shared < MIN_SHARED_WIDTH * min(before[2] - before[0], after[2] - after[0]):
            continue
        if after[3] <= before[1] + _TOLERANCE_POINTS:
            backward += 1
        else:
            forward += 1
    return backward <= (1 - IN_ORDER) * (backward + forward)


def merged_order(layout: Sequence[tuple[int, ...] | None]) -> list[int]:
    """Indices of blocks in the order of their keys. `layout` has the keys as the layout orders them; a block without a
    key stays behind the one that it follows there."""
    followers: dict[int, list[int]] = {}
    first: list[int] = []
    leader = -1
    for index, key in enumerate(layout):
        if key is not None:
            leader = index
        elif leader < 0:
            first.append(index)
        else:
            followers.setdefault(leader, []).append(index)
    keyed = sorted((key, index) for index, key in enumerate(layout) if key is not None)
    order = first
    for _, index in keyed:
        order += [index, *followers.get(index, ())]
    return order
