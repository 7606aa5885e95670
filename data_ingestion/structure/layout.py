"""Which runs are headings: each gets points for how it is printed, worded and placed, and for how its style is used."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2

from data_ingestion.structure.contents import title_keys
from data_ingestion.structure.runs import Run, Style

#: A run with so many points is a heading.
THRESHOLD = 3.0
#: Of a run's points, this share comes from the average of its style in the document.
_STYLE_SHARE = 0.5
_CAPTION = re.compile(
    r"(?:table|figure|fig|tab|tableau|tabelle|abbildung|abb|figura|tabla|tabela|chart|exhibit|box|plate|listing|equation|图|圖|表|図|그림|표)"
    r"\.?\s*(?:[A-Z]?[\d.\-]+|[IVX]+)\b",
    re.IGNORECASE,
)
_BULLET = re.compile(r"[•‣◦▪▫■□●○·∙⁃–—*\-►▶➢✓✔❑❖o]\s")
_LINK = re.compile(r"https?://|www\.|\S@\S+\.\w", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Body:
    """What the document's plain text looks like."""

    size: float
    style: Style

    @classmethod
    def of(cls, characters: Mapping[Style, int]) -> "Body":
        """The style that most characters are printed in, by size first."""
        sizes: Counter[float] = Counter()
        for style, count in characters.items():
            sizes[style.size] += count
        size = max(sizes, key=lambda value: (sizes[value], -value), default=10.0)
        style = max(
            (style for style in characters if style.size == size),
            key=lambda style: characters[style],
            default=Style(size, False, False, "", 0),
        )
        return cls(size, style)


@dataclass(frozen=True, slots=True)
class Heading:
    """A run that is taken for a heading."""

    run: Run
    points: float
    listed_level: int | None  # its level in the printed table of contents


def headings_among(
    runs: Sequence[Run], characters: Mapping[Style, int], listed: Mapping[str, int], pages: int
) -> list[Heading]:
    """The headings among the runs, in order. `characters` counts the document's characters by style."""
    body = Body.of(characters)
    points = [_points(run, body, _listed_level(run, listed)) for run in runs]
    by_style: dict[Style, list[float]] = defaultdict(list)
    for run, value in zip(runs, points, strict=True):
        by_style[run.style].append(value)
    usual = {style: sum(values) / len(values) for style, values in by_style.items()}
    total = sum(characters.values()) or 1
    found = []
    for run, value in zip(runs, points, strict=True):
        weight = _STYLE_SHARE * min(1.0, len(by_style[run.style]) / 4)
        score = (1 - weight) * value + weight * usual[run.style] - _commonness(run.style, characters, total)
        if score >= THRESHOLD:
            found.append(Heading(run, score, _listed_level(run, listed)))
    return found


def _commonness(style: Style, characters: Mapping[Style, int], total: int) -> float:
    """What a style loses because much of the document is printed in it."""
    share = characters.get(style, 0) / total
    return 0.0 if share < 0.05 else 2.0 * min(1.0, share / 0.2)


def _listed_level(run: Run, listed: Mapping[str, int]) -> int | None:
    return next((listed[key] for key in title_keys(run.title) if key in listed), None)


def _points(run: Run, body: Body, listed_level: int | None) -> float:
    return (
        _look(run, body) + _place(run, body) + _wording(run) + _number(run) + (2.5 if listed_level is not None else 0.0)
    )


def _look(run: Run, body: Body) -> float:
    ratio = run.style.size / max(body.size, 1.0)
    points = 0.0
    if ratio >= 1.04:
        points += min(4.0, 0.8 + 4.0 * log2(ratio) * 1.2)
    elif ratio < 0.93:
        points -= min(2.5, 12 * (1 - ratio))
    if run.style.bold and not body.style.bold:
        points += 1.6
    if run.style.italic and not body.style.italic:
        points += 0.4
    if run.style.font != body.style.font and not run.style.bold and not run.style.italic:
        points += 0.3
    if run.style.color != body.style.color:
        points += 0.5
    if is_capitals(run.title):
        points += 0.9
    return points


def is_capitals(title: str) -> bool:
    letters = [character for character in title if character.isalpha()]
    return len(letters) >= 3 and sum(character.isupper() for character in letters) >= 0.9 * len(letters)


def _place(run: Run, body: Body) -> float:
    points = 0.0
    above = 1.5 if run.gap_above is None else run.gap_above
    below = 0.2 if run.gap_below is None else run.gap_below
    points += max(-1.0, min(1.2, (above - 0.25) * 1.2))
    if above > below + 0.1:
        points += 0.4
    if run.gap_below is None:
        points -= 0.7
    elif below > 4:
        points -= 0.5
    if run.follower is None:
        points -= 0.6
    elif run.follower == run.style:
        points -= 0.8
    elif (run.follower.size, run.follower.bold) == (body.size, body.style.bold):
        points += 0.6
    if run.centred:
        points += 0.5
    points -= min(2.5, 1.2 * run.row_peers)
    if run.in_table:
        points -= 3.0
    if run.lines > 2:
        points -= 0.6 * (run.lines - 2)
    return points


def _wording(run: Run) -> float:
    title = run.title
    numbering = run.numbering
    bare = numbering.title if numbering and numbering.title else title
    letters = sum(character.isalpha() for character in bare)
    visible = sum(not character.isspace() for character in bare) or 1
    words = len(bare.split())
    points = 0.0
    if letters < 2 or letters < 0.5 * visible:
        points -= 3.0
    first = next((character for character in bare if character.isalpha()), "")
    if first.islower():
        points -= 1.5
    if title.endswith((",", ";")):
        points -= 3.0
    elif title.endswith("."):
        points -= 1.6
    elif title.endswith(":"):
        points -= 0.8
    if words > 12:
        points -= 0.15 * (words - 12)
    if _CAPTION.match(title):
        points -= 3.0
    if _BULLET.match(title):
        points -= 3.0
    if _LINK.search(title):
        points -= 2.5
    return points


def _number(run: Run) -> float:
    numbering = run.numbering
    if numbering is None:
        return 0.0
    if numbering.is_strong:
        return 1.5 if numbering.title or numbering.shape != "decimal" else -1.0
    if numbering.shape == "bracket":
        return -1.0
    return 0.3
