"""Compare scaling policies before they cost money: `python -m benchmarks.autoscaling` (see docs/autoscaling.md).

Runs the template's own policies, and others', through bursts and trickles of 1 to 1,000,000 PDFs; writes the table and
the plots of `docs/autoscaling.md`. `--sweep` shows what other numbers in the template would have come to, `--faster 4`
what the same would come to if documents took a quarter of the time.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fleet import Outcome, Scaler, World, simulate
from benchmarks.outage_scenarios import outage_rows, write_rows
from benchmarks.scalers import CdkQueueProcessing, CopilotBacklog, StepsOnVisible, Watchbot, ours
from composition.parts import Parts
from config import load_settings
from development_stack.stack import local_stack
from infra.template import load_template

REPOSITORY = Path(__file__).resolve().parents[1]

DOCS = REPOSITORY / "docs"
MEASURED = Path(__file__).parent / "document_seconds.json"
TABLE_BEGINS, TABLE_ENDS = "<!-- table: begin -->", "<!-- table: end -->"
#: us-east-1, Linux on x86-64, US dollars. https://aws.amazon.com/fargate/pricing/
VCPU_HOUR_USD, GIGABYTE_HOUR_USD = 0.04048, 0.004445
SPOT_PRICE_SHARE = 0.3
#: Uploads of a burst, documents a second.
BURST_PER_SECOND = 100.0
#: Metrics that are silent at the beginning stay so for half of the worst case.
SILENT_SECONDS = 450.0
COPILOT_LATENCY_SECONDS = 600.0
#: Assumed, on top of what was measured offline: one document in so many is a long scan, and the model's answers.
LONG_SCAN_PAGES, LONG_SCAN_SHARE = 300, 0.02
MODEL_SECONDS = 5.0
#: More would only repeat itself.
PLOT_HOURS = 7.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """So many PDFs over so many hours; 0: as fast as they can be uploaded."""

    documents: int
    hours: float

    @property
    def name(self) -> str:
        return f"{self.documents:,} {'at once' if not self.hours else f'over {self.hours:g} h'}"

    def arrivals(self) -> list[float]:
        if not self.hours:
            return [number / BURST_PER_SECOND for number in range(self.documents)]
        rng = random.Random(self.documents)
        return sorted(rng.uniform(0, self.hours * 3_600) for _ in range(self.documents))


SCENARIOS = (
    Scenario(1, 0),
    Scenario(100, 0),
    Scenario(100, 8),
    Scenario(10_000, 0),
    Scenario(10_000, 24),
    Scenario(1_000_000, 0),
    Scenario(1_000_000, 168),
)


def document_seconds(count: int = 20_000, seed: int = 7) -> list[float]:
    """How long documents take: drawn from measured ones, with a share of long scans at the measured time a page."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    rng = random.Random(seed)
    scan = measured["scan"]
    long_scan = scan["pages"] * scan["seconds_per_page"]
    extra = measured["model_seconds"]
    short = [document["seconds"] for document in measured["documents"]]
    return [extra + (long_scan if rng.random() < scan["share"] else rng.choice(short)) for _ in range(count)]


def measure(folder: Path) -> None:
    """Run the real worker over the PDFs of a folder, offline, and keep how long each took; one that needed Tesseract
    tells what a scanned page costs."""
    with tempfile.TemporaryDirectory() as working_folder, local_stack(Path(working_folder)) as stack:
        os.environ.update(stack.env | {"ENRICHMENT": "extractive", "EMBEDDING_PROVIDER": "static"})
        parts = Parts(load_settings("no-such-file"))
        for path in sorted(folder.glob("*.pdf")):
            parts.artifacts.upload_source(path, f"source-pdfs/{path.name}")
        subprocess.run([sys.executable, "fargate_worker.py", "--until-empty"], cwd=REPOSITORY, check=True)
        ended = sorted(
            (
                {
                    "name": document.s3_key.rsplit("/", 1)[1],
                    "pages": document.pages_total,
                    "seconds": document.seconds,
                }
                for document in parts.documents.all()
            ),
            key=lambda document: document["name"],
        )
    scans = [document for document in ended if "scan" in document["name"]]
    seconds_per_page = sum(scan["seconds"] for scan in scans) / sum(scan["pages"] for scan in scans)
    assumed = {"pages": LONG_SCAN_PAGES, "share": LONG_SCAN_SHARE, "seconds_per_page": round(seconds_per_page, 2)}
    measured = {"documents": ended, "scan": assumed, "model_seconds": MODEL_SECONDS}
    MEASURED.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


