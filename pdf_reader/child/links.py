"""Links of a page: where they are, where they lead, and what they are printed on.

Read by MuPDF's own list of links: PyMuPDF's `get_links()` takes a hundred times longer on pages with many annotations,
and on some never ends.
"""

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from pdf_reader.child.cleaning import clean_string
from pdf_reader.child.joining import joint
from pdf_reader.child.mupdf import mupdf
from pdf_reader.child.text import RawBlock, Span, Turn
from pdf_reader.document import Link, Rect

#: Only these are passed on: a reader may click on them.
CLICKABLE_SCHEMES = frozenset({"http", "https", "mailto"})
MAX_URL_CHARACTERS = 2_048
MAX_LINK_TEXT_CHARACTERS = 300
#: Height of the strips in which words and spans are looked up.
_STRIP_POINTS = 24.0
#: Rectangles whose heights overlap by this share are on one row.
_SAME_ROW = 0.6
#: Pieces of a link are no further apart than a blank, in heights.
_MAX_BLANK_HEIGHTS = 0.4
_PUNCTUATION = ",.;:()[]"
#: A rectangle that is higher than so many is none of a page for people.
_MANY_STRIPS = 200


@dataclass(frozen=True, slots=True)
class PageLinks:
    """`notes` tell what was left out."""

    links: tuple[Link, ...]
    notes: tuple[str, ...]


class _Target(NamedTuple):
    link_type: Literal["internal", "external"]
    page: int | None = None
    top: float | None = None
    url: str | None = None


class _Placed(NamedTuple):
    """A word or a span, with what is to be known of it."""

    box: Rect
    value: Any


