"""The section tree: which titles are in force at a place of the document."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

#: Where a Structure's sections come from.
Source = Literal["outline", "tags", "layout", "none"]
#: Half-open ranges of `Page.text`.
Ranges = tuple[tuple[int, int], ...]
#: Lines of `Page.text` are at most a blank line apart.
_LINE_BREAK_CHARS = 2


@dataclass(frozen=True, slots=True)
class Section:
    """A heading. `level` 1 is the top; `offset` is where its line starts in `Page.text`, 0 when that is unknown."""

    level: int
    title: str
    page: int
    offset: int

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """A heading as files of documents list it. Where nobody wrote its page that is 0, and its offset -1."""
        return cls(
            level=int(value.get("level") or 1),
            title=str(value.get("title") or ""),
            page=int(value.get("page") or 0),
            offset=int(value.get("offset", -1)),
        )

    def to_json(self) -> dict[str, Any]:
        return {"level": self.level, "title": self.title, "page": self.page, "offset": self.offset}


@dataclass(frozen=True, slots=True)
class Structure:
    """A document's sections, and what is printed on its pages again and again.

    A section belongs to the nearest one before it of a lower level. That order is the document's own: an outline may
    name a sidebar after the section that it stands in the middle of.

    `spellings` are words that lines' ends broke, as pages spell them → as the document does: see `broken_words`.

    `running` holds, by page, the ranges of `Page.text` that are running headers, footers or bare page numbers.
    """

    sections: tuple[Section, ...]
    source: Source
    running: Mapping[int, Ranges]
    spellings: Mapping[str, str] = field(default_factory=dict)
    _places: tuple[tuple[int, int, int], ...] = field(init=False, repr=False, compare=False)
    _parents: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = sorted((section.page, section.offset, index) for index, section in enumerate(self.sections))
        object.__setattr__(self, "_places", tuple(places))
        object.__setattr__(self, "_parents", parents_of(section.level for section in self.sections))

    def path_at(self, page: int, offset: int = 0) -> tuple[str, ...]:
        """The titles in force at a place, outermost first.

        A heading that starts exactly there counts, and so does one that only running text and line breaks separate
        from there: the path of a page's start includes the heading that opens its body. Costs O(log sections).
        """
        place = bisect_right(self._places, (page, self._first_body_offset(page, offset), len(self.sections))) - 1
        index = self._places[place][2] if place >= 0 else -1
        titles = []
        while index >= 0:
            titles.append(self.sections[index].title)
            index = self._parents[index]
        return tuple(reversed(titles))

    def _first_body_offset(self, page: int, offset: int) -> int:
        """Steps over running text, and over the line break after it or at the page's very start."""
        reach = offset
        for start, end in self.running.get(page, ()):
            if start <= reach + _LINE_BREAK_CHARS and end > offset:
                reach = max(reach, end)
        return reach + _LINE_BREAK_CHARS if reach > offset else offset


def joined_path(titles: Iterable[str]) -> str:
    """A heading path as one text, as points, files, models and people get it: `Mills > Stones`."""
    return " > ".join(titles)


def parents_of(levels: Iterable[int]) -> tuple[int, ...]:
    """For each level in order, the index of the nearest earlier lower level; -1 for those at the top."""
    stack: list[tuple[int, int]] = []
    parents = []
    for index, level in enumerate(levels):
        while stack and stack[-1][1] >= level:
            stack.pop()
        parents.append(stack[-1][0] if stack else -1)
        stack.append((index, level))
    return tuple(parents)