def scalers(max_tasks: int, mean_seconds: float, at_once: int) -> list[Callable[[], Scaler]]:
    """Ours first. Copilot gets what its manual asks for: a latency that is acceptable, and a document's time."""
    target = COPILOT_LATENCY_SECONDS / (mean_seconds / at_once)
    return [
        ours,
        lambda: StepsOnVisible(max_tasks),
        lambda: CdkQueueProcessing(max_tasks),
        lambda: CopilotBacklog(max_tasks, target),
        lambda: Watchbot(max_tasks),
    ]


def task_hour_usd() -> float:
    parameters = load_template()["Parameters"]
    vcpus, gigabytes = parameters["Cpu"]["Default"] / 1_024, parameters["Memory"]["Default"] / 1_024
    return float(vcpus * VCPU_HOUR_USD + gigabytes * GIGABYTE_HOUR_USD)


def dollars(outcome: Outcome) -> float:
    on_demand = outcome.task_seconds - outcome.spot_task_seconds
    return (on_demand + SPOT_PRICE_SHARE * outcome.spot_task_seconds) / 3_600 * task_hour_usd()


def row(scenario: Scenario, scaler: Scaler, outcome: Outcome, per_day_idle: float) -> list[str]:
    return [
        scenario.name,
        scaler.name,
        _duration(outcome.first_start),
        f"never, {outcome.unfinished} left" if outcome.unfinished else _duration(outcome.drained),
        str(outcome.killed_busy_tasks),
        _duration(outcome.wasted_seconds),
        str(outcome.peak_tasks),
        f"{outcome.task_seconds / 3_600:,.1f}",
        f"{dollars(outcome):,.2f}",
        f"{per_day_idle:,.2f}",
    ]


HEADER = ("PDFs", "policy", "first start", "drained", "busy tasks killed", "work wasted", "peak tasks", "task-hours",
          "$", "idle $ a day")  # fmt: skip


Worlds = Callable[[Scenario, Scaler], World]
Outcomes = dict[tuple[str, str], Outcome]


def compare(
    scenarios: Iterable[Scenario], worlds: Worlds, makers: Sequence[Callable[[], Scaler]]
) -> tuple[list[list[str]], Outcomes]:
    """Every scenario by every policy: rows of the table, and outcomes by the names of both."""
    rows, outcomes = [], {}
    for scenario in scenarios:
        for make in makers:
            scaler = make()
            outcome = simulate(worlds(scenario, scaler), scaler)
            rows.append(row(scenario, scaler, outcome, scaler.min_tasks * 24 * task_hour_usd()))
            outcomes[scenario.name, scaler.name] = outcome
            print(" | ".join(rows[-1]), flush=True)
    return rows, outcomes


def sweep(worlds: Worlds) -> None:
    """What other numbers in the template come to: drained and dollars, for each of the middling scenarios."""
    chosen = [Scenario(1, 0), Scenario(100, 0), Scenario(100, 8), Scenario(10_000, 0), Scenario(10_000, 24)]
    print("parameters | " + " | ".join(scenario.name for scenario in chosen))
    for backlog in (5, 10, 20, 40, 80):
        for most in (20, 50, 100):
            cells = []
            for scenario in chosen:
                scaler = ours({"BacklogPerTask": backlog, "MaxTasks": most})
                outcome = simulate(worlds(scenario, scaler), scaler)
                cells.append(f"{_duration(outcome.drained)} ${dollars(outcome):.2f}")
            print(f"BacklogPerTask={backlog} MaxTasks={most} | " + " | ".join(cells), flush=True)


