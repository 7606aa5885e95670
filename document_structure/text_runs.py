"""Runs: consecutive lines that are printed alike, the units among which headings are looked for."""

import re
from collections.abc import Container, Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from document_structure.numbering import Numbering, parse_numbering
from pdf_reader.document import Line

_HYPHENATED = re.compile(r"[^\W\d_][-\u00ad\u2010]$")
#: Larger type than this is hardly plain text: a number in it belongs to a title, also to one in another font.
_LARGE_POINTS = 12.0
#: What stands in front of a paragraph on the same line is no longer when it is a title.
_MAX_RUN_IN_CHARS = 120
_SENTENCE_END = re.compile(r"(?<=[^\W\d]{2})[.:](?:\s|$)|\s?[—–]\s?|。")
#: What a title of a statement stands above: a page of figures, figures inside of a page, the notes, a table over many
#: pages.
StatementKind = Literal["", "figures", "inside", "notes", "long"]
_SUBSET_PREFIX = re.compile(r"^[A-Z]{6}\+")


class Style(NamedTuple):
    """How a line is printed; two lines of the same style look alike."""

    size: float  # points, to the half
    bold: bool
    italic: bool
    font: str
    color: int


class Run(NamedTuple):
    """Up to `MAX_TITLE_LINES` lines that could be one title, with what the page tells about it. A tuple, as it is made
    anew each time that the document's runs are gone through.

    Gaps are in heights of its own line: to the nearest line above and below in its column, None at the column's ends.
    `row_peers` counts short lines beside it, `likes` lines on its row that are printed like it, however far away.
    `parts` are offset and text of its lines. `heads_table` says that a table follows, `statement` that
    it is the title of a statement above its figures, or of the notes to statements; `entry` that
    it has the title of that entry of the printed contents (from 0; -1: of none); `is_only_listed`
    that nothing else makes it look like a title.
    `is_entry` says that a label has a page number beside it or below its title, as in a list of contents.
    `in_prose` says that a paragraph goes on behind it, of which `title` is the beginning.
    `inside` says that a paragraph surrounds it, as one does an icon. `follower` is the style of what comes next;
    `runs_on` says that it stands on the same line.
    """

    page: int
    offset: int
    end: int
    title: str
    style: Style
    lines: int
    numbering: Numbering | None
    top: float
    bottom: float
    gap_above: float | None
    gap_below: float | None
    centred: bool
    row_peers: int
    likes: int
    inside: bool
    follower: Style | None
    runs_on: bool
    leads_paragraph: bool
    in_table: bool
    in_prose: bool = False
    is_entry: bool = False
    parts: tuple[tuple[int, str], ...] = ()
    heads_table: bool = False
    statement: StatementKind = ""
    entry: int = -1
    is_only_listed: bool = False


@lru_cache(maxsize=1_024)
def _style(size: float, bold: bool, italic: bool, font: str, color: int) -> Style:
    """Lines of one style share one object: a document has few styles and many lines."""
    return Style(size, bold, italic, _SUBSET_PREFIX.sub("", font), color)


def style_of(line: Line) -> Style:
    """The style of a line, without the prefix that marks a subset of a font."""
    return _style(round(line.size * 2) / 2, line.bold, line.italic, line.font, line.color)


def join_lines(texts: Iterable[str]) -> str:
    """One title of the lines that it is broken over: a hyphen between letters at a line's end is taken away."""
    title = ""
    for text in texts:
        text = " ".join(text.split())
        if not title:
            title = text
        elif _HYPHENATED.search(title) and text[:1].islower():
            title = title.rstrip("-\u00ad\u2010") + text
        else:
            title = f"{title} {text}"
    return title


def with_labels_joined(runs: Sequence[Run], unnumbered: Container[int] = frozenset()) -> list[Run]:
    """Puts a label that stands alone (`Chapter 3`, or a number in front) before the title that follows it.

    `unnumbered` are entries of the printed contents without a number: a part or an item above such a title contains it.
    """
    joined: list[Run] = []
    for run in runs:
        label = joined[-1] if joined else None
        is_inside = label is not None and run.entry in unnumbered and _contains(label)
        if label is not None and not is_inside and _is_label_of(label, run):
            title = f"{label.title} {run.title}"
            joined[-1] = label._replace(
                title=title,
                end=run.end,
                style=max(label.style, run.style),
                numbering=parse_numbering(title),
                bottom=max(label.bottom, run.bottom),
                gap_below=run.gap_below,
                follower=run.follower,
                runs_on=run.runs_on,
                leads_paragraph=run.leads_paragraph,
                row_peers=max(0, label.row_peers - 1),
                entry=max(label.entry, run.entry),
            )
        else:
            joined.append(run)
    return joined


def _contains(label: Run) -> bool:
    return label.numbering is not None and label.numbering.label in ("part", "item")


def _is_label_of(label: Run, title: Run) -> bool:
    if label.numbering is None or label.numbering.title or label.lines > 1 or title.numbering is not None:
        return False
    if title.statement:
        return False
    height = label.bottom - label.top
    if min(abs(label.bottom - title.bottom), abs(label.top - title.top)) < 0.3 * height:
        alike = label.style.bold == title.style.bold or label.style.size > _LARGE_POINTS
        return alike and abs(label.style.size - title.style.size) < 0.1 * title.style.size
    below = title.top - label.bottom
    large = title.style.size >= label.style.size > _LARGE_POINTS or label.numbering.shape in ("chapter", "appendix")
    return large and -0.5 * height < below < 3.5 * height and title.style.size >= 0.75 * label.style.size


def is_labelled(run: Run) -> bool:
    """Whether it begins with a word and a number: `Item 7`, `第3条`."""
    return run.numbering is not None and run.numbering.label != ""


def beginning_of(line: str) -> str:
    """What may be the title in front of a paragraph: `Article 5. Definitions. In this law …` has its first sentence.

    A label that the text goes on behind stands alone: `Article 5`.
    """
    numbering = parse_numbering(line.strip())
    if numbering is None or not numbering.title:
        return " ".join(line.split())
    head = line.strip()[: len(line.strip()) - len(numbering.title)].rstrip(" .:-–—\u3000")
    title = _SENTENCE_END.split(numbering.title, maxsplit=1)[0]
    is_title = len(title) < len(numbering.title) and len(title) <= _MAX_RUN_IN_CHARS and "," not in title
    return " ".join(f"{head}. {title}".split()) if is_title else " ".join(head.split())


def without_leading(run: Run, spans: Container[tuple[int, int]]) -> Run | None:
    """The run without its first lines as far as they are in `spans` of (page, offset); None when nothing is left."""
    kept = [part for position, part in enumerate(run.parts) if position or (run.page, part[0]) not in spans]
    while kept and (run.page, kept[0][0]) in spans:
        kept = kept[1:]
    if not kept:
        return None
    title = join_lines(text for _, text in kept)
    return run._replace(
        offset=kept[0][0], title=title, numbering=parse_numbering(title), lines=len(kept), parts=tuple(kept)
    )
