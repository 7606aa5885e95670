"""Levels where a document counts its divisions: parts contain items, chapters contain articles, notes stand under
`Notes to …`, and what has no number belongs to the division in force."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from document_structure.layout_headings import Heading
from document_structure.text_runs import Style

#: From the outside in. An exhibit is a document of its own; an appendix ends the chapters before it.
_ORDER = ("exhibit", "part", "title", "appendix", "chapter", "article", "section", "item", "note")
#: An exhibit's label stands in the upper part of its first page.
_TOP_POINTS = 220.0
#: Headings printed like divisions are their peers when there are at most so many for each; never in a form with items,
#: which prints its parts like much else.
_PEER_SHARE = 0.5
_WITHOUT_PEERS = frozenset({"note", "exhibit"})
#: So many listed divisions say on which level of the contents they are.
_MIN_LISTED = 3
_DEEPEST = 1_000
_NOTES = re.compile(
    r"(?:\S+\s+)?(?:notes?\s+(?:to|on)\b|notes?\s+(?:aux?|annexes?)\b|annexe aux|anhang\b|erläuterungen\b|"
    r"notas?\s+(?:a|de|sobre)\b|.*(?:附注|附註|注記))",
    re.IGNORECASE,
)


#: What ends a report with items: statements may follow.
_END = re.compile(r"signatures?|unterschriften|firmas?|签名|签署|署名", re.IGNORECASE)
#: What stands beside the statements of a report, and is no part of them nor of their notes.
_REPORT = re.compile(
    r"index\s+to\s+(?:\w+\s+){0,2}?financial\s+statements|(?:report|opinion)\s+of\s+(?:the\s+)?independent\b|independent\s+auditor|management[’']?s?\s+(?:annual\s+)?report\b|"
    r"rapport\s+des?\s+commissaires|bestätigungsvermerk|informe\s+de\s+auditoría",
    re.IGNORECASE,
)


_Value = TypeVar("_Value", str, int)


@dataclass(frozen=True, slots=True)
class _Open:
    """A heading whose section is open. `rank` is None for those that aren't divisions, `base` the level by style."""

    level: int
    base: int
    rank: int | None
    is_notes: bool = False
    is_end: bool = False  # statements that follow are no part of it
    listed: int | None = None  # its level in the printed contents


def levels_by_division(headings: Sequence[Heading], levels: Sequence[int]) -> list[int]:
    """The levels, with divisions in their order and everything else below the division that it stands in.

    `levels` are those of the heading styles. Without divisions they stay what they are.
    """
    labels = _labels(headings)
    if not any(labels) and not any(heading.statement for heading in headings):
        return list(levels)
    ranks = _ranks(labels)
    peers = _peers(headings, labels, ranks)
    opened: list[_Open] = []
    result = []
    following = _following(labels)
    listed_next = _following([heading.listed_level for heading in headings])
    for index, (heading, base, label) in enumerate(zip(headings, levels, labels, strict=True)):
        rank = ranks[label] if label else peers.get(index)
        is_end = not label and "item" in ranks and _END.fullmatch(heading.run.title) is not None
        if is_end:
            rank = ranks.get("part", ranks["item"])
        if heading.statement == "notes":
            # The first note is below its title however both look.
            base = min(levels[index : index + 2])
        is_notes = not label and (heading.statement == "notes" or _NOTES.match(heading.run.title) is not None)
        if label == "note":
            while opened and not opened[-1].is_notes and opened[-1].rank in (None, rank):
                opened.pop()
        elif rank is not None:
            while opened and (opened[-1].rank is None or opened[-1].rank >= rank):
                opened.pop()
        elif _stands_for_itself(heading, opened, listed_next[index]):
            _close_to_division(opened, None if heading.statement == "figures" else ranks.get("note"))
        elif following[index] == "note":
            # Another note follows: this one isn't over, however its headings look.
            _close_for(base, opened, -1, in_notes=True)
        else:
            _close_for(base, opened, ranks.get("note", -1))
        level = opened[-1].level + 1 if opened else 1
        if heading.statement in ("figures", "long"):
            base = _DEEPEST  # what follows is no part of a statement
        opened.append(_Open(level, base, rank, is_notes, is_end, heading.listed_level))
        result.append(level)
    return result


