"""Which runs are headings: each gets points for how it is printed, placed and worded, and for how its style is used."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
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
    usual = _usual_points(runs, points, running | statements.keys())
    judges = _Judges(placed, series, statements, running)
    found: list[Heading] = []
    told: set[str] = set()
    pages_of_tables: Counter[str] = Counter()
    for index, (run, value) in enumerate(zip(runs, points, strict=True)):
        average, seen = usual.get(_population(run), (0.0, 0))
        weight = min(_MAX_STYLE_SHARE, seen / (seen + _OFTEN))
        score, reason = judges.judge(index, run, value, (1 - weight) * value + weight * average)
        if score >= THRESHOLD and index not in series.members:
            if continued_key(run.title, told):
                score, reason = 0.0, "continues what was headed before"
            elif run.page > 1 and is_only_period_or_unit(run.title):
                score, reason = 0.0, "tells a period or a unit"
        if trace is not None:
            trace.verdict(index, Verdict(value, average, weight, score, reason))
        if score >= THRESHOLD:
            told.update(title_keys(run.title))
            found.append(Heading(run, score, placed.levels[index], series.members.get(index, ""), run.statement))
        elif run.heads_table and (key := continued_key(run.title, told)):
            pages_of_tables[key] += 1
    return [_of_long_table(heading, pages_of_tables) for heading in _exhibits_once(found)]


def _usual_points(
    runs: Sequence[Run], points: Sequence[float], left_out: AbstractSet[int]
) -> dict[Hashable, tuple[float, int]]:
    """By population: the average of its runs' own points, and their number. Runs with an index in `left_out` are judged
    by something else than their print."""
    by_style: dict[Hashable, array[float]] = defaultdict(lambda: array("d"))
    colons: Counter[Hashable] = Counter()
    for index, (run, value) in enumerate(zip(runs, points, strict=True)):
        if index not in left_out and not run.in_prose and not run.is_only_listed:
            population = _population(run)
            by_style[population].append(value)
            colons[population] += run.title.endswith(":")
    usual = {style: (sum(values) / len(values), len(values)) for style, values in by_style.items()}
    for style, count in colons.items():
        average, seen = usual[style]
        if count >= _OFTEN and count >= _COLON_SHARE * seen:
            # Headings of this style end in colons: that speaks against none of them.
            usual[style] = average - WEIGHTS["ends in a colon"] * count / seen, seen
    return usual


@dataclass(frozen=True, slots=True)
class _Judges:
    """What knows better than a run's print whether it is a heading; runs by their index."""

    placed: PlacedEntries
    series: Series
    statements: Mapping[int, str]
    running: frozenset[int]

    def judge(self, index: int, run: Run, own: float, score: float) -> tuple[float, str]:
        """The run's score, which by its print is `score`, with the reason if something else decides. `own` are its own
        points."""
        if index in self.series.members:
            return max(THRESHOLD, score, own + _COUNTED), "counted in a series"
        statement = self.statements.get(index)
        if index in self.placed.led_to and (statement is None or statement in _STATEMENTS):
            return max(THRESHOLD, score), "where the printed contents lead"
        if reason := statement or _ruled_out(index, run, self.series, self.running):
            return (max(THRESHOLD, score) if reason in _STATEMENTS else 0.0), reason
        return score, ""


def _exhibits_once(headings: Iterable[Heading]) -> Iterator[Heading]:
    """The number of an exhibit stands on each of its pages, and begins it on the first."""
    exhibit = ""
    for heading in headings:
        run, numbering = heading.run, heading.run.numbering
        if numbering is not None and numbering.label == "exhibit":
            if numbering.number == exhibit:
                if not numbering.title:
                    continue
                heading = replace(heading, run=run._replace(title=numbering.title, numbering=None))
            exhibit = numbering.number
        yield heading


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
