"""The sentences of a stored text, which list items and table rows are as well. Pure."""

import re
from collections.abc import Iterator
from itertools import pairwise

from answers.sentence_ends import stops
from answers.table_marks import is_rule, pieces_of

Range = tuple[int, int]

_MARKS = re.compile(r"^\s*(?:- |#{1,6} |```\w*$)")
_CELL_SEPARATOR = " · "
_ROW_SEPARATOR = "; "


def sentence_ranges(text: str) -> Iterator[Range]:
    """Start and end of the sentences, list items and table rows of a stored text; a table's rule is none."""
    at = 0
    for line in text.split("\n"):
        if line.startswith("|"):
            if not is_rule(line):
                yield at, at + len(line)
        else:
            for start, end in pairwise([0, *_later_starts(line), len(line)]):
                if plain(line[start:end]):
                    yield at + start, at + start + len(line[start:end].rstrip())
        at += len(line) + 1


def _later_starts(line: str) -> Iterator[int]:
    """Where a line's sentences begin, but for the first."""
    for stop in stops(line, 0, len(line)):
        if stop.ends_sentence:
            yield len(line) - len(line[stop.end :].lstrip())


def plain(text: str, *, is_in_row: bool = False) -> str:
    """A part of a stored text on one line, without Markdown's marks; cells and rows of a table stand apart.

    `is_in_row`: its first line is of a table's row, whose beginning may be cut off.
    """
    shown: list[str] = []
    was_row = False
    for number, line in enumerate(text.split("\n")):
        is_row = line.startswith("|") or (is_in_row and number == 0)
        if is_row and is_rule(line):
            continue
        words = _CELL_SEPARATOR.join(cell for cell in pieces_of(line) if cell) if is_row else _MARKS.sub("", line)
        shown.append((_ROW_SEPARATOR if was_row and is_row else " ") + words)
        was_row = is_row
    return " ".join("".join(shown).split())
