"""How headings look: those that look alike are on one level, and looks sort from the top level down."""

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


class Look(NamedTuple):
    """Sorted by what weighs most: the size, then capitals, weight, number, slant and font."""

    negative_size: float
    plain: bool  # not capitals
    light: bool  # not bold
    rank: float  # of its number among those of its size
    italic: bool
    variant: int  # of fonts and colours that are alike otherwise


def looks_of(headings: Sequence[Heading]) -> list[Look]:
    """The look of each heading, its number's rank included."""
    kinds = _kinds(headings)
    printed = _in_sequence(headings, kinds, _printed(headings))
    numbered: dict[tuple[float, str], Counter[Look]] = defaultdict(Counter)
    for kind, look in zip(kinds, printed, strict=True):
        if kind:
            numbered[look.negative_size, kind][look] += 1
    ranks = _ranks([(look.negative_size, kind) for kind, look in zip(kinds, printed, strict=True) if kind])
    usual = {
        key: looks.most_common(1)[0][0]._replace(rank=float(ranks[key]), italic=False, variant=0)
        for key, looks in numbered.items()
    }
    looks = []
    for kind, look in zip(kinds, printed, strict=True):
        if kind:
            looks.append(usual[look.negative_size, kind])
            continue
        peers = {(key[1], ranks[key]) for key, alike in numbered.items() if look in alike}
        rank = _rank_among(peers)
        looks.append(look._replace(rank=rank, italic=False, variant=0) if peers else look._replace(rank=rank))
    return looks


def _printed(headings: Sequence[Heading]) -> list[Look]:
    """How each heading is printed, numbers aside."""
    sizes = _merged_sizes(headings)
    capitals: dict[Style, list[bool]] = defaultdict(list)
    for heading in headings:
        capitals[heading.run.style].append(is_capitals(heading.run.title))
    share = {style: sum(flags) / len(flags) for style, flags in capitals.items()}
    looks = []
    for heading in headings:
        style = heading.run.style
        in_capitals = share[style] > _MOST or (share[style] >= 1 - _MOST and is_capitals(heading.run.title))
        looks.append(Look(-sizes[style.size], not in_capitals, not style.bold, 0.0, style.italic, 0))
    variants = _variants(headings, looks)
    return [
        look._replace(variant=variants[look, heading.run.style]) for heading, look in zip(headings, looks, strict=True)
    ]


def _variants(headings: Sequence[Heading], looks: Sequence[Look]) -> dict[tuple[Look, Style], int]:
    """(look, style) → 0, or 1 more than another style of that look whose headings stand directly above its own."""
    stacked: Counter[tuple[Look, Style, Style]] = Counter()
    for (upper, look), (lower, other) in pairwise(zip(headings, looks, strict=True)):
        gap = lower.run.offset - upper.run.end
        if look == other and upper.run.page == lower.run.page and 0 <= gap <= _STACKED_CHARS:
            stacked[look, upper.run.style, lower.run.style] += 1
    variants = {(look, heading.run.style): 0 for heading, look in zip(headings, looks, strict=True)}
    for (look, above, below), count in stacked.most_common():
        if count > stacked[look, below, above]:
            variants[look, below] = max(variants[look, below], variants[look, above] + 1)
    return variants


def _in_sequence(headings: Sequence[Heading], kinds: Sequence[str], printed: Sequence[Look]) -> list[Look]:
    """Gives numbers that continue one another (`III.`, `IV.`) one size, the one that most of them have."""
    latest: dict[str, tuple[int, float]] = {}
    joined: dict[tuple[str, float], set[float]] = defaultdict(set)
    counts = Counter(zip(kinds, (look.negative_size for look in printed), strict=True))
    for heading, kind, look in zip(headings, kinds, printed, strict=True):
        value = _value(heading.run.numbering, kind) if kind in _SEQUENCED else 0
        if value:
            before, size = latest.get(kind, (0, 0.0))
            if before and value == before + 1:
                group = joined[kind, size] | joined[kind, look.negative_size] | {size, look.negative_size}
                for member in group:
                    joined[kind, member] = group
            latest[kind] = (value, look.negative_size)
    return [
        look._replace(
            negative_size=max(
                joined.get((kind, look.negative_size), ()) or (look.negative_size,),
                key=lambda size, kind=kind: (counts[kind, size], -size),
            )
        )
        for kind, look in zip(kinds, printed, strict=True)
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