class _Strips:
    """Finds what lies in a rectangle without looking at everything."""

    def __init__(self, things: Iterable[_Placed]) -> None:
        self._strips: defaultdict[int, list[_Placed]] = defaultdict(list)
        for thing in things:
            middle = (thing.box[1] + thing.box[3]) / 2
            if math.isfinite(middle):
                self._strips[int(middle // _STRIP_POINTS)].append(thing)

    def inside(self, rect: Rect) -> list[Any]:
        """Values of the items whose middle is in the rectangle, from top to bottom."""
        x0, y0, x1, y1 = rect
        return [
            value
            for box, value in self._near(y0, y1)
            if x0 <= (box[0] + box[2]) / 2 <= x1 and y0 <= (box[1] + box[3]) / 2 <= y1
        ]

    def between(self, top: float, bottom: float) -> list[Any]:
        """Values of the items whose middle is between two heights."""
        return [value for box, value in self._near(top, bottom) if top <= (box[1] + box[3]) / 2 <= bottom]

    def touching(self, rect: Rect) -> list[Any]:
        """Values of the items on the rectangle's middle line: a link may be a word of a long span."""
        x0, y0, x1, y1 = rect
        middle = (y0 + y1) / 2
        return [
            value
            for box, value in self._near(middle, middle)
            if box[0] < x1 and box[2] > x0 and box[1] <= middle <= box[3]
        ]

    def _near(self, top: float, bottom: float) -> Iterator[_Placed]:
        first, last = int(top // _STRIP_POINTS) - 1, int(bottom // _STRIP_POINTS) + 1
        strips: Iterable[int] = range(first, last + 1)
        if last - first > _MANY_STRIPS:
            strips = sorted(strip for strip in self._strips if first <= strip <= last)
        return (thing for strip in strips for thing in self._strips.get(strip, ()))


class _Bands:
    """The heights of the page at which there are links: nothing else is looked at."""

    def __init__(self, rects: Iterable[Rect]) -> None:
        self._tops: list[float] = []
        self._bottoms: list[float] = []
        for top, bottom in sorted((y0, y1) for _, y0, _, y1 in rects):
            if self._bottoms and top <= self._bottoms[-1]:
                self._bottoms[-1] = max(self._bottoms[-1], bottom)
            else:
                self._tops.append(top)
                self._bottoms.append(bottom)

    def touch(self, box: Rect) -> bool:
        band = bisect_right(self._tops, box[3]) - 1
        return band >= 0 and self._bottoms[band] >= box[1]


def read_links(page: Any, textpage: Any, blocks: Sequence[RawBlock], number: int, max_links: int) -> PageLinks:
    """Up to `max_links` links; `textpage` (or its words) and `blocks` are the page's one text extraction."""
    annotations, total = _annotations(page, max_links)
    if not annotations:
        return PageLinks((), ())
    annotations = join_on_row(annotations)
    turn = Turn(page)
    bands = _Bands(rect for rect, _ in annotations)
    placed = ((turn.box(word[:4]), word[4]) for word in textpage.extractWORDS())
    words = _Strips(_word(box, text) for box, text in placed if bands.touch(box))
    seen = (span for block in blocks for line in block for span in line.spans)
    spans = _Strips(_Placed(span.bbox, span) for span in seen if bands.touch(span.bbox))
    links = []
    left_out: Counter[str] = Counter()
    for rect, uri in annotations:
        target = resolve(uri, page.parent)
        if isinstance(target, str):
            left_out[target] += 1
            continue
        inside = [covered(word, box, rect) for word, box in words.inside(rect)]
        inside = inside or [letters_in(word, box, rect) for word, box in words.touching(rect)]
        text = clean_string(" ".join(filter(None, inside)), MAX_LINK_TEXT_CHARACTERS)
        color = _color_of(spans.inside(rect) or spans.touching(rect))
        links.append(Link(text, number, rect, color, target.link_type, target.page, target.top, target.url))
    links = join_wrapped(links, blocks)
    notes = [f"{count} {kind} link{'s' if count > 1 else ''} left out" for kind, count in sorted(left_out.items())]
    if total > max_links:
        notes.append(f"only the first {max_links} of {total} links were read")
    return PageLinks(tuple(links), tuple(notes))


def join_on_row(annotations: Sequence[tuple[Rect, str]]) -> list[tuple[Rect, str]]:
    """The same rectangles and addresses, one for pieces that touch: some programs make one for each word and blank."""
    joined: list[tuple[Rect, str]] = []
    for rect, uri in annotations:
        if joined and joined[-1][1] == uri and _touch_on_row(joined[-1][0], rect):
            left = joined[-1][0]
            rect = (min(left[0], rect[0]), min(left[1], rect[1]), max(left[2], rect[2]), max(left[3], rect[3]))
            joined[-1] = (rect, uri)
        else:
            joined.append((rect, uri))
    return joined


def _touch_on_row(left: Rect, right: Rect) -> bool:
    height = min(left[3] - left[1], right[3] - right[1])
    is_level = min(left[3], right[3]) - max(left[1], right[1]) > _SAME_ROW * height
    gap = max(left[0], right[0]) - min(left[2], right[2])
    return is_level and abs(gap) <= _MAX_BLANK_HEIGHTS * height


def join_wrapped(links: Sequence[Link], blocks: Sequence[RawBlock]) -> list[Link]:
    """The same links, one for each that a line's end breaks: the first piece ends a line of text, the second begins the
    next one, and both lead to the same place."""
    joined: list[Link] = []
    lines = _Strips(_Placed(line.bbox, line) for block in blocks for line in block) if len(links) > 1 else _Strips(())
    for link in links:
        before = joined[-1] if joined else None
        if before is None or not _goes_on(before, link, lines):
            joined.append(link)
            continue
        above, below = before.link_text, link.link_text
        cut, glue = joint(above, below, ())
        text = f"{above[: len(above) - cut]}{glue}{below}" if above and below else above or below
        joined[-1] = replace(before, link_text=text, more_rects=(*before.more_rects, link.source_rect))
    return joined


def _goes_on(above: Link, below: Link, lines: _Strips) -> bool:
    same = (above.target_url, above.target_page, above.target_top) == (
        below.target_url,
        below.target_page,
        below.target_top,
    )
    first = (above.more_rects or (above.source_rect,))[-1]
    second = below.source_rect
    height = max(1.0, first[3] - first[1])
    if not same or not 0.4 * height < second[1] - first[1] < 2.2 * height or second[0] >= first[2]:
        return False
    near = chain(lines.between(first[1], first[3]), lines.between(second[1], second[3]))
    return not any(_stands_between(line.bbox, line.text, first, second) for line in near)


def _stands_between(line: Rect, text: str, first: Rect, second: Rect) -> bool:
    """Whether a line's text goes on much behind the upper piece, or begins much before the lower one."""
    letter = (line[2] - line[0]) / max(1, len(text))
    middle = (line[1] + line[3]) / 2
    on_first = first[1] < middle < first[3] and line[0] < first[2] and line[2] > first[0]
    on_second = second[1] < middle < second[3] and line[0] < second[2] and line[2] > second[0]
    return (on_first and line[2] > first[2] + 3 * letter) or (on_second and line[0] < second[0] - 3 * letter)


def _word(box: Rect, text: str) -> _Placed:
    return _Placed(box, (text, box))


def covered(word: str, box: Rect, rect: Rect) -> str:
    """The word without punctuation at its ends that the link does not cover, as far as equally wide letters tell."""
    width = (box[2] - box[0]) / max(len(word), 1)
    before = round((rect[0] - box[0]) / width) if width else 0
    after = round((box[2] - rect[2]) / width) if width else 0
    if before > 0 and not any(letter.isalnum() for letter in word[:before]):
        word = word[before:]
    if after > 0 and not any(letter.isalnum() for letter in word[-after:]):
        word = word[:-after]
    return word


def letters_in(word: str, box: Rect, rect: Rect) -> str:
    """What a link covers of a word that is mostly beside it, as far as equally wide letters tell: 5 of `3,5]`."""
    width = (box[2] - box[0]) / max(len(word), 1)
    if width <= 0:
        return ""
    first, last = round((rect[0] - box[0]) / width), round((rect[2] - box[0]) / width)
    return word[max(0, first) : max(0, last)].strip(_PUNCTUATION)


def resolve(uri: str, document: Any) -> _Target | str:
    """Where a link leads; a word for what kind it is when it isn't passed on."""
    if not mupdf.fz_is_external_link(uri) and not uri.lower().startswith("www."):
        return _resolve_internal(uri, document)
    url = clean_string(uri, MAX_URL_CHARACTERS + 1).replace(" ", "%20")
    if url.lower().startswith("www."):
        url = f"http://{url}"
    if len(url) > MAX_URL_CHARACTERS:
        return "overlong"
    try:
        scheme = urlsplit(url).scheme.lower()
    except ValueError:
        return "broken"
    return _Target("external", url=url) if scheme in CLICKABLE_SCHEMES else (scheme[:20] or "broken")


def _resolve_internal(uri: str, document: Any) -> _Target | str:
    try:
        (_, page), _, top = document.resolve_link(uri, chapters=1)
    except Exception:  # noqa: BLE001 (MuPDF's errors have no common base)
        return "broken"
    if not 0 <= page < document.page_count:
        return "broken"
    # MuPDF says 0 where the PDF doesn't say.
    return _Target("internal", page + 1, top if math.isfinite(top) and top > 0 else None)


def _annotations(page: Any, max_links: int) -> tuple[list[tuple[Rect, str]], int]:
    """The first links with a proper rectangle, and how many there are at all."""
    found: list[tuple[Rect, str]] = []
    total = 0
    link = mupdf.fz_load_links(page.this)
    while link.m_internal:
        total += 1
        if len(found) < max_links:
            rect = link.rect()
            box = (rect.x0, rect.y0, rect.x1, rect.y1)
            if math.isfinite(sum(box)):
                found.append((box, link.uri() or ""))
        link = link.next()
    return found, total


def _color_of(spans: Iterable[Span]) -> str | None:
    """The colour of most of the characters."""
    characters: Counter[int] = Counter()
    for span in spans:
        characters[span.color] += len(span.text.strip())
    return f"#{characters.most_common(1)[0][0]:06x}" if characters.total() else None
