"""How a run stands, what a terminal shows of it, and when it counts as gone well."""

import io
from typing import Any

import pytest
from rich.console import Console

from command_line.documents import document_table
from command_line.watch import MAX_ROWS, counts, draw, summary
from ledger.records import DocumentRecord, RunRecord
from work_queue.run_summary import ENDS, RunSummary

NOW = 1_800_000_000.0


def run(queued: int = 0, **item: Any) -> RunSummary:
    return RunSummary.of(RunRecord(run_id="r1", documents_queued=queued, **item), NOW)


def at_work(name: str = "a.pdf", **changed: Any) -> DocumentRecord:
    read = {"s3_key": f"source-pdfs/{name}", "stage": "read", "pages_done": 3, "pages_total": 9}
    return DocumentRecord.from_item({"state": "processing", **read, **changed})


def shown(*arguments: Any, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(draw(*arguments))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("item", "over", "well"),
    [
        ({"queueing_at": NOW - 1}, False, False),
        ({"queueing_at": NOW - 3_600}, True, False),
        ({}, True, True),
        ({"queued": 2, "documents_succeeded": 1}, False, False),
        ({"queued": 2, "documents_succeeded": 1, "documents_skipped": 1}, True, True),
        ({"queued": 2, "documents_degraded": 2}, True, True),
        ({"queued": 2, "documents_succeeded": 1, "documents_failed": 1}, True, False),
        ({"queued": 2, "cancelled_at": "x", "documents_succeeded": 1}, False, False),
        ({"queued": 2, "cancelled_at": "x", "documents_succeeded": 1, "documents_cancelled": 1}, True, False),
    ],
    ids=["queueing", "queueing died", "empty", "at work", "done", "degraded", "failed", "being cancelled", "cancelled"],
)
def test_when_a_run_is_over_and_whether_it_went_well(item: dict[str, Any], over: bool, well: bool) -> None:
    found = run(**item)
    assert (found.is_over, found.went_well) == (over, well)


def test_every_end_is_counted_and_told() -> None:
    found = run(21, **{f"documents_{end}": number for number, end in enumerate(ENDS, start=1)})
    assert found.left == 0
    assert all(f"{number} {end}" in counts(found) for number, end in enumerate(ENDS, start=1))
    assert "21" not in summary(run())


def test_a_terminal_shows_how_far_the_run_and_each_document_is() -> None:
    text = shown(run(12, documents_succeeded=7, documents_failed=1), [at_work(), at_work("b.pdf", pages_total=0)], 75.0)
    assert "8 of 12" in text
    assert "1:15" in text
    assert "7 succeeded, 1 failed, 4 left" in text
    assert "3/9" in text
    assert "source-pdfs/b.pdf" in text


def test_many_documents_at_work_are_counted_not_all_listed() -> None:
    text = shown(run(99), [at_work(f"{number}.pdf") for number in range(MAX_ROWS + 5)], 0.0)
    assert "and 5 more at work" in text
    assert len(text.splitlines()) <= MAX_ROWS + 4


def test_a_run_that_no_worker_took_says_so_and_keys_are_no_markup() -> None:
    assert "no worker has taken one yet" in shown(run(3), [], 0.0)
    assert "[red].pdf" in shown(run(3), [at_work("[red].pdf")], 0.0)


def test_a_narrow_terminal_gets_no_broken_lines() -> None:
    text = shown(run(3), [at_work("x" * 200 + ".pdf")], 0.0, width=60)
    assert max(map(len, text.splitlines())) <= 60


def test_keys_and_reasons_in_a_table_are_text_not_markup() -> None:
    item = {"s3_key": "source-pdfs/a[/b].pdf", "state": "failed", "code": "corrupt", "message": "[red]no"}
    console = Console(file=io.StringIO(), width=200)
    console.print(document_table([DocumentRecord.from_item(item)]))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "source-pdfs/a[/b].pdf" in text
    assert "corrupt: [red]no" in text
