"""The table and the chart of `python -m benchmarks.peers`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import markdown

if TYPE_CHECKING:
    from benchmarks.peers.__main__ import Row

HEADER = ("", "n", "wall s", "CPU s", "peak MB", "LLM calls (at once)", "embedding requests (texts)", "chunks",
          "points", "images", "servers' CPU s")  # fmt: skip


def table(rows: Sequence["Row"]) -> str:
    """Markdown, the rows with LLM calls first."""
    lines = []
    for with_llm in (True, False):
        lines += ["", "**One LLM call a page**" if with_llm else "**No LLM calls**", ""]
        lines.append(markdown(HEADER, [cells(row) for row in rows if row.with_llm == with_llm]))
        lines += [f"\n{row.system}: {row.failure}" for row in rows if row.with_llm == with_llm and row.failure]
    return "\n".join(lines).strip()


def cells(row: "Row") -> list[str]:
    if not row.runs:
        return [row.system, "0", *("–" for _ in HEADER[2:])]
    last = row.runs[-1]
    return [
        row.system,
        str(len(row.runs)),
        f"{row.median('wall_seconds'):.1f}",
        f"{row.median('cpu_seconds'):.1f}",
        f"{row.median('peak_megabytes'):.0f}",
        f"{last['llm_calls']} ({last['llm_calls_at_once']})" if row.with_llm else "0",
        f"{last['embedding_requests']} ({last['texts_embedded']})",
        str(last["chunks"]),
        str(sum(last["points"].values())),
        str(last["images"]),
        f"{row.median('servers_cpu_seconds'):.1f}",
    ]


def draw(rows: Sequence["Row"], path: Path) -> None:
    """Wall clock and CPU of each system, the rows with LLM calls on the left."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for axis, with_llm in zip(axes, (True, False), strict=True):
        shown = [row for row in rows if row.with_llm == with_llm and row.runs][::-1]
        for offset, name, label, color in (
            (0.2, "wall_seconds", "wall clock", "#4878a8"),
            (-0.2, "cpu_seconds", "CPU", "#d08050"),
        ):
            values = [row.median(name) for row in shown]
            bars = axis.barh([y + offset for y in range(len(shown))], values, 0.38, label=label, color=color)
            axis.bar_label(bars, [f"{value:.1f}" for value in values], padding=3, fontsize="small")
        axis.set_yticks(range(len(shown)), [row.system for row in shown])
        axis.set_xlabel("seconds, median")
        axis.margins(x=0.12)
        axis.set_title("one LLM call a page, 32 at once" if with_llm else "no LLM calls")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
