"""How headings look: those of one style are on one level, and styles sort from the top level down."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

from document_structure.heading_signals import is_capitals
from document_structure.layout_headings import Heading
from document_structure.numbering import Numbering
from document_structure.numerals import roman_value
from document_structure.text_runs import Style

#: Sizes that differ by less are one size.
_SAME_SIZE_POINTS = 0.75
#: A style is in capitals when more than this share of its headings are.
_MOST = 0.75
#: Headings with so few characters between them stand directly above one another.
_STACKED_CHARS = 2
#: Kinds of numbers of which a document has one sequence only.
_SEQUENCED = ("part", "chapter", "appendix", "Roman", "decimal1")
#: Single letters beyond X are letters: no document has fifty chapters and then numbers them in Roman.
_MAX_ROMAN = 50


class HeadingStyle(NamedTuple):
    """Sorted by what weighs most: the size, then capitals, weight, number, slant and font."""

    negative_size: float
    plain: bool  # not capitals
    light: bool  # not bold
    rank: float  # of its number among those of its size
    italic: bool
    variant: int  # of fonts and colours that are alike otherwise


def heading_styles_of(headings: Sequence[Heading]) -> list[HeadingStyle]:
    """The style of each heading, its number's rank included."""
    kinds = _kinds(headings)
    printed = _in_sequence(headings, kinds, _printed(headings))
    numbered: dict[tuple[float, str], Counter[HeadingStyle]] = defaultdict(Counter)
    for kind, heading_style in zip(kinds, printed, strict=True):
        if kind:
            numbered[heading_style.negative_size, kind][heading_style] += 1
    ranks = _ranks(
        [(heading_style.negative_size, kind) for kind, heading_style in zip(kinds, printed, strict=True) if kind]
    )
    usual = {
        key: heading_styles.most_common(1)[0][0]._replace(rank=float(ranks[key]), italic=False, variant=0)
        for key, heading_styles in numbered.items()
    }
    heading_styles = []
    for kind, heading_style in zip(kinds, printed, strict=True):
        if kind:
            heading_styles.append(usual[heading_style.negative_size, kind])
            continue
        peers = {(key[1], ranks[key]) for key, alike in numbered.items() if heading_style in alike}
        rank = _rank_among(peers)
        heading_styles.append(
            heading_style._replace(rank=rank, italic=False, variant=0) if peers else heading_style._replace(rank=rank)
        )
    return heading_styles


def _printed(headings: Sequence[Heading]) -> list[HeadingStyle]:
    """How each heading is printed, numbers aside."""
    sizes = _merged_sizes(headings)
    capitals: dict[Style, list[bool]] = defaultdict(list)
    for heading in headings:
        capitals[heading.run.style].append(is_capitals(heading.run.title))
    share = {style: sum(flags) / len(flags) for style, flags in capitals.items()}
    heading_styles = []
    for heading in headings:
        style = heading.run.style
        in_capitals = share[style] > _MOST or (share[style] >= 1 - _MOST and is_capitals(heading.run.title))
        heading_styles.append(HeadingStyle(-sizes[style.size], not in_capitals, not style.bold, 0.0, style.italic, 0))
    variants = _variants(headings, heading_styles)
    return [
        heading_style._replace(variant=variants[heading_style, heading.run.style])
        for heading, heading_style in zip(headings, heading_styles, strict=True)
    ]


def _variants(
    headings: Sequence[Heading], heading_styles: Sequence[HeadingStyle]
) -> dict[tuple[HeadingStyle, Style], int]:
    """(heading's style, font) → 0, or 1 more than another font of that style whose headings stand above its own."""
    stacked: Counter[tuple[HeadingStyle, Style, Style]] = Counter()
    for (upper, heading_style), (lower, other) in pairwise(zip(headings, heading_styles, strict=True)):
        gap = lower.run.offset - upper.run.end
        if heading_style == other and upper.run.page == lower.run.page and 0 <= gap <= _STACKED_CHARS:
            stacked[heading_style, upper.run.style, lower.run.style] += 1
    variants = {
        (heading_style, heading.run.style): 0 for heading, heading_style in zip(headings, heading_styles, strict=True)
    }
    for (heading_style, above, below), count in stacked.most_common():
        if count > stacked[heading_style, below, above]:
            variants[heading_style, below] = max(variants[heading_style, below], variants[heading_style, above] + 1)
    return variants


