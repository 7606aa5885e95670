"""What every benchmark measures with: CPU seconds and memory of whole process trees, and figures that are kept.

A process's children count with it: the sandbox's children do half of a worker's work.
"""

import json
import os
import platform
import sys
import threading
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "benchmarks" / "results"
#: What benchmarks read: documents, truths, tiktoken's vocabularies.
SHARED = REPOSITORY.parent / "shared"
CORPUS = Path(os.environ.get("PDF_CORPUS_DIR") or SHARED / "corpus")
#: What `Dockerfile.worker` sets that memory depends on.
IMAGE_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}
#: How often memory is looked at. The kernel goes through all of a process's pages for that: twenty looks a second took
#: a fifth of a core from what was measured.
SAMPLE_SECONDS = 0.5
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# Positions after the name in /proc/PID/stat, see proc(5).
_PARENT, _TIMES = 1, slice(11, 15)


@dataclass(frozen=True, slots=True)
class Tree:
    """A process and its descendants."""

    pid: int

    def pids(self) -> list[int]:
        """Those alive now, the root first."""
        children: dict[int, list[int]] = {}
        for pid, fields in _stats():
            children.setdefault(int(fields[_PARENT]), []).append(pid)
        found = [self.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def cpu_seconds(self) -> float:
        """User and system time since their start, also of descendants that have ended and were waited for."""
        members = set(self.pids())
        ticks = sum(int(time) for pid, fields in _stats() if pid in members for time in fields[_TIMES])
        return ticks / _TICKS_A_SECOND

    def own_cpu_seconds(self) -> float:
        """Of the root alone."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return sum(map(int, fields[_TIMES][:2])) / _TICKS_A_SECOND

    def megabytes(self) -> float:
        """Resident memory by proportional share: what several of them map is counted once."""
        return self._megabytes_apart()[0]

    def _megabytes_apart(self) -> tuple[float, float]:
        """Of all, and of the descendants alone."""
        root, *descendants = [_proportional_kilobytes(pid) / 1024 for pid in self.pids()]
        return root + sum(descendants), sum(descendants)

    @contextmanager
    def peak_megabytes(self) -> Iterator[list[float]]:
        """Yields a list whose two entries grow to the largest memory seen while the block runs: of all processes at a
        time, and of the descendants alone."""
        peak, done = list(self._megabytes_apart()), threading.Event()

        def look() -> None:
            while not done.wait(SAMPLE_SECONDS):
                peak[:] = map(max, zip(peak, self._megabytes_apart(), strict=True))

        sampler = threading.Thread(target=look, daemon=True)
        sampler.start()
        try:
            yield peak
        finally:
            done.set()
            sampler.join()


def child_named(words: str) -> int:
    """The process of ours whose command line holds `words`."""
    for pid in Tree(os.getpid()).pids():
        try:
            if words in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " "):
                return pid
        except FileNotFoundError:
            continue
    raise LookupError(words)


def peak_megabytes_of(pid: int) -> float:
    """The most that one process has ever had resident."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def use_shared_vocabularies(env: MutableMapping[str, str]) -> None:
    """Let tiktoken read the shared vocabularies, if there are any and `env` names no others."""
    if (SHARED / "tiktoken").is_dir():
        env.setdefault("TIKTOKEN_CACHE_DIR", str(SHARED / "tiktoken"))


def machine() -> dict[str, Any]:
    """Where and under what load figures were taken."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
        "load_average_1_5_15": [round(load, 2) for load in os.getloadavg()],
    }


def markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table as Markdown: what is printed can be quoted."""
    lines = [columns, ["---", *("---:" for _ in columns[1:])], *rows]
    return "\n".join("| " + " | ".join(_text(cell) for cell in line) + " |" for line in lines)


def keep(name: str, results: dict[str, Any]) -> None:
    """Write `benchmarks/results/NAME.json`."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def report(
    name: str, tables: Sequence[str], before: dict[str, Any], results: dict[str, Any], *, is_whole: bool = True
) -> None:
    """Print tables and the machine's load before and after; a whole run is kept with its figures as .md and .json."""
    after = machine()
    loads = [" ".join(map(str, found["load_average_1_5_15"])) for found in (before, after)]
    where = (
        f"{after['processor']}, {after['cores']} cores, Python {after['python']};"
        f" load {loads[0]} before, {loads[1]} after."
    )
    text = "\n\n".join([*tables, where]) + "\n"
    if is_whole:
        keep(name, {"machine": {"before": before, "after": after}, **results})
        (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    sys.stdout.write(f"\n{text}\n")
    sys.stdout.flush()


def _text(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _stats() -> Iterator[tuple[int, list[str]]]:
    """Every process with what /proc/PID/stat says after its name."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            yield int(folder.name), stat.rpartition(")")[2].split()


def _proportional_kilobytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
