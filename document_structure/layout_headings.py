"""Which runs are headings: each gets points for how it is printed, placed and worded, and for how its style is used."""

import re
from collections import Counter, defaultdict
from collections.abc import Container, Hashable, Mapping, Sequence
from dataclasses import dataclass

from document_structure.heading_signals import WEIGHTS, Body, signals_of
from document_structure.heading_trace import Trace
from document_structure.printed_contents import title_keys
from document_structure.series import series_among
from document_structure.text_runs import Run, Style

#: A run with so many points is a heading.
THRESHOLD = 3.0
#: Of a run's points, at most this share comes from the average of its style; half of them once it is seen so often.
_MAX_STYLE_SHARE = 0.8
_OFTEN = 6
_CONTINUED = re.compile(
    r"[\s\-–—,:(（\[]*\b(?:continued|cont[’']?d|cont|concluded|suite|fortsetzung|forts|continuación|continuaci[oó]n|cont)"
    r"\.?[)）\]]*\s*$|[（(](?:续|續|続き|つづき|続)[)）]\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A run that is taken for a heading. `listed_level` is its level in the printed table of contents; `division` the label
    of the series that it is a member of (`item`)."""

    run: Run
    points: float
    listed_level: int | None
    division: str = ""


def headings_among(
    runs: Sequence[Run],
    characters: Mapping[Style, int],
    listed: Mapping[str, int],
    running: frozenset[int] = frozenset(),
    trace: Trace | None = None,
) -> list[Heading]:
    """The headings among the runs, in order.

    `characters` counts the document's characters by style; `listed` maps squeezed titles of the printed table of
    contents to levels. `running` are the indices of runs that recur on page after page: of them, only what a series
    counts is a heading. `trace` is told of each run's signals.
    """
    body = Body.of(characters)
    on_page = Counter((run.page, run.title) for run in runs)
    anywhere = Counter(run.title for run in runs)
    levels = [_listed_level(run, listed) if listed else None for run in runs]
    points = []
    for index, (run, level) in enumerate(zip(runs, levels, strict=True)):
        twins, repeats = on_page[run.page, run.title] - 1, anywhere[run.title] - 1
        signals = signals_of(run, body, listed=level is not None, twins=twins, repeats=repeats)
        if trace is not None:
            signals = trace.signals(index, signals)
        points.append(sum(WEIGHTS[name] * value for name, value in signals))
    series = series_among(runs, points, running)
    by_style: dict[Hashable, list[float]] = defaultdict(list)
    for index, (run, value) in enumerate(zip(runs, points, strict=True)):
        if index not in running and not run.in_prose:
            by_style[_population(run)].append(value)
    usual = {style: sum(values) / len(values) for style, values in by_style.items()}
    found = []
    told: set[str] = set()
    for index, (run, level, value) in enumerate(zip(runs, levels, points, strict=True)):
        population = _population(run)
        seen = len(by_style.get(population, ()))
        weight = min(_MAX_STYLE_SHARE, seen / (seen + _OFTEN))
        score = (1 - weight) * value + weight * usual.get(population, 0.0)
        division = series.members.get(index, "")
        reason = ""
        if division:
            score = max(THRESHOLD, score, value + WEIGHTS["counted in a series"])
            reason = "counted in a series"
        elif index in running:
            score, reason = 0.0, "recurs on page after page"
        elif run.in_prose:
            score, reason = 0.0, "begins a paragraph"
        elif index in series.listed:
            score, reason = 0.0, "entry of a list of contents"
        elif index in series.strays:
            score, reason = 0.0, "out of its series"
        elif score >= THRESHOLD and _continues(run.title, told):
            score, reason = 0.0, "continued"
        if trace is not None:
            trace.verdict(index, value, usual.get(population, 0.0), weight, score, reason)
        if score >= THRESHOLD:
            found.append(Heading(run, score, level, division))
            told.update(title_keys(run.title))
    return found


def _continues(title: str, told: Container[str]) -> bool:
    """`Notes to … (continued)` goes on with what has had its heading."""
    match = _CONTINUED.search(title)
    return match is not None and any(key in told for key in title_keys(title[: match.start()]))


def _population(run: Run) -> Hashable:
    """Runs that are judged together: `2.1 Method` is not to blame for bare numbers, nor for what else is bold."""
    numbering = run.numbering
    return run.style, numbering is not None and numbering.is_strong, numbering is not None and not numbering.title


def _listed_level(run: Run, listed: Mapping[str, int]) -> int | None:
    return next((listed[key] for key in title_keys(run.title) if key in listed), None)
