"""Why a line is a heading or not: the signals of runs and the verdicts on them, kept only when somebody asks."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from document_structure.heading_signals import WEIGHTS
from document_structure.printed_contents import squeeze
from document_structure.section_tree import Ranges
from document_structure.text_runs import Run
from pdf_reader.document import Line, Page

Signal = tuple[str, float]


@dataclass(slots=True)
class Verdict:
    """`points` are the run's own; `usual` those of its style, which count with `weight`; `score` decides.

    `reason` names what decided instead of the points, empty when they did.
    """

    points: float
    usual: float
    weight: float
    score: float
    reason: str


@dataclass(slots=True)
class Trace:
    """Signals and verdicts by the run's index."""

    wanted: frozenset[int]
    shown: dict[int, list[Signal]] = field(default_factory=dict)
    verdicts: dict[int, Verdict] = field(default_factory=dict)

    def signals(self, index: int, signals: Iterable[Signal]) -> Iterable[Signal]:
        """Passes the signals on."""
        if index not in self.wanted:
            return signals
        self.shown[index] = list(signals)
        return self.shown[index]

    def verdict(self, index: int, verdict: Verdict) -> None:
        if index in self.wanted:
            self.verdicts[index] = verdict


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one line is a heading or not. `signals` are (name, points), the weightiest first."""

    page: int
    title: str
    is_heading: bool
    signals: tuple[Signal, ...]
    verdict: Verdict


def says(title: str, words: str) -> bool:
    """Whether a title has the words that somebody asks for, spaces, dots and case aside."""
    return squeeze(words) in squeeze(title)


def explained(runs: Sequence[Run], trace: Trace, headings: Container[tuple[int, int]]) -> list[Explanation]:
    """The trace in words. `headings` holds page and offset of those that were found."""
    found = []
    for index in sorted(trace.verdicts):
        run = runs[index]
        points = [(name, round(WEIGHTS[name] * value, 2)) for name, value in trace.shown[index]]
        signals = sorted((signal for signal in points if signal[1]), key=lambda signal: -abs(signal[1]))
        is_heading = (run.page, run.offset) in headings
        found.append(Explanation(run.page, run.title, is_heading, tuple(signals), trace.verdicts[index]))
    return found


def unjudged(
    page: Page,
    words: str,
    judged: Mapping[int, Sequence[tuple[int, int]]],
    listings: Mapping[int, Ranges],
    running: Mapping[int, Ranges],
) -> Iterator[Explanation]:
    """The page's lines with these words that never were candidates, and why. `judged` are the candidates by page."""
    spans = judged.get(page.number, ())
    for line in page.lines:
        if says(line.text, words) and not _within(line, spans):
            if _within(line, listings.get(page.number, ())):
                reason = "entry of a printed table of contents"
            elif _within(line, running.get(page.number, ())):
                reason = "recurs on page after page"
            elif line.in_table:
                reason = "in a table, printed like its other cells"
            else:
                reason = "printed and placed like the text around it"
            yield Explanation(page.number, line.text.strip(), False, (), Verdict(0.0, 0.0, 0.0, 0.0, reason))


def _within(line: Line, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= line.start < end for start, end in spans)