def _in_sequence(
    headings: Sequence[Heading], kinds: Sequence[str], printed: Sequence[HeadingStyle]
) -> list[HeadingStyle]:
    """Gives numbers that continue one another (`III.`, `IV.`) one size, the one that most of them have."""
    latest: dict[str, tuple[int, float]] = {}
    joined: dict[tuple[str, float], set[float]] = defaultdict(set)
    counts = Counter(zip(kinds, (heading_style.negative_size for heading_style in printed), strict=True))
    for heading, kind, heading_style in zip(headings, kinds, printed, strict=True):
        value = _value(heading.run.numbering, kind) if kind in _SEQUENCED else 0
        if value:
            before, size = latest.get(kind, (0, 0.0))
            if before and value == before + 1:
                group = (
                    joined[kind, size] | joined[kind, heading_style.negative_size] | {size, heading_style.negative_size}
                )
                for member in group:
                    joined[kind, member] = group
            latest[kind] = (value, heading_style.negative_size)
    return [
        heading_style._replace(
            negative_size=max(
                joined.get((kind, heading_style.negative_size), ()) or (heading_style.negative_size,),
                key=lambda size, kind=kind: (counts[kind, size], -size),
            )
        )
        for kind, heading_style in zip(kinds, printed, strict=True)
    ]


def _value(numbering: Numbering | None, kind: str) -> int:
    if numbering is None:
        return 0
    return int(numbering.number) if numbering.number.isdecimal() else _roman_value(numbering)


def _ranks(numbers: Sequence[tuple[float, str]]) -> dict[tuple[float, str], int]:
    """(size, kind of number) → how deep it is among those of its size.

    Decimals go by their depth. Of the others, a kind is below those that it first appears after, unless they never
    come back: appendices A, B follow chapters 1 to 9, they don't belong to chapter 9.
    """
    first: dict[tuple[float, str], int] = {}
    last: dict[tuple[float, str], int] = {}
    for position, number in enumerate(numbers):
        first.setdefault(number, position)
        last[number] = position
    ranks: dict[tuple[float, str], int] = {}
    for number in sorted(first, key=lambda number: (number[1] != "part", _decimal_depth(number[1]), first[number])):
        size, kind = number
        above = [
            rank
            for other, rank in ranks.items()
            if other[0] == size
            and (
                other[1] == "part" or 0 < _decimal_depth(other[1]) < _decimal_depth(kind) or last[other] > first[number]
            )
        ]
        ranks[number] = max(above, default=-1) + 1
    return ranks


def _decimal_depth(kind: str) -> int:
    return int(kind.removeprefix("decimal")) if kind.startswith("decimal") else 0


def _rank_among(peers: Collection[tuple[str, int]]) -> float:
    """An unnumbered heading is a peer of chapters and top-level numbers that look the same, a child of deeper ones."""
    chapters = [rank for kind, rank in peers if kind in ("chapter", "appendix", "decimal1")]
    if chapters:
        return float(min(chapters))
    return max(rank for _, rank in peers) + 0.5 if peers else 0.0


def _kinds(headings: Sequence[Heading]) -> list[str]:
    """What sort of number each heading has; `I.` after `H.` is a letter, after `IX.` or nothing a Roman number."""
    letters = {True: 0, False: 0}  # the latest, by whether it is a capital
    romans = {True: 0, False: 0}
    kinds = []
    for heading in headings:
        numbering = heading.run.numbering
        kind = numbering.key if numbering else ""
        if numbering and numbering.shape in ("roman", "upper", "lower"):
            upper = numbering.number[0].isupper()
            letter, roman = _letter_value(numbering), _roman_value(numbering)
            if _is_roman(letter, roman, letters[upper], romans[upper]):
                kind, romans[upper] = ("Roman" if upper else "roman"), roman
            else:
                kind, letters[upper] = ("upper" if upper else "lower"), letter
        kinds.append(kind)
    return kinds


def _is_roman(letter: int, roman: int, last_letter: int, last_roman: int) -> bool:
    """Decides by the sequence where a number may be read both ways."""
    if not letter or not roman:
        return roman > 0
    follows_letter = letter == last_letter + 1
    if roman == last_roman + 1:
        return roman > 1 or not follows_letter
    return not follows_letter and last_roman > 0 and roman < _MAX_ROMAN


def _letter_value(numbering: Numbering) -> int:
    """A is 1, AA 27; 0 of anything else."""
    number = numbering.number.lower()
    return ord(number[0]) - ord("a") + 1 + 26 * (len(number) - 1) if len(set(number)) == 1 and len(number) < 3 else 0


def _roman_value(numbering: Numbering) -> int:
    """The value of a Roman number, 0 of anything else."""
    return roman_value(numbering.number)


def _merged_sizes(headings: Sequence[Heading]) -> dict[float, float]:
    """Size → the largest size of its group."""
    merged: dict[float, float] = {}
    for size in sorted({heading.run.style.size for heading in headings}, reverse=True):
        near = next((other for other in merged.values() if other - size < _SAME_SIZE_POINTS), None)
        merged[size] = size if near is None else near
    return merged
