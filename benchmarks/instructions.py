"""Counts the instructions that reading a page takes, beside PyMuPDF's own calls for the same page (`raw_calls`).

    python -m benchmarks.instructions [--check | --renew]

Seconds depend on the machine and on who else uses it; instructions hardly do. Valgrind counts them in a process that
reads a few pages of a fixed document, and two runs differ by less than a hundredth. Kept (`benchmarks/results/
instructions.json`) is their ratio to the instructions of the raw calls of the same run, since another build of Python,
MuPDF or libjpeg changes both. `--check` fails when the ratio is more than 10 % above the kept one, `--renew` keeps the
new one. Takes a minute or two. Without Valgrind it says so and ends well: virtual machines have no counters for perf.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.machine import CORPUS, REPOSITORY, RESULTS, keep, machine

#: Two columns, tables, an outline; without the corpus the sample, which has less to read on a page.
DOCUMENTS = (CORPUS / "good" / "srd-5.1-cc-by.pdf", REPOSITORY / "samples" / "harbour-handbook.pdf")
PAGES = {"srd-5.1-cc-by.pdf": (13, 16), "harbour-handbook.pdf": (1, 6)}
#: How far above the kept ratio a run may be.
MOST_GROWTH = 0.10
KEPT = RESULTS / "instructions.json"
#: The function of the C library whose calls part what is counted.
MARK = "getloadavg"
#: Parts of `counted_reading`, as Valgrind numbers them.
_RAW_PART, _READING_PART = 4, 5
_RENEW = "python -m benchmarks.instructions --renew"
_TOTAL = re.compile(r"^totals: (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Count:
    """Millions of instructions a page."""

    raw_calls: float
    reading: float

    @property
    def times_raw_calls(self) -> float:
        return round(self.reading / self.raw_calls, 3)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Count the instructions of reading a page.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="fail when they have grown by more than 10 %%")
    choice.add_argument("--renew", action="store_true", help="keep what was counted")
    options = parser.parse_args(arguments)
    if reason := why_not():
        print(f"instructions not counted: {reason}")
        return
    kept = json.loads(KEPT.read_text(encoding="utf-8"))["documents"] if KEPT.exists() else {}
    documents = [document for document in DOCUMENTS if document.exists()] if options.renew else [document_at_hand()]
    for document in documents:
        counted = count(document)
        times = counted.times_raw_calls
        spent = f"reading {counted.reading}, PyMuPDF alone {counted.raw_calls}"
        print(f"{document.name}, millions of instructions a page: {spent}, {times} times that", flush=True)
        if options.renew:
            kept |= {document.name: {**asdict(counted), "times_raw_calls": times}}
            keep(KEPT.stem, {"machine": machine(), "documents": kept})
        elif options.check:
            sys.exit(complaint(document.name, times, kept.get(document.name, {}).get("times_raw_calls")))


def why_not() -> str:
    """Why nothing can be counted here, "" when it can."""
    return "" if shutil.which("valgrind") else "valgrind is not installed"


def document_at_hand() -> Path:
    return next(document for document in DOCUMENTS if document.exists())


def complaint(name: str, times: float, kept: float | None) -> str | None:
    """What is wrong with a ratio; None when nothing is."""
    if kept is None:
        return f"nothing is kept of {name}: {_RENEW}"
    if times > kept * (1 + MOST_GROWTH):
        growth = f"{times / kept - 1:.0%}"
        return f"reading a page takes {growth} more instructions than the kept {kept}; if that is meant: {_RENEW}"
    return None


def count(document: Path) -> Count:
    """Raises CalledProcessError when the pages can't be read under Valgrind."""
    first, last = PAGES[document.name]
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "valgrind", "--tool=callgrind", f"--dump-before={MARK}", f"--callgrind-out-file={folder}/out",
            sys.executable, "-m", "benchmarks.counted_reading", str(document), str(first), str(last),
        ]  # fmt: skip
        # Sets of strings are in the same order each time.
        env = {**os.environ, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL, cwd=REPOSITORY, env=env)
        raw, reading = (_total(Path(f"{folder}/out.{part}")) for part in (_RAW_PART, _READING_PART))
    pages = last - first + 1
    return Count(round(raw / pages / 1e6, 2), round(reading / pages / 1e6, 2))


def _total(profile: Path) -> int:
    found = _TOTAL.search(profile.read_text(encoding="utf-8", errors="replace"))
    if not found:
        raise ValueError(f"no total in {profile.name}")
    return int(found.group(1))


if __name__ == "__main__":
    main()
