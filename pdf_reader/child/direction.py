"""Text that runs from right to left: MuPDF gives its letters in reading order, but not the blanks between words."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: Hebrew, Arabic, Syriac, Thaana, NKo, Samaritan, Mandaic, and their presentation forms.
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
#: A gap wider than this share of the type's size parts two words.
WORD_GAP = 0.17


def has_right_to_left(text: str) -> bool:
    return not text.isascii() and bool(_RIGHT_TO_LEFT.search(text))


def spaced(characters: Sequence[Mapping[str, Any]], size: float) -> str:
    """The text of a span's characters (`c` and `bbox` each, as in a raw dict), with blanks where gaps are."""
    text = ""
    before: tuple[float, float] | None = None
    for run in _runs(characters):
        left = min(character["bbox"][0] for character in run)
        right = max(character["bbox"][2] for character in run)
        if before and is_parted(before, (left, right), size) and not (text[-1:] + run[0]["c"][:1]).count(" "):
            text += " "
        text += _spaced_run(run, size)
        before = left, right
    return text


def is_parted(before: tuple[float, float], after: tuple[float, float], size: float) -> bool:
    """Whether there is a word's gap between two pieces of a line, given as left and right, whichever comes first."""
    return max(after[0] - before[1], before[0] - after[1]) > WORD_GAP * size


def _runs(characters: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Neighbours of the same direction; what stands between two runs of the other one jumps over their width."""
    run: list[Mapping[str, Any]] = []
    direction = None
    for character in characters:
        here = bool(_RIGHT_TO_LEFT.match(character["c"]))
        if run and here != direction:
            yield run
            run = []
        direction = here
        run.append(character)
    if run:
        yield run


def _spaced_run(run: Sequence[Mapping[str, Any]], size: float) -> str:
    text = ""
    letter: Mapping[str, Any] | None = None
    for character in run:
        if unicodedata.combining(character["c"][:1] or " "):
            # A mark stands over its letter, wherever its box is.
            text += character["c"]
            continue
        if letter is not None and _RIGHT_TO_LEFT.match(character["c"]):
            gap = letter["bbox"][0] - character["bbox"][2]
            if gap > WORD_GAP * size and not letter["c"].isspace():
                text += " "
        text += character["c"]
        letter = character
    return text
