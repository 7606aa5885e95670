"""What an outage does to the number of tasks: rows for `docs/autoscaling.md`, by `benchmarks/autoscaling.py`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fleet import World
from benchmarks.fleet_outage import Outage, OutageOutcome, simulate_outage
from benchmarks.scalers import TemplateScaler, ours
from infra.scaling import read_scaling
from infra.template import load_template

HOUR = 3_600.0
BEGINS, ENDS = "<!-- outages: begin -->", "<!-- outages: end -->"
HEADER = ("PDFs", "down", "rules", "tasks before", "most tasks meanwhile", "all done after its end", "task-hours", "$")
#: What the backlog rule asked in version 0.1.0, whose paused workers held no message.
FIRST_BACKLOG_EXPRESSION = {"Fn::Sub": "visible / (running * ${BacklogPerTask})"}


@dataclass(frozen=True, slots=True)
class OutageScenario:
    """So many PDFs over so many hours (0: at once), and something that all need is down from one time to another."""

    documents: int
    hours: float
    begins_at_hour: float
    outage_hours: float

    @property
    def name(self) -> str:
        return f"{self.documents:,} {'at once' if not self.hours else f'over {self.hours:g} h'}"

    @property
    def down(self) -> str:
        return f"{self.outage_hours:g} h, {self.begins_at_hour * 60:g} min after the first PDF"

    def arrivals(self) -> list[float]:
        return [number * self.hours * HOUR / self.documents for number in range(self.documents)]

    def outage(self, *, keeps_in_hand: bool) -> Outage:
        return Outage(self.begins_at_hour * HOUR, self.outage_hours * HOUR, keeps_in_hand)


SCENARIOS = (
    OutageScenario(1, 0, 0, 8),
    OutageScenario(100, 8, 2, 8),
    OutageScenario(1_000, 0, 0.25, 8),
    OutageScenario(10_000, 0, 0.25, 8),
    OutageScenario(10_000, 24, 6, 8),
)


def as_of_first_version() -> TemplateScaler:
    """Our rules before they knew of outages."""
    template: Mapping[str, Any] = load_template()
    metrics = template["Resources"]["BacklogAlarm"]["Properties"]["Metrics"]
    metrics[0]["Expression"] = FIRST_BACKLOG_EXPRESSION
    container = template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]
    return TemplateScaler(read_scaling(template), float(container["StopTimeout"]), "as of 0.1.0", touches_queue=True)


def outage_rows(document_seconds: Sequence[float], at_once: int, task_hour_usd: float) -> list[list[str]]:
    """Each scenario by today's rules and workers, and by those of version 0.1.0."""
    rows = []
    for scenario in SCENARIOS:
        world = World(document_seconds, scenario.arrivals(), at_once, silent_seconds=450.0)
        for make, keeps_in_hand in _RULES:
            scaler = make()
            result = simulate_outage(world, scaler, scenario.outage(keeps_in_hand=keeps_in_hand))
            rows.append(_row(scenario, scaler.name, result, task_hour_usd))
            print(" | ".join(rows[-1]), flush=True)
    return rows


_RULES: tuple[tuple[Callable[[], TemplateScaler], bool], ...] = ((ours, True), (as_of_first_version, False))


def _row(scenario: OutageScenario, name: str, result: OutageOutcome, task_hour_usd: float) -> list[str]:
    outcome = result.outcome
    ends_at = (scenario.begins_at_hour + scenario.outage_hours) * HOUR
    task_hours = outcome.task_seconds / HOUR
    return [
        scenario.name,
        scenario.down,
        name,
        str(result.tasks_before),
        str(result.most_tasks),
        "never" if outcome.unfinished else f"{max(0.0, outcome.drained - ends_at) / HOUR:.1f} h",
        f"{task_hours:,.1f}",
        f"{task_hours * task_hour_usd:,.2f}",
    ]


def write_rows(page: Path, rows: list[list[str]]) -> None:
    lines = ["| " + " | ".join(HEADER) + " |", "|" + "|".join(["---"] * 3 + ["---:"] * (len(HEADER) - 3)) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    text = page.read_text(encoding="utf-8")
    begin, end = text.index(BEGINS) + len(BEGINS), text.index(ENDS)
    page.write_text(f"{text[:begin]}\n" + "\n".join(lines) + f"\n{text[end:]}", encoding="utf-8")
