"""Slides: pages of large type, each with its title on top."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from document_structure.page_lines import MAX_TITLE_CHARS
from document_structure.text_runs import Run, join_lines

#: Slides are wider than high, and their plain text is large for the page.
_MIN_ASPECT = 1.2
_MIN_BODY_SHARE_OF_HEIGHT = 0.025
_MIN_SHARE = 0.8
#: A title begins in the upper part of its slide.
_TITLE_ZONE = 0.45
_SAME_SIZE = 0.9
#: Lines of one title are closer than this, in their size.
_MAX_LINE_GAP = 0.8


@dataclass(frozen=True, slots=True)
class Canvas:
    """The size of a page in points."""

    width: float
    height: float


def is_deck(canvases: Sequence[Canvas], body_size: float) -> bool:
    """Whether the pages are slides."""
    slides = sum(
        canvas.width >= _MIN_ASPECT * canvas.height and body_size >= _MIN_BODY_SHARE_OF_HEIGHT * canvas.height
        for canvas in canvases
    )
    return bool(canvases) and slides >= _MIN_SHARE * len(canvases)


def slide_titles(runs: Iterable[Run], heights: dict[int, float]) -> list[Run]:
    """The title of each slide: its largest type in the upper part, over as many lines as stand together."""
    titles = []
    for page, on_page in groupby(runs, key=lambda run: run.page):
        upper = [run for run in on_page if run.top < _TITLE_ZONE * heights[page] and any(map(str.isalpha, run.title))]
        largest = max((run.style.size for run in upper), default=0.0)
        lines = sorted((run for run in upper if run.style.size >= _SAME_SIZE * largest), key=lambda run: run.top)
        if lines:
            titles.append(_joined(lines))
    return titles


def _joined(lines: Sequence[Run]) -> Run:
    together = [lines[0]]
    for run in lines[1:]:
        length = sum(len(line.title) for line in together) + len(run.title)
        if run.top - together[-1].bottom < _MAX_LINE_GAP * run.style.size and length <= MAX_TITLE_CHARS:
            together.append(run)
        else:
            break
    first = min(together, key=lambda run: run.offset)
    return first._replace(title=join_lines(run.title for run in together))