def _close_to_division(opened: list[_Open], note: int | None) -> None:
    """Closes what a statement ends: all below the division that it stands in, and for some the note as well."""
    while opened and (opened[-1].rank is None or opened[-1].rank == note or opened[-1].is_end):
        opened.pop()


def _close_for(base: int, opened: list[_Open], note: int, *, in_notes: bool = False) -> None:
    """Closes what a heading without a number ends: what looks like it or less; a note when it looks more than that."""
    while opened:
        last = opened[-1]
        if last.is_notes:
            if in_notes or last.base <= base:
                return
        elif last.rank is None:
            if last.base < base:
                return
        elif last.rank != note:
            return
        else:
            notes = opened[-2] if len(opened) > 1 and opened[-2].is_notes else None
            if base >= last.base and (notes is None or base > notes.base):
                return
        opened.pop()


def _following(values: Sequence[_Value | None]) -> list[_Value | None]:
    """For each heading the next value after its own that isn't empty."""
    following: list[_Value | None] = []
    latest: _Value | None = None
    for value in reversed(values):
        following.append(latest)
        latest = value or latest
    return following[::-1]


def _stands_for_itself(heading: Heading, opened: Sequence[_Open], listed_next: int | None) -> bool:
    """Whether a statement, a report on it, or a long table ends the sections that it follows.

    In a document without divisions only when the contents say that nothing more of the outermost one follows.
    """
    is_report = _REPORT.match(heading.run.title) is not None
    if any(section.rank is not None for section in opened):
        return is_report or heading.statement in ("figures", "notes")
    outermost = min((section.listed for section in opened if section.listed is not None), default=None)
    is_over = outermost is not None and listed_next is not None and listed_next <= outermost
    return is_over and (is_report or heading.statement in ("figures", "notes", "long"))


def _labels(headings: Sequence[Heading]) -> list[str]:
    """The label of each division, empty for other headings."""
    labels = []
    page = 1
    for heading in headings:
        run = heading.run
        label = heading.division
        if run.numbering is not None and run.numbering.label == "exhibit":
            label = "exhibit" if run.page > page and run.top < _TOP_POINTS else ""
        labels.append(label)
        page = run.page
    return labels


def _ranks(labels: Sequence[str]) -> dict[str, int]:
    """How deep each label is. Sections are above articles when there are fewer of them."""
    counts = Counter(filter(None, labels))
    order = [label for label in _ORDER if label in counts]
    if counts["section"] and counts["article"] and counts["section"] < counts["article"]:
        first, second = order.index("article"), order.index("section")
        order[first], order[second] = "section", "article"
    return {label: rank for rank, label in enumerate(order)}


def _peers(headings: Sequence[Heading], labels: Sequence[str], ranks: Mapping[str, int]) -> dict[int, int]:
    """Headings without a number that are on a division's level: by the printed contents, or by their style."""
    listed: dict[str, list[int]] = defaultdict(list)
    styles: dict[str, Counter[Style]] = defaultdict(Counter)
    for heading, label in zip(headings, labels, strict=True):
        if label:
            styles[label][heading.run.style] += 1
            if heading.listed_level is not None:
                listed[label].append(heading.listed_level)
    plain = Counter(heading.run.style for heading, label in zip(headings, labels, strict=True) if not label)
    usual = {}
    if "item" not in styles:
        for label in styles.keys() - _WITHOUT_PEERS:
            style = styles[label].most_common(1)[0][0]
            if plain[style] <= _PEER_SHARE * styles[label].total():
                usual[style] = label
    tops = {label: min(levels) for label, levels in listed.items() if len(levels) >= _MIN_LISTED}
    found: dict[int, int] = {}
    for index, (heading, label) in enumerate(zip(headings, labels, strict=True)):
        numbering = heading.run.numbering
        if label or heading.statement or (numbering is not None and numbering.depth > 1):
            continue
        level = heading.listed_level
        by_contents = [ranks[other] for other, top in tops.items() if level is not None and level <= top]
        if by_contents:
            found[index] = min(by_contents)
        elif heading.run.style in usual:
            found[index] = ranks[usual[heading.run.style]]
    return found
