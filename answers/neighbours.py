"""Passages that follow each other in a document, put together again for the model that answers. Pure.

Chunks overlap, and what is left of a cut table repeats its header: together they say everything once, and the model
reads a statement as it is printed. Each passage stays a source of its own, with its page and its boxes.
"""

import re
from collections.abc import Sequence
from typing import Any

from answers.passages import Passage

#: What two chunks have in common at their edge is at least this long: a word may be repeated by chance.
MIN_REPEATED_CHARACTERS = 20
#: A cut table's title stands on at most so many lines above its header.
_TABLE_LEAD = re.compile(r"(?:[^|\n][^\n]*\n+){0,3}(?P<header>\|[^\n]*\|\n\|(?: ?:?-{3,}:? ?\|)+\n)")

Run = tuple[Passage, ...]


def runs_of(passages: Sequence[Passage]) -> list[Run]:
    """Passages that stand beside each other, in the order of the document; runs are in the order of their best passage.

    Neighbours are chunks of one generation of a document, one after the other, in the same section or on the same page.
    Behind a passage that was cut something is missing, so that none follows it.
    """
    free = {place: passage for passage in reversed(passages) if (place := _place(passage.hit.metadata)) is not None}
    runs: list[Run] = []
    taken: set[int] = set()
    for passage in passages:
        if passage.number in taken:
            continue
        run = [passage]
        while (before := free.get(_beside(run[0], -1))) and _belong_together(before, run[0]):
            run.insert(0, before)
        while (after := free.get(_beside(run[-1], 1))) and _belong_together(run[-1], after):
            run.append(after)
        taken.update(one.number for one in run)
        for one in run:
            free.pop(_place(one.hit.metadata) or _NOWHERE, None)
        runs.append(tuple(run))
    return runs


def without_repetition(before: str, after: str, *, goes_on: bool = True) -> str:
    """What `after` says beyond the end of `before`: without the sentences that it repeats, and where nothing will stand
    between the two (`goes_on`) without a table's title and header."""
    lead = _TABLE_LEAD.match(after) if goes_on else None
    if lead and lead["header"] in f"{before}\n" and before.rsplit("\n", 1)[-1].startswith("|"):
        return after[lead.end() :]
    at = max(0, len(before) - len(after))
    while len(before) - at >= MIN_REPEATED_CHARACTERS:
        if (at == 0 or before[at - 1].isspace()) and after.startswith(before[at:]):
            rest = after[len(before) - at :]
            if not rest or rest[0].isspace():
                return rest.lstrip()
        at += 1
    return after


_Place = tuple[str, str, int]
_NOWHERE: _Place = ("", "", -1)


def _place(metadata: dict[str, Any]) -> _Place | None:
    """None for a page of the pages store: pages are whole."""
    index = metadata.get("chunk_index")
    if index is None:
        return None
    return str(metadata.get("document_id")), str(metadata.get("generation")), int(index)


def _beside(passage: Passage, step: int) -> _Place:
    place = _place(passage.hit.metadata)
    return (place[0], place[1], place[2] + step) if place else _NOWHERE


def _belong_together(before: Passage, after: Passage) -> bool:
    first, second = before.hit.metadata, after.hit.metadata
    same_section = first.get("heading_path") == second.get("heading_path")
    return not before.is_cut and (same_section or second.get("page") in _pages(first))


def _pages(metadata: dict[str, Any]) -> list[Any]:
    return [metadata.get("page"), *metadata.get("pages_spanned", ())]
