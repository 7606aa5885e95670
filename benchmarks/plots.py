"""Draws what the benchmarks of the pipeline have kept.

    python -m benchmarks.plots [NAME …]

writes `benchmarks/results/NAME.png` beside each `NAME.json` of those named (one_document, many_documents, many_workers,
growth; without a name all) that is there.
"""

import argparse
import json
import os
import statistics
from collections.abc import Callable
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt

from benchmarks.cpu_apart import PROCESSES
from benchmarks.machine import RESULTS

INK, OTHER, PALE = "#1f4e79", "#c0692b", "#c9d6e3"
#: Of the processes in `cpu_apart`.
COLOURS = (INK, OTHER, "#b8b8b8", PALE, "#7a9e7e", "#e3d9c6")


def one_document(results: dict[str, Any]) -> Any:
    """How long, and how near to the floor."""
    cases = results["cases"]
    names = list(reversed(cases))
    figure, (times, cpu) = plt.subplots(1, 2, figsize=(11, 0.7 * len(names) + 1.6), sharey=True)
    for row, name in enumerate(names):
        runs = cases[name]
        seconds, floor, ratio = (_median(runs, key) for key in ("seconds", "floor_seconds", "ratio"))
        times.barh(row, seconds, color=PALE)
        times.barh(row, floor, height=0.35, color=INK)
        label = f"{seconds:.1f} s, {ratio:.2f} × floor" if "page" in name else f"{seconds:.1f} s"
        times.text(seconds, row, f" {label}", va="center", fontsize=9)
        left = 0.0
        for name, colour in zip(PROCESSES, COLOURS, strict=True):
            value = statistics.median(one["cpu"][name] or 0.0 for one in runs)
            cpu.barh(row, value, left=left, color=colour, label=PROCESSES[name] if row == 0 else None)
            left += value
    cpu.legend(fontsize=7)
    times.set(yticks=range(len(names)), yticklabels=names, xlabel="seconds (pale) and their floor (dark)")
    times.set_xlim(right=1.6 * max(_median(runs, "seconds") for runs in cases.values()))
    cpu.set_xlabel("CPU seconds")
    figure.suptitle("SRD 5.1, 403 pages")
    return figure


def many_documents(results: dict[str, Any]) -> Any:
    """Shares of slots."""
    figure, slots = plt.subplots(figsize=(5, 2))
    share = results["busy"]["busy_share"]
    slots.barh(0, 1, color=PALE)
    slots.barh(0, share, color=INK)
    slots.axvline(0.85, color=OTHER)
    slots.text(0.02, 0, f"{share:.1%}", va="center", color="white")
    slots.set(yticks=[], xlim=(0, 1), ylim=(-1.2, 1.2), xlabel="share of 32 slots busy; orange: 85 %")
    slots.set_title(f"{results['busy']['documents']} documents, one worker", fontsize=10)
    return figure


def many_workers(results: dict[str, Any]) -> Any:
    """Work by workers."""
    figure, work = plt.subplots(figsize=(5, 3.2))
    runs = results["workers"]
    counts = [one["workers"] for one in runs]
    times = [one["documents_a_minute"] / runs[0]["documents_a_minute"] for one in runs]
    work.plot(counts, counts, color=PALE, label="as many times as workers")
    work.plot(counts, times, "o-", color=INK, label="measured")
    for count, value in zip(counts, times, strict=True):
        work.annotate(f"{value:.2f}", (count, value), textcoords="offset points", xytext=(4, -12))
    work.set(xlabel="workers", ylabel="times the work of one", xticks=counts)
    work.legend(fontsize=8)
    return figure


def growth(results: dict[str, Any]) -> Any:
    """Costs of one by how many there are: flat is what is wanted."""
    wanted: list[tuple[str, str, str, Callable[[dict[str, Any]], float], str]] = [
        ("pages", "pages", "pages of a document", lambda one: one["cpu_seconds"] / one["pages"] * 1e3, "CPU ms a page"),
        ("pages", "pages", "pages of a document", lambda one: one["own_peak_megabytes"], "worker's peak MB"),
        ("ledger", "earlier", "earlier documents", lambda one: statistics.median(one["cpu_milliseconds"]),
         "CPU ms a document"),
        ("enqueue", "keys", "keys to queue", lambda one: one["cpu_seconds"] / one["keys"] * 1e6, "CPU µs a key"),
        ("enqueue", "keys", "keys to queue", lambda one: one["peak_megabytes"], "peak MB"),
    ]  # fmt: skip
    figure, axes = plt.subplots(1, len(wanted), figsize=(3 * len(wanted), 3))
    for plot, (part, key, label, value, what) in zip(axes, wanted, strict=True):
        found = results[part]
        plot.plot([one[key] for one in found], [value(one) for one in found], "o-", color=INK)
        plot.set(xscale="log", xlabel=label, title=what)
        plot.set_ylim(0, 1.3 * max(value(one) for one in found))
    return figure


PLOTS = {
    "one_document": one_document, "many_documents": many_documents, "many_workers": many_workers, "growth": growth
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw what benchmarks have kept.")
    parser.add_argument("names", nargs="*", choices=[*PLOTS, []], metavar="NAME")
    names = parser.parse_args().names or PLOTS
    for name in names:
        kept = RESULTS / f"{name}.json"
        if kept.is_file():
            figure = PLOTS[name](json.loads(kept.read_text(encoding="utf-8")))
            figure.tight_layout()
            figure.savefig(RESULTS / f"{name}.png", dpi=110)
            print(os.path.relpath(RESULTS / f"{name}.png"))


def _median(runs: list[dict[str, Any]], key: str) -> float:
    return statistics.median(one[key] for one in runs)


if __name__ == "__main__":
    main()