def write_table(rows: list[list[str]]) -> None:
    lines = ["| " + " | ".join(HEADER) + " |", "|" + "|".join(["---", "---"] + ["---:"] * (len(HEADER) - 2)) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    page = DOCS / "autoscaling.md"
    text = page.read_text(encoding="utf-8")
    begin, end = text.index(TABLE_BEGINS) + len(TABLE_BEGINS), text.index(TABLE_ENDS)
    page.write_text(f"{text[:begin]}\n" + "\n".join(lines) + f"\n{text[end:]}", encoding="utf-8")


def plot(scenario: Scenario, outcomes: Outcomes, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (tasks, waiting) = plt.subplots(2, 1, figsize=(9, 6), sharex=True, layout="constrained")
    for (scenario_name, name), outcome in outcomes.items():
        if scenario_name != scenario.name or name.endswith("Spot"):
            continue
        hours = [time / 3_600 for time, _, _ in outcome.history]
        wide: dict[str, Any] = (
            {"linewidth": 2.4, "zorder": 3, "color": "black"} if name == "ours" else {"linewidth": 1.1}
        )
        tasks.step(hours, [count for _, _, count in outcome.history], label=name, where="post", **wide)
        waiting.step(hours, [count for _, count, _ in outcome.history], label=name, where="post", **wide)
    tasks.set_ylabel("running tasks")
    waiting.set_ylabel("waiting PDFs")
    waiting.set_xlabel("hours")
    waiting.set_yscale("symlog")
    waiting.set_ylim(bottom=0)
    tasks.set_xlim(0, PLOT_HOURS)
    tasks.set_title(f"{scenario.name}, the first {PLOT_HOURS:g} hours")
    tasks.legend(fontsize="small")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _duration(seconds: float) -> str:
    if seconds < 600:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 7_200 else f"{seconds / 3_600:,.1f} h"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweep", action="store_true", help="try other numbers instead")
    parser.add_argument("--most", type=int, default=1_000_000, help="leave out scenarios with more PDFs")
    parser.add_argument("--faster", type=float, default=1.0, help="divide what documents take; implies --no-write")
    parser.add_argument("--no-write", action="store_true", help="leave docs/ as it is")
    parser.add_argument("--measure", type=Path, metavar="FOLDER", help="time the worker over these PDFs, and end")
    options = parser.parse_args()
    if options.measure:
        measure(options.measure)
        return

    parameters = load_template()["Parameters"]
    at_once, max_tasks = parameters["WorkerConcurrency"]["Default"], parameters["MaxTasks"]["Default"]
    seconds = [measured / options.faster for measured in document_seconds()]
    mean = sum(seconds) / len(seconds)
    print(f"a document takes {mean:.1f} s on average, {max(seconds):.0f} s at most; {at_once} at once in a task")

    def world(scenario: Scenario, scaler: Scaler) -> World:
        return World(seconds, scenario.arrivals(), at_once, silent_seconds=SILENT_SECONDS,
                     spot_share=0.7 if scaler.name.endswith("Spot") else 0.0)  # fmt: skip

    if options.sweep:
        sweep(world)
        return
    outages = outage_rows(seconds, at_once, task_hour_usd())
    makers = [*scalers(max_tasks, mean, at_once), lambda: ours(name="ours, 70 % Spot")]
    rows, outcomes = compare([s for s in SCENARIOS if s.documents <= options.most], world, makers)
    if not options.no_write and options.faster == 1:
        write_table(rows)
        write_rows(DOCS / "autoscaling.md", outages)
        for scenario, name in ((Scenario(10_000, 0), "burst"), (Scenario(10_000, 24), "trickle")):
            plot(scenario, outcomes, DOCS / f"autoscaling-{name}.png")


if __name__ == "__main__":
    main()
