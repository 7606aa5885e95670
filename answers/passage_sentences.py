"""The sentences of a stored text, which list items and table rows are as well. Pure."""

import re
from collections.abc import Iterator
from itertools import pairwise

from answers.sentence_ends import stops
from answers.table_marks import is_rule, pieces_of

Range = tuple[int, int]

_MARKS = re.compile(r"^\s*(?:- |#{1,6} |```\w*$)")
_CELL_SEPARATOR = " · "


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
    """A part of a stored text on one line, without Markdown's marks; cells of a table stand apart.

    `is_in_row`: its first line is of a table's row, whose beginning may be cut off.
    """
    lines = []
    for number, line in enumerate(text.split("\n")):
        if line.startswith("|") or (is_in_row and number == 0):
            if not is_rule(line):
                lines.append(_CELL_SEPARATOR.join(cell for cell in pieces_of(line) if cell))
        else:
            lines.append(_MARKS.sub("", line))
    return " ".join(" ".join(lines).split())
