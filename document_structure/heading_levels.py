"""How deep each heading is: by its look, by the printed contents where they are of use, and with one-offs settled."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

from document_structure.division_levels import levels_by_division
from document_structure.front_matter import is_division, settled
from document_structure.heading_styles import Look, looks_of
from document_structure.layout_headings import Heading
from document_structure.section_tree import parents_of

#: With fewer headings in the printed contents, their levels there say little.
_MIN_LISTED = 6
#: A look is anchored when this share of its headings are listed: contents may leave out a supplement's chapters.
_ANCHORED_SHARE = 0.33
#: From this share on, headings of a look that aren't listed are on the level of those that are.
_MOSTLY_LISTED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class _Anchor:
    """What the printed contents say about a look: its usual level, and the share of its headings that are listed.

    `numbered_share` is that of those with a number: contents may leave out what has none, though it looks like them.
    """

    level: float
    share: float
    numbered_share: float


def levels_of_headings(headings: Sequence[Heading]) -> list[int]:
    """A level for each heading: 1 at the top, and one more than its parent's below."""
    looks = looks_of(headings)
    anchors = _anchors(headings, looks)
    places = [_place(heading, look, anchors) for heading, look in zip(headings, looks, strict=True)]
    order = {place: rank for rank, place in enumerate(sorted(set(places)))}
    levels: list[int] = []
    for parent in parents_of(settled(headings, [order[place] for place in places])):
        levels.append(1 if parent < 0 else levels[parent] + 1)
    return levels_by_division(headings, levels)


def _anchors(headings: Sequence[Heading], looks: Sequence[Look]) -> dict[Look, _Anchor]:
    """The looks whose headings are often listed; empty when the contents have one level or hardly an entry."""
    listed: dict[Look, list[int]] = defaultdict(list)
    for heading, look in zip(headings, looks, strict=True):
        if heading.listed_level is not None:
            listed[look].append(heading.listed_level)
    counts = Counter(looks)
    numbered: dict[Look, list[bool]] = defaultdict(list)
    for heading, look in zip(headings, looks, strict=True):
        if heading.run.numbering is not None:
            numbered[look].append(heading.listed_level is not None)
    anchors = {
        look: _Anchor(
            float(median_low(levels)), len(levels) / counts[look], sum(numbered[look]) / (len(numbered[look]) or 1)
        )
        for look, levels in listed.items()
        if len(levels) >= _ANCHORED_SHARE * counts[look] and (len(levels) > 1 or counts[look] == 1)
    }
    enough = sum(len(levels) for levels in listed.values()) >= _MIN_LISTED
    return anchors if enough and len({anchor.level for anchor in anchors.values()}) > 1 else {}


def _place(heading: Heading, look: Look, anchors: Mapping[Look, _Anchor]) -> tuple[float, Look]:
    """Where a heading sorts: listed ones by the contents' levels, others below them unless they divide the document."""
    if not anchors:
        return (0.0, look)
    anchor = anchors.get(look)
    if anchor:
        share = anchor.share if heading.run.numbering is None else max(anchor.share, anchor.numbered_share)
        if heading.listed_level is not None or share >= _MOSTLY_LISTED_SHARE:
            return (anchor.level, _ANY_LOOK)
    deepest = max(anchor.level for anchor in anchors.values())
    if is_division(heading) or heading.run.page == 1:
        return (
            min((anchor.level for other, anchor in anchors.items() if other > look), default=deepest + 1) - 0.5,
            look,
        )
    return (deepest + 0.5, look)


#: Headings on one level of the contents are peers however they look.
_ANY_LOOK = Look(0.0, False, False, 0.0, False, 0)
