"""Citations as models write them in an answer: `[3]`, `[1, 4]`, `[handbook.pdf, p. 12]`, `【2】`. Pure.

What stands in code, is a Markdown link or a link's definition is no citation.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from answers.passages import Passage
from answers.places import label_of
from answers.prompt import citation

#: A range of passages longer than this is no citation.
MAX_RANGE = 20
_TICKS = re.compile("`+")
_FENCE = re.compile(
    r"^ {0,3}(?P<fence>`{3,}+|~{3,}+)[^\n]*+\n.*?(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_SQUARE, _LENTICULAR = r"\[(?P<square>[^\[\]\n]{1,300})\]", r"【(?P<lenticular>[^【】\n]{1,300})】"
_ANY_BRACKETS = re.compile(f"{_SQUARE}|{_LENTICULAR}")
#: Neither a link nor the place that a link leads to.
_BRACKETS = re.compile(rf"{_SQUARE}(?![(:])|{_LENTICULAR}")
_NUMBERS = re.compile(r"\^?(\d{1,3})(?:†[^,;]*)?(?:\s*[-–]\s*(\d{1,3}))?")
_PLACE = re.compile(
    r"(?P<name>.+?)\s*[,،，:]?\s+(?:pp?\.?|pages?|S\.|Seiten?|página|pág\.|pagina|стр\.|ص\.?|第)\s*"
    r"(?P<first>[\w.]+)(?:\s*[-–]\s*(?P<last>[\w.]+?))?\s*[页頁]?",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """A citation at `answer[start:end]`; `numbers` are those of the passages that it names, none if there is none."""

    text: str
    start: int
    end: int
    numbers: tuple[int, ...]

    @property
    def is_place(self) -> bool:
        """It names a page, which may have several passages, and not passages by their numbers."""
        return any(character.isalpha() for character in self.text)


def marks_in(answer: str, passages: Sequence[Passage]) -> list[Mark]:
    """The citations of an answer, in order."""
    code = code_ranges(answer)
    exact = {citation(passage.hit.metadata) for passage in passages}
    known = _Known(passages)
    found: list[Mark] = []
    # A file's name may have brackets of its own.
    for text in sorted(text for text in exact if "[" in text[1:] or "]" in text[:-1]):
        for match in re.finditer(re.escape(text), answer):
            found.append(Mark(text, match.start(), match.end(), known.placed(text[1:-1])))
    taken = [(mark.start, mark.end) for mark in found] + code
    for match in _BRACKETS.finditer(answer):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        body = (match["square"] or match["lenticular"]).strip()
        numbers = known.named(body)
        if numbers is not None:
            found.append(Mark(match.group(), match.start(), match.end(), numbers))
    return sorted(found, key=lambda mark: mark.start)


def without_marks(text: str, passages: Sequence[Passage]) -> str:
    """A document's text, of the same length, in which nothing is taken for a citation of the answer that quotes it.

    What would be one stands in wide brackets (`［2］`); in code as well, which may begin or end in other quotes.
    """
    known = _Known(passages)
    for exact in {citation(passage.hit.metadata) for passage in passages}:
        text = text.replace(exact, f"［{exact[1:-1]}］")

    def widened(match: re.Match[str]) -> str:
        body = match["square"] or match["lenticular"]
        return match.group() if known.named(body.strip()) is None else f"［{body}］"

    # Brackets within brackets: without the inner ones the outer ones may be a citation.
    while (changed := _ANY_BRACKETS.sub(widened, text)) != text:
        text = changed
    return text


def marks_within(marks: Sequence[Mark], start: int, end: int) -> Sequence[Mark]:
    """Those that begin in `answer[start:end]`; `marks` are in order."""
    return marks[bisect_left(marks, start, key=_start) : bisect_left(marks, end, key=_start)]


def _start(mark: Mark) -> int:
    return mark.start


def code_ranges(answer: str) -> list[tuple[int, int]]:
    """Fenced blocks and spans of code."""
    fenced = [(match.start(), match.end()) for match in _FENCE.finditer(answer)]
    edges = [0, *(edge for block in fenced for edge in block), len(answer)]
    spans = [span for start, end in zip(edges[::2], edges[1::2], strict=True) for span in _spans(answer, start, end)]
    return sorted(fenced + spans)


def _spans(answer: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans of code: from a run of backticks to the next one of the same length, in linear time."""
    runs = [(match.start(), match.end()) for match in _TICKS.finditer(answer, start, end)]
    following: dict[int, list[int]] = {}
    for at in range(len(runs) - 1, -1, -1):
        following.setdefault(runs[at][1] - runs[at][0], []).append(at)
    open_from = 0
    for at, (first, last) in enumerate(runs):
        if at < open_from:
            continue
        same = following[last - first]
        while same and same[-1] <= at:
            same.pop()
        if same:
            yield first, runs[same[-1]][1]
            open_from = same[-1] + 1


class _Known:
    """The passages by what they may be called."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._numbers = {passage.number for passage in passages}
        self._places: dict[tuple[str, str], list[int]] = {}
        for passage in passages:
            for name, label in _places(passage):
                numbers = self._places.setdefault((name, label), [])
                if passage.number not in numbers:
                    numbers.append(passage.number)

    def named(self, body: str) -> tuple[int, ...] | None:
        """The passages that the inside of a bracket names; None when it is no citation."""
        parts = [part.strip() for part in re.split(r"[,;،，、]", body)]
        matched = [_NUMBERS.fullmatch(part) for part in parts]
        if all(matched):
            asked = [number for match in matched if match for number in _expanded(match)]
            return tuple(dict.fromkeys(number for number in asked if number in self._numbers))
        places = [_PLACE.fullmatch(part.strip()) for part in body.split(";")]
        if all(places):
            return tuple(dict.fromkeys(number for part in body.split(";") for number in self.placed(part.strip())))
        return None

    def placed(self, place: str) -> tuple[int, ...]:
        match = _PLACE.fullmatch(place)
        if not match:
            return ()
        labels = _labels(match["first"], match["last"])
        name = _plain_name(match["name"])
        return tuple(dict.fromkeys(number for label in labels for number in self._places.get((name, label), ())))


def _expanded(match: re.Match[str]) -> list[int]:
    first, last = int(match[1]), int(match[2] or match[1])
    return list(range(first, last + 1)) if first <= last <= first + MAX_RANGE else [first, last]


def _labels(first: str, last: str | None) -> list[str]:
    first = first.rstrip(".").casefold()
    if last is None:
        return [first]
    last = last.rstrip(".").casefold()
    if first.isdecimal() and last.isdecimal() and int(first) <= int(last) <= int(first) + MAX_RANGE:
        return [str(page) for page in range(int(first), int(last) + 1)]
    return [first, last]


def _places(passage: Passage) -> Iterator[tuple[str, str]]:
    """File and page, by label and by number, of every page that a passage is on."""
    metadata = passage.hit.metadata
    pages = dict.fromkeys([metadata.get("page"), *(metadata.get("pages_spanned") or ())])
    names = {_plain_name(str(metadata.get("filename") or "")), _plain_name(str(metadata.get("document_title") or ""))}
    for page in pages:
        if page is None:
            continue
        for name in sorted(names - {""}):
            yield name, label_of(int(page), metadata).casefold()
            yield name, str(page)


def _plain_name(name: str) -> str:
    return " ".join(name.casefold().split()).removesuffix(".pdf")
