"""What a text is said to be: /ActualText where letters were printed otherwise, and what an abbreviation stands for."""

from collections.abc import Mapping, Sequence

from pdf_reader.child.text import RawLine
from pdf_reader.tags.elements import Element
from pdf_reader.tags.marked_text import MarkedLine


def reword(lines: Sequence[RawLine], marked: Sequence[Sequence[MarkedLine]], owners: Mapping[int, Element]) -> None:
    """`marked` is what of each line is marked, left to right; `owners` the element by number of marked content that
    says how it reads. What goes on in another line stays as it is printed."""
    homes: dict[int, set[int]] = {}
    for index, parts in enumerate(marked):
        for part in parts:
            if owner := owners.get(part.mcid):
                homes.setdefault(owner.xref, set()).add(index)
    for index, (line, parts) in enumerate(zip(lines, marked, strict=True)):
        said = [owner if (owner := owners.get(part.mcid)) and homes[owner.xref] == {index} else None for part in parts]
        if any(said):
            line.text = _reworded(line.text, [part.text.strip() for part in parts], said)


def _reworded(text: str, parts: Sequence[str], owners: Sequence[Element | None]) -> str:
    """The text unchanged where the parts aren't found in it one after the other."""
    ranges: list[tuple[Element, int, int]] = []
    place = 0
    for part, owner in zip(parts, owners, strict=True):
        start = text.find(part, place)
        if start < 0:
            return text
        place = start + len(part)
        if owner is None:
            continue
        if ranges and ranges[-1][0] is owner:
            ranges[-1] = owner, ranges[-1][1], place
        else:
            ranges.append((owner, start, place))
    for owner, start, end in reversed(ranges):
        instead = owner.actual_text or text[start:end]
        if owner.expansion and owner.expansion.casefold() not in text.casefold():
            instead = f"{instead} ({owner.expansion})"
        text = text[:start] + instead + text[end:]
    return text


def owners_of(elements: Sequence[Element | None]) -> dict[int, Element]:
    """By number of marked content, the outermost element above it that says how it reads; without what is in tables,
    whose cells are read piece by piece, and in figures, whose text is their alternate text."""
    found: dict[int, Element] = {}
    for mcid, element in enumerate(elements):
        for above in element.lineage if element else ():
            if above.role in ("Table", "Figure"):
                found.pop(mcid, None)
                break
            if above.actual_text or above.expansion:
                found[mcid] = above
    return found
