"""Who reads which of the reading cases right: this project, PyMuPDF4LLM, opendataloader-pdf and pdf_oxide.

    python -m benchmarks.reading_cases [--cases ../shared/quality/reading] [--only NAME…]

Each tool is run by the cases' own `check.py`; the others in environments of their own, below `.local/peers`, their
Markdown taken apart by `from_markdown`. A tool that is not installed is printed as such, and so is one that fails.
Writes `benchmarks/results/reading_cases.json`.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import REPOSITORY, SHARED, keep, machine

CASES = SHARED / "quality" / "reading"
#: For all cases of one tool.
TIMEOUT_SECONDS = 1_800
_VERDICT = re.compile(r"^(right|WRONG)\s+(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool, and the environment that it is installed in; "" for the project's own."""

    name: str
    environment: str = ""
    package: str = ""

    @property
    def python(self) -> Path:
        return (
            REPOSITORY / ".local" / "peers" / self.environment / "bin" / "python"
            if self.environment
            else Path(sys.executable)
        )

    def command(self) -> list[str]:
        """What `check.py` runs with a file and `--json`."""
        script = (
            f"benchmarks/reading_cases/inspect_{self.environment}.py" if self.environment else "scripts/inspect_pdf.py"
        )
        return [str(self.python), str(REPOSITORY / script)]

    def version(self) -> str:
        asked = f"from importlib.metadata import version; print(version({self.package!r}))"
        found = subprocess.run([self.python, "-c", asked], capture_output=True, text=True, check=False)
        return found.stdout.strip()


TOOLS = (
    Tool("this project"),
    Tool("PyMuPDF4LLM", "pymupdf4llm", "pymupdf4llm"),
    Tool("opendataloader", "opendataloader", "opendataloader-pdf"),
    Tool("pdf_oxide", "pdf_oxide", "pdf-oxide"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Compare what tools read of the reading cases.")
    parser.add_argument("--cases", type=Path, default=CASES)
    parser.add_argument("--only", nargs="*", default=[], help="beginnings of names of cases")
    options = parser.parse_args(arguments)
    results: dict[str, dict[str, bool] | None] = {}
    versions: dict[str, str] = {}
    for tool in TOOLS:
        if not tool.python.exists() or (tool.package and not tool.version()):
            results[tool.name] = None
            continue
        versions[tool.name] = tool.version() if tool.package else ""
        results[tool.name] = found = verdicts(tool, options.cases, options.only)
        named = f"{tool.name} {versions[tool.name]}".strip()
        print(f"{named}: {sum(found.values())} of {len(found)} right", flush=True)
    print(table(results))
    keep("reading_cases", {"machine": machine(), "versions": versions, "right": results})


def verdicts(tool: Tool, cases: Path, only: Sequence[str]) -> dict[str, bool]:
    """By name of the case whether the tool gets it right."""
    command = [sys.executable, str(cases / "check.py"), " ".join(tool.command()), str(cases), *only]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, cwd=REPOSITORY, check=False)
    return parse(done.stdout)


def parse(printed: str) -> dict[str, bool]:
    """What `check.py` printed, a line a case."""
    return {name: verdict == "right" for verdict, name in _VERDICT.findall(printed)}


def table(results: dict[str, dict[str, bool] | None]) -> str:
    """A row a case, a column a tool, and the sums below."""
    names = sorted({case for found in results.values() if found for case in found})
    width = max([len(name) for name in names], default=0) + 2
    lines = [" " * width + "  ".join(results)]
    for case in names:
        marks = [_mark(found, case).center(len(tool)) for tool, found in results.items()]
        lines.append(case.ljust(width) + "  ".join(marks).rstrip())
    sums = ["absent" if found is None else str(sum(found.values())) for found in results.values()]
    lines.append(
        f"right of {len(names)}".ljust(width)
        + "  ".join(text.center(len(tool)) for tool, text in zip(results, sums, strict=True)).rstrip()
    )
    missing = [tool for tool, found in results.items() if found is None]
    return "\n".join([*lines, *(f"{tool} could not be fetched here" for tool in missing)])


def _mark(found: dict[str, bool] | None, case: str) -> str:
    if found is None or case not in found:
        return "-"
    return "yes" if found[case] else "no"


if __name__ == "__main__":
    main()
