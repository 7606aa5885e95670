"""When the worker or one of its children dies: no page is lost for it, and nobody is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pdf_reader.document import PageOutcome, ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox
from tests.support.sandbox_reading import make_pdf

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60

#: Opens the sandbox, begins to read, says which children it has, and never ends by itself.
WORKER = """
import sys, time
from pathlib import Path
from pdf_reader.document import ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

sandbox = PdfSandbox(SandboxLimits(page_timeout_seconds=600, page_cpu_seconds=600), 1)
path = Path(sys.argv[1])
facts = sandbox.open(path)
pages = sandbox.read(path, facts, ReadOptions(images=False), Path(sys.argv[2]), lambda: None)
print(*sandbox.child_pids, flush=True)
for page in pages:
    pass
time.sleep(600)
"""


def wait_until(condition: Callable[[], bool]) -> bool:
    """Whether it came true in time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    # Dead but not yet buried by init: in a container nobody may ever do that.
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_child_that_is_killed_costs_no_page(tmp_path: Path, signal_number: int) -> None:
    path = make_pdf(tmp_path / "a.pdf", 120, "Page {}")
    sandbox = PdfSandbox(SandboxLimits(), 1)
    pages = []
    try:
        facts = sandbox.open(path)
        for page in sandbox.read(path, facts, ReadOptions(images=False), tmp_path, lambda: None):
            pages.append(page)
            if page.number in (10, 60, 110):
                for pid in sandbox.child_pids:
                    os.kill(pid, signal_number)
    finally:
        sandbox.close()

    assert [page.number for page in pages] == list(range(1, 121))
    assert {page.outcome for page in pages} == {PageOutcome.TEXT}
    assert {page.losses for page in pages} == {()}


def test_a_child_that_is_stopped_is_replaced(tmp_path: Path) -> None:
    """A process that does nothing at all, not even die, is given up by the worker's own clock."""
    path = make_pdf(tmp_path / "a.pdf", 60, "Page {}")
    sandbox = PdfSandbox(SandboxLimits(page_timeout_seconds=1), 1)
    pages = []
    try:
        facts = sandbox.open(path)
        [first] = sandbox.child_pids
        for page in sandbox.read(path, facts, ReadOptions(images=False), tmp_path, lambda: None):
            pages.append(page)
            if page.number == 10:
                os.kill(first, signal.SIGSTOP)
        assert sandbox.child_pids != [first]
    finally:
        sandbox.close()

    assert len(pages) == 60
    assert sum(page.outcome.is_bad for page in pages) <= 1
    assert not is_alive(first)


@pytest.mark.skipif(sys.platform != "linux", reason="needs PR_SET_PDEATHSIG")
def test_children_die_with_a_worker_that_is_killed(corpus: Path, tmp_path: Path) -> None:
    """The child is deep in a page that would take it hours."""
    command = [sys.executable, "-c", WORKER, str(corpus / "odd" / "billion-laughs-forms.pdf"), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as worker:
        assert worker.stdout is not None
        children = [int(pid) for pid in worker.stdout.readline().split()]
        assert children
        assert all(is_alive(pid) for pid in children)

        worker.kill()

    assert wait_until(lambda: not any(is_alive(pid) for pid in children))
