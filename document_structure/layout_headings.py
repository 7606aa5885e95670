"""Which runs are headings: each gets points for how it is printed, placed and worded, and for how its style is used."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from document_structure.contents_places import PlacedEntries
from document_structure.continued_titles import continued_key
from document_structure.heading_signals import WEIGHTS, Body, is_capitals, signals_of
from document_structure.heading_trace import Signal, Trace, Verdict
from document_structure.periods import is_only_period_or_unit
from document_structure.printed_contents import title_keys
from document_structure.series import Series, series_among
from document_structure.statement_titles import NOTES, TITLE, statements_among
from document_structure.text_runs import Run, StatementKind, Style

#: A run with so many points is a heading.
THRESHOLD = 3.0
_STATEMENTS = (TITLE, NOTES)
#: What a member of a series has more than its own points.
_COUNTED = 6.0
#: Of a run's points, at most this share comes from the average of its style; half of them once it is seen so often.
_MAX_STYLE_SHARE = 0.8
_OFTEN = 6
#: A table that goes on under its title on so many pages belongs to no section that the text is in.
_LONG_TABLE_PAGES = 2
#: From this share on, a colon is part of the style.
_COLON_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Heading:
    """A run that is taken for a heading.

    `statement` says that it is the title of a statement, or of the notes to statements.

    `listed_level` is its level in the printed table of contents; `division` the label of its series (`item`).
    """

    run: Run
    points: float
    listed_level: int | None
    division: str = ""
    statement: StatementKind = ""


def headings_among(
    runs: Sequence[Run],
    characters: Mapping[Style, int],
    placed: PlacedEntries,
    running: frozenset[int] = frozenset(),
    trace: Trace | None = None,
) -> list[Heading]:
    """The headings among the runs, in order.

    `characters` counts the document's characters by style; `placed` says which runs the printed contents list, and on
    which level. `running` are the indices of runs that recur on page after page: of them, only what a series
    counts is a heading. `trace` gets each run's signals.
    """
    points = _points_of(runs, Body.of(characters), placed.levels, trace)
    statements = statements_among(runs)
    notes = [index for index, decided in statements.items() if decided == NOTES]
    series = series_among(runs, points, running, notes)
    by_style: dict[Hashable, array[float]] = defaultdict(lambda: array("d"))
    colons: Counter[Hashable] = Counter()
    for index, (run, value) in enumerate(zip(runs, points, strict=True)):
        if index not in running and index not in statements and not run.in_prose and not run.is_only_listed:
            by_style[_population(run)].append(value)
            colons[_population(run)] += run.title.endswith(":")
    usual = {style: sum(values) / len(values) for style, values in by_style.items()}
    for style, count in colons.items():
        if count >= _OFTEN and count >= _COLON_SHARE * len(by_style[style]):
            # Headings of this style end in colons: that speaks against none of them.
            usual[style] -= WEIGHTS["ends in a colon"] * count / len(by_style[style])
    found: list[Heading] = []
    told: set[str] = set()
    exhibit = ""
    pages_of_tables: Counter[str] = Counter()
    for index, (run, value) in enumerate(zip(runs, points, strict=True)):
        population = _population(run)
        average, seen = usual.get(population, 0.0), len(by_style.get(population, ()))
        weight = min(_MAX_STYLE_SHARE, seen / (seen + _OFTEN))
        score, reason = (1 - weight) * value + weight * average, ""
        if index in series.members:
            score, reason = max(THRESHOLD, score, value + _COUNTED), "counted in a series"
        elif index in placed.led_to and statements.get(index, TITLE) in _STATEMENTS:
            score, reason = max(THRESHOLD, score), "where the printed contents lead"
        elif reason := statements.get(index) or _ruled_out(index, run, series, running):
            score = max(THRESHOLD, score) if reason in _STATEMENTS else 0.0
        if score >= THRESHOLD and index not in series.members:
            if continued_key(run.title, told):
                score, reason = 0.0, "continues what was headed before"
            elif run.page > 1 and is_only_period_or_unit(run.title):
                score, reason = 0.0, "tells a period or a unit"
        if trace is not None:
            trace.verdict(index, Verdict(value, average, weight, score, reason))
        if score < THRESHOLD:
            if run.heads_table and (key := continued_key(run.title, told)):
                pages_of_tables[key] += 1
            continue
        told.update(title_keys(run.title))
        numbering = run.numbering
        if numbering is not None and numbering.label == "exhibit":
            # Its number stands on each page of an exhibit, and begins it on the first.
            if numbering.number == exhibit:
                if not numbering.title:
                    continue
                run = run._replace(title=numbering.title, numbering=None)
            exhibit = numbering.number
        found.append(Heading(run, score, placed.levels[index], series.members.get(index, ""), run.statement))
    return [_of_long_table(heading, pages_of_tables) for heading in found]


def _of_long_table(heading: Heading, pages: Mapping[str, int]) -> Heading:
    """Whether the heading is that of a table over many pages, which stands for itself as a statement does."""
    if heading.statement or not any(pages.get(key, 0) >= _LONG_TABLE_PAGES for key in title_keys(heading.run.title)):
        return heading
    return replace(heading, statement="long")


def _points_of(runs: Sequence[Run], body: Body, levels: Sequence[int | None], trace: Trace | None) -> "array[float]":
    """Each run's own points."""
    # Of other titles it makes no difference how often they recur.
    in_capitals = Counter(run.title for run in runs if is_capitals(run.title))
    points = array("d")
    for _, group in groupby(runs, key=lambda run: run.page):
        on_page = list(group)
        titles = Counter(run.title for run in on_page)
        for run in on_page:
            index = len(points)
            listed, twins, repeats = levels[index] is not None, titles[run.title] - 1, in_capitals[run.title] - 1
            signals: Iterable[Signal] = signals_of(run, body, listed=listed, twins=twins, repeats=repeats)
            if trace is not None:
                signals = trace.signals(index, signals)
            points.append(sum(WEIGHTS[name] * value for name, value in signals))
    return points


def _ruled_out(index: int, run: Run, series: Series, running: frozenset[int]) -> str:
    """Why a run that no series counts is no heading however it is printed, empty when it may be one."""
    if index in running:
        return "recurs on page after page"
    if run.in_prose:
        return "begins a paragraph"
    if index in series.listed:
        return "entry of a list of contents"
    return "out of its series" if index in series.strays else ""


def _population(run: Run) -> Hashable:
    """Runs that are judged together: `2.1 Method` is not to blame for bare numbers, nor for what else is bold."""
    numbering = run.numbering
    above_table = run.heads_table and run.style.bold
    return (
        run.style,
        numbering is not None and numbering.is_strong,
        numbering is not None and not numbering.title,
        above_table,
    )
