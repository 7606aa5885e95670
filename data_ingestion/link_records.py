"""Links as other programs read them: category by colour, and a snippet of the text around an internal target.

Pages are added while they stream by. Their texts, and where their lines end, wait on disk. When the whole document
has been read, a link to a later page, or from a later page to an earlier one, finds its target's text there.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import fields
from operator import attrgetter

from foundation.spool import Spool
from pdf_reader.blocks import Rect
from pdf_reader.document import Link, Page
from pdf_reader.link_record import LinkRecord

SNIPPET_CHARACTERS = 240
#: A destination often lies a little above the line that it means.
_TOLERANCE_POINTS = 2.0
_FIELDS = attrgetter(*(field.name for field in fields(Link)))
#: A page's text, and of each line the bottom and the place in it.
_Target = tuple[str, "array[float]", "array[int]"]


class LinkCollector:
    """One per document. `category_of_color` is AppConfig's map."""

    def __init__(self, category_of_color: Callable[[str | None], str | None]) -> None:
        self._category_of_color = category_of_color
        self._links: Spool[Link] = Spool(pack=_FIELDS, unpack=lambda packed: Link(*packed))
        self._targets: Spool[_Target] = Spool()
        #: Page → where it is among the targets.
        self._places: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._links)

    def add(self, page: Page) -> None:
        self._links.extend(page.links)
        self._places[page.number] = len(self._targets)
        bottoms = array("f", (line.bbox[3] for line in page.lines))
        self._targets.append((page.text, bottoms, array("l", (line.start for line in page.lines))))

    def records(self) -> Iterator[LinkRecord]:
        """One record a link, in page order."""
        for link in self._links:
            yield LinkRecord(
                link_text=link.link_text,
                source_page=link.source_page,
                source_rect=_rounded(link.source_rect),
                color=link.color,
                link_category=self._category_of_color(link.color),
                link_type=link.link_type,
                target_page=link.target_page,
                target_url=link.target_url,
                target_snippet=self._snippet(link),
                more_rects=tuple(map(_rounded, link.more_rects)),
            )

    def _snippet(self, link: Link) -> str | None:
        if link.link_type != "internal" or link.target_page not in self._places:
            return None
        text, bottoms, starts = self._targets[self._places[link.target_page]]
        start = _offset_at(link.target_top, bottoms, starts)
        snippet = text[start : start + SNIPPET_CHARACTERS]
        if start + SNIPPET_CHARACTERS < len(text):
            snippet = snippet.rsplit(None, 1)[0]
        return " ".join(snippet.split()) or None


def _offset_at(top: float | None, bottoms: "array[float]", starts: "array[int]") -> int:
    """Where the first line begins that ends below `top`; the nearest one in reading order."""
    if top is None:
        return 0
    below = [number for number, bottom in enumerate(bottoms) if bottom > top + _TOLERANCE_POINTS]
    if not below:
        return 0
    return starts[min(below, key=lambda number: bottoms[number])]


def _rounded(box: Rect) -> Rect:
    x0, y0, x1, y1 = box
    return round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)
