"""How deep each heading is: by its style, by the printed contents where they are of use, and with one-offs settled."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

from document_structure.division_levels import levels_by_division
from document_structure.front_matter import is_division, settled
from document_structure.heading_styles import HeadingStyle, heading_styles_of
from document_structure.layout_headings import Heading
from document_structure.section_tree import parents_of

#: With fewer headings in the printed contents, their levels there say little.
_MIN_LISTED = 6
#: A style is anchored when this share of its headings are listed: contents may leave out a supplement's chapters.
_ANCHORED_SHARE = 0.33
#: From this share on, headings of a style that aren't listed are on the level of those that are.
_MOSTLY_LISTED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class _Anchor:
    """What the printed contents say about a style: its usual level, and the share of its headings that are listed.

    `numbered_share` is that of those with a number: contents may leave out what has none, though it looks like them.
    """

    level: float
    share: float
    numbered_share: float


def levels_of_headings(headings: Sequence[Heading]) -> list[int]:
    """A level for each heading: 1 at the top, and one more than its parent's below."""
    heading_styles = heading_styles_of(headings)
    anchors = _anchors(headings, heading_styles)
    places = [
        _place(heading, heading_style, anchors) for heading, heading_style in zip(headings, heading_styles, strict=True)
    ]
    order = {place: rank for rank, place in enumerate(sorted(set(places)))}
    levels: list[int] = []
    for parent in parents_of(settled(headings, [order[place] for place in places])):
        levels.append(1 if parent < 0 else levels[parent] + 1)
    return levels_by_division(headings, levels)


def _anchors(headings: Sequence[Heading], heading_styles: Sequence[HeadingStyle]) -> dict[HeadingStyle, _Anchor]:
    """The styles whose headings are often listed; empty when the contents have one level or hardly an entry."""
    listed: dict[HeadingStyle, list[int]] = defaultdict(list)
    for heading, heading_style in zip(headings, heading_styles, strict=True):
        if heading.listed_level is not None:
            listed[heading_style].append(heading.listed_level)
    counts = Counter(heading_styles)
    numbered: dict[HeadingStyle, list[bool]] = defaultdict(list)
    for heading, heading_style in zip(headings, heading_styles, strict=True):
        if heading.run.numbering is not None:
            numbered[heading_style].append(heading.listed_level is not None)
    anchors = {
        heading_style: _Anchor(
            float(median_low(levels)),
            len(levels) / counts[heading_style],
            sum(numbered[heading_style]) / (len(numbered[heading_style]) or 1),
        )
        for heading_style, levels in listed.items()
        if len(levels) >= _ANCHORED_SHARE * counts[heading_style] and (len(levels) > 1 or counts[heading_style] == 1)
    }
    enough = sum(len(levels) for levels in listed.values()) >= _MIN_LISTED
    return anchors if enough and len({anchor.level for anchor in anchors.values()}) > 1 else {}


def _place(
    heading: Heading, heading_style: HeadingStyle, anchors: Mapping[HeadingStyle, _Anchor]
) -> tuple[float, HeadingStyle]:
    """Where a heading sorts: listed ones by the contents' levels, others below them unless they divide the document."""
    if not anchors:
        return (0.0, heading_style)
    anchor = anchors.get(heading_style)
    if anchor:
        share = anchor.share if heading.run.numbering is None else max(anchor.share, anchor.numbered_share)
        if heading.listed_level is not None or share >= _MOSTLY_LISTED_SHARE:
            return (anchor.level, _ANY_STYLE)
    deepest = max(anchor.level for anchor in anchors.values())
    if is_division(heading) or heading.run.page == 1:
        return (
            min((anchor.level for other, anchor in anchors.items() if other > heading_style), default=deepest + 1)
            - 0.5,
            heading_style,
        )
    return (deepest + 0.5, heading_style)


#: Headings on one level of the contents are peers however they look.
_ANY_STYLE = HeadingStyle(0.0, False, False, 0.0, False, 0)
