"""What reading a page costs beside an earlier release: text, links, structure and tables, before and after.

    python -m benchmarks.reading_releases [--before v0.1.0] [--documents FOLDER] [--pages 40] [--rounds 3] [--images]

Reads the first pages of the SRD and of eight PDFs of the folder, by both releases in turn, each in processes of its own
and with this environment's libraries. Prints CPU milliseconds a page, of worker and child together, the least of the
rounds (what else the machine does only adds), and how many times the earlier release's cost today's is. Starting
processes is not counted. Needs Linux (`/proc`) and git. Writes `benchmarks/results/reading_releases.json` and `.md`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import CORPUS, REPOSITORY, SHARED, Tree, machine, markdown, report

SRD = CORPUS / "good" / "srd-5.1-cc-by.pdf"
#: Read before the clock starts, to have the children ready.
WARM_UP = CORPUS / "good" / "uslm-review-guide.pdf"
PDFS = 8
PROBE = Path(__file__).with_name("reading_probe.py")


class Probe:
    """A process that reads by one release's code."""

    def __init__(self, tree: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(PROBE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(tree)},
        )
        self._tree = Tree(self._process.pid)

    def milliseconds_a_page(self, path: Path, pages: int, *, images: bool) -> float:
        assert self._process.stdin
        assert self._process.stdout
        begun = self._tree.cpu_seconds()
        self._process.stdin.write(json.dumps({"path": str(path.resolve()), "pages": pages, "images": images}) + "\n")
        self._process.stdin.flush()
        read = int(self._process.stdout.readline())
        return 1e3 * (self._tree.cpu_seconds() - begun) / read

    def close(self) -> None:
        self._process.communicate()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Compare what reading costs with an earlier release.")
    parser.add_argument("--before", default="v0.1.0", help="a tag of this repository (default v0.1.0)")
    parser.add_argument("--documents", type=Path, default=SHARED / "quality" / "questions" / "pdfs")
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", action="store_true", help="page images as well")
    options = parser.parse_args(arguments)
    found = sorted(options.documents.glob("*.pdf"))
    documents = [SRD, *found[:: max(1, len(found) // PDFS)][:PDFS]]
    before = machine()
    costs = measure(options.before, documents, options.pages, options.rounds, images=options.images)
    results = [
        {"document": path.stem, "before": round(old, 2), "after": round(new, 2), "times_before": round(new / old, 3)}
        for path, (old, new) in zip(documents, costs, strict=True)
    ]
    reports = costs[1:]
    whole = round(sum(new for _, new in reports) / sum(old for old, _ in reports), 3) if reports else None
    rows: list[list[Any]] = [[r["document"], r["before"], r["after"], r["times_before"]] for r in results]
    table = markdown(["CPU ms a page", options.before, "today", "times"], [*rows, ["reports together", "", "", whole]])
    kept = {"before": options.before, "pages": options.pages, "images": options.images, "documents": results}
    report("reading_releases", [table], before, {**kept, "reports_times_before": whole})


def measure(tag: str, documents: Sequence[Path], pages: int, rounds: int, *, images: bool) -> list[tuple[float, float]]:
    """For each document the earlier release's and today's cost."""
    probes = [Probe(_tree_of(tag)), Probe(REPOSITORY)]
    try:
        for probe in probes:
            probe.milliseconds_a_page(WARM_UP, pages, images=images)
        costs = []
        for path in documents:
            spent: list[list[float]] = [[], []]
            for number in range(rounds):
                # The second one finds the file in memory: they take turns.
                for index in (0, 1) if number % 2 else (1, 0):
                    spent[index].append(probes[index].milliseconds_a_page(path, pages, images=images))
            costs.append((min(spent[0]), min(spent[1])))
            print(f"{path.stem:44} {costs[-1][0]:6.2f} → {costs[-1][1]:6.2f}", flush=True)
        return costs
    finally:
        for probe in probes:
            probe.close()


def _tree_of(tag: str) -> Path:
    """The tag's files, unpacked once."""
    tree = REPOSITORY / ".local" / "releases" / tag
    if not tree.is_dir():
        tree.mkdir(parents=True)
        packed = subprocess.run(["git", "archive", tag], check=True, capture_output=True, cwd=REPOSITORY)
        subprocess.run(["tar", "-x", "-C", str(tree)], check=True, input=packed.stdout)
    return tree


if __name__ == "__main__":
    main()
