"""Text that runs from right to left.

MuPDF gives its letters in reading order, but not the blanks between words. It turns the digits of Arabic numbers round,
which are read from left to right, and leaves lines as they are printed in which brackets or the like surprise it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

#: Hebrew, Arabic, Syriac, Thaana, NKo, Samaritan, Mandaic, and their presentation forms.
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
#: Arabic and Persian digits; between two of them these signs belong to the number, as in Unicode's bidi rules.
_ARABIC_DIGIT = re.compile("[\u0660-\u0669\u06f0-\u06f9]")
_IN_NUMBERS = frozenset(".,:/\u066b\u066c")
#: `١.٢` in front of a title counts sections from right to left; its numbers have at most so many digits.
_SECTION_DIGITS = 2
#: Brackets stand the other way round in text that runs to the left.
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
#: A gap wider than this share of the type's size parts two words.
WORD_GAP = 0.17


def has_right_to_left(text: str) -> bool:
    return not text.isascii() and bool(_RIGHT_TO_LEFT.search(text))


def spaced(characters: Sequence[Mapping[str, Any]], size: float) -> str:
    """The text of a span's characters (`c` and `bbox` each, as in a raw dict), with blanks where gaps are."""
    text = ""
    before: tuple[float, float] | None = None
    for run in _runs(_with_numbers_in_order(characters)):
        left = min(character["bbox"][0] for character in run)
        right = max(character["bbox"][2] for character in run)
        if before and is_parted(before, (left, right), size) and not (text[-1:] + run[0]["c"][:1]).count(" "):
            text += " "
        text += _spaced_run(run, size)
        before = left, right
    return text


def is_as_printed(characters: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the letters of a line that runs to the left come from left to right: not in reading order."""
    lefts = [_left(character) for character in characters if _is_right_to_left(character["c"][:1])]
    return sum(a < b for a, b in pairwise(lefts)) > (len(lefts) - 1) / 2


def in_reading_order(characters: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The characters of a span as it is printed, from right to left; what runs to the right in it stays whole."""
    pieces: list[list[Mapping[str, Any]]] = []
    for _, group in groupby(characters, key=lambda character: _is_right_to_left(character["c"][:1])):
        piece = list(group)
        words = [index for index, character in enumerate(piece) if _runs_right(character["c"][:1])]
        first, end = (words[0], words[-1] + 1) if words else (0, 0)
        pieces.append([*_turned(piece[end:]), *piece[first:end], *_turned(piece[:first])])
    return [character for piece in reversed(pieces) for character in piece]


def _turned(characters: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """From right to left; a mark stays behind its letter, and brackets are the other ones."""
    turned: list[Mapping[str, Any]] = []
    marks: list[Mapping[str, Any]] = []
    for character in reversed(characters):
        mirrored = {**character, "c": character["c"].translate(_MIRRORED)}
        if unicodedata.combining(character["c"][:1] or " "):
            marks.append(mirrored)
        else:
            turned += [mirrored, *marks]
            marks = []
    return turned + marks


def _runs_right(character: str) -> bool:
    return character.isalnum() and not _is_right_to_left(character)


def is_parted(before: tuple[float, float], after: tuple[float, float], size: float) -> bool:
    """Whether there is a word's gap between two pieces of a line, given as left and right, whichever comes first."""
    return max(after[0] - before[1], before[0] - after[1]) > WORD_GAP * size


def _with_numbers_in_order(characters: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The characters, those of each Arabic number from left to right."""
    ordered: list[Mapping[str, Any]] = []
    start, leads = 0, True
    while start < len(characters):
        end = _number_end(characters, start)
        if end > start:
            ordered += _in_order(characters[start:end], leads=leads)
        else:
            end = start + 1
            ordered.append(characters[start])
        leads = leads and not characters[start]["c"].strip()
        start = end
    return ordered


def _number_end(characters: Sequence[Mapping[str, Any]], start: int) -> int:
    """Where the Arabic number ends that begins at `start`; `start` itself when none does."""
    end = start
    for index in range(start, len(characters)):
        if _ARABIC_DIGIT.match(characters[index]["c"]):
            end = index + 1
        elif characters[index]["c"] not in _IN_NUMBERS or index != end:
            break
    return end


def _in_order(number: Sequence[Mapping[str, Any]], *, leads: bool) -> list[Mapping[str, Any]]:
    """A number's characters from left to right; those of a section's number keep the order of its parts.

    `leads`: nothing stands before it.
    """
    parts: list[list[Mapping[str, Any]]] = [[]]
    for character in number:
        if character["c"] == ".":
            parts += [[character], []]
        else:
            parts[-1].append(character)
    if len(parts) > 1 and leads and all(len(part) <= _SECTION_DIGITS for part in parts):
        return [character for part in parts for character in sorted(part, key=_left)]
    return sorted(number, key=_left)


def _left(character: Mapping[str, Any]) -> float:
    left: float = character["bbox"][0]
    return left


def _runs(characters: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Neighbours of the same direction; what stands between two runs of the other one jumps over their width."""
    run: list[Mapping[str, Any]] = []
    direction = None
    for character in characters:
        here = _is_right_to_left(character["c"])
        if run and here != direction:
            yield run
            run = []
        direction = here
        run.append(character)
    if run:
        yield run


def _is_right_to_left(character: str) -> bool:
    return bool(_RIGHT_TO_LEFT.match(character)) and not _ARABIC_DIGIT.match(character)


def _spaced_run(run: Sequence[Mapping[str, Any]], size: float) -> str:
    text = ""
    letter: Mapping[str, Any] | None = None
    for character in run:
        if unicodedata.combining(character["c"][:1] or " "):
            # A mark stands over its letter, wherever its box is.
            text += character["c"]
            continue
        if letter is not None and _is_right_to_left(character["c"]):
            gap = letter["bbox"][0] - character["bbox"][2]
            if gap > WORD_GAP * size and not letter["c"].isspace():
                text += " "
        text += character["c"]
        letter = character
    return text
