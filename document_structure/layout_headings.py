"""Which runs are headings: each gets points for how it is printed, placed and worded, and for how its style is used."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from document_structure.heading_signals import WEIGHTS, Body, signals_of
from document_structure.printed_contents import title_keys
from document_structure.text_runs import Run, Style

#: A run with so many points is a heading.
THRESHOLD = 3.0
#: Of a run's points, at most this share comes from the average of its style; half of them once it is seen so often.
_MAX_STYLE_SHARE = 0.8
_OFTEN = 6


@dataclass(frozen=True, slots=True)
class Heading:
    """A run that is taken for a heading. `listed_level` is its level in the printed table of contents."""

    run: Run
    points: float
    listed_level: int | None


def headings_among(runs: Sequence[Run], characters: Mapping[Style, int], listed: Mapping[str, int]) -> list[Heading]:
    """The headings among the runs, in order.

    `characters` counts the document's characters by style; `listed` maps squeezed titles of the printed table of
    contents to levels.
    """
    body = Body.of(characters)
    on_page = Counter((run.page, run.title) for run in runs)
    anywhere = Counter(run.title for run in runs)
    levels = [_listed_level(run, listed) if listed else None for run in runs]
    points = []
    for run, level in zip(runs, levels, strict=True):
        twins, repeats = on_page[run.page, run.title] - 1, anywhere[run.title] - 1
        signals = signals_of(run, body, listed=level is not None, twins=twins, repeats=repeats)
        points.append(sum(WEIGHTS[name] * value for name, value in signals))
    by_style: dict[Hashable, list[float]] = defaultdict(list)
    for run, value in zip(runs, points, strict=True):
        by_style[_population(run)].append(value)
    usual = {style: sum(values) / len(values) for style, values in by_style.items()}
    found = []
    for run, level, value in zip(runs, levels, points, strict=True):
        seen = len(by_style[_population(run)])
        weight = min(_MAX_STYLE_SHARE, seen / (seen + _OFTEN))
        score = (1 - weight) * value + weight * usual[_population(run)]
        if score >= THRESHOLD:
            found.append(Heading(run, score, level))
    return found


def _population(run: Run) -> Hashable:
    """Runs that are judged together: `2.1 Method` is not to blame for bare numbers, nor for what else is bold."""
    numbering = run.numbering
    return run.style, numbering is not None and numbering.is_strong, numbering is not None and not numbering.title


def _listed_level(run: Run, listed: Mapping[str, int]) -> int | None:
    return next((listed[key] for key in title_keys(run.title) if key in listed), None)
