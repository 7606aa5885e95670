"""Whether the items of an annual report (form 10-K) became headings, each once and below its part."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from document_structure import Section

#: The items of each part, by form 10-K.
_PARTS = {
    "i": "1 1a 1b 1c 2 3 4",
    "ii": "5 6 7 7a 8 9 9a 9b 9c",
    "iii": "10 11 12 13 14",
    "iv": "15 16",
}
_PART_OF = {item: part for part, items in _PARTS.items() for item in items.split()}
_PART = re.compile(r"part (i{1,3}|iv)\b")
_ITEM = re.compile(r"(?:part \w+ )?item (\d+[a-c]?)\b")
#: So many characters of an item's title are compared.
_TITLE_CHARS = 30


@dataclass(frozen=True, slots=True)
class ItemScore:
    """Items in the truth, those found on their page, those of them below their part, and labels that head twice."""

    items: int
    found: int
    below_part: int
    twice: frozenset[str]


def score_report(items: Sequence[Mapping[str, Any]], sections: Iterable[Section]) -> ItemScore:
    """`items` are the truth's ({"item": "7A", "title": …, "page": counted from 1}), `sections` in document order."""
    on_page: dict[int, list[tuple[str, str]]] = defaultdict(list)
    labels: Counter[str] = Counter()
    above: list[tuple[int, str]] = []
    for section in sections:
        title = _plain(section.title)
        while above and above[-1][0] >= section.level:
            above.pop()
        parts = [match[1] for _, upper in above if (match := _PART.match(upper))]
        on_page[section.page].append((title, parts[-1] if parts else ""))
        above.append((section.level, title))
        if match := _ITEM.match(title):
            labels[match[1]] += 1
    found = below = 0
    for item in items:
        heading = _heading_of(item, on_page[item["page"]])
        if heading is not None:
            on_page[item["page"]].remove(heading)
            found += 1
            below += heading[1] == _PART_OF.get(_plain(item["item"]))
    return ItemScore(len(items), found, below, frozenset(label for label, count in labels.items() if count > 1))


def _heading_of(item: Mapping[str, Any], here: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """A heading with the item's label as words, else one with its title and no label."""
    label = re.compile(rf"\bitem {re.escape(_plain(item['item']))}\b")
    title = _plain(item["title"])[:_TITLE_CHARS]
    labelled = next((heading for heading in here if label.search(heading[0])), None)
    named = (heading for heading in here if title and title in heading[0] and not re.search(r"\bitem \d", heading[0]))
    return labelled or next(named, None)


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()
