"""The sandbox keeps to its limits, reads for several at once, and its children come and go as they should."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from foundation.errors import CancelledWorkError, FailureCode, PermanentError, TransientError
from pdf_reader import process
from pdf_reader.child.mupdf import pymupdf
from pdf_reader.document import PageOutcome, ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox
from tests.support.sandbox_reading import PLAIN, make_pdf, needs_tesseract, nothing, read

# Real children, also in the sandbox that these tests share.
pytestmark = pytest.mark.usefixtures("spawned_pdf_children")


def test_too_many_pages_are_refused(tmp_path: Path) -> None:
    sandbox = PdfSandbox(SandboxLimits(max_pages=3), 1)
    try:
        with pytest.raises(PermanentError, match="4 pages") as refusal:
            sandbox.open(make_pdf(tmp_path / "a.pdf", 4))
    finally:
        sandbox.close()

    assert refusal.value.code is FailureCode.TOO_MANY_PAGES


def test_a_page_with_too_many_characters_is_too_complex_and_its_neighbours_are_not(tmp_path: Path) -> None:
    document = pymupdf.open()
    for number in range(3):
        page = document.new_page()
        for row in range(60 if number == 1 else 1):
            page.insert_text((20, 20 + 12 * row), "many words on one page " * 3)
    document.save(tmp_path / "a.pdf")
    sandbox = PdfSandbox(SandboxLimits(max_page_characters=1_000), 1)

    try:
        _, pages = read(sandbox, tmp_path / "a.pdf", tmp_path)
    finally:
        sandbox.close()

    assert [page.outcome.value for page in pages] == ["text", "too_complex", "text"]


def test_reading_stays_near_the_page_that_is_wanted(sandbox: PdfSandbox, tmp_path: Path) -> None:
    """Back-pressure: however long the document, only so many images are ever waiting to be taken."""
    path = make_pdf(tmp_path / "a.pdf", 120)
    working_folder = tmp_path / "working_folder"
    working_folder.mkdir()
    facts = sandbox.open(path)

    most = 0
    for page in sandbox.read(path, facts, ReadOptions(image_dpi=36, ocr=False), working_folder, nothing):
        most = max(most, len(list(working_folder.iterdir())))
        assert page.image is not None
        page.image.path.unlink()

    assert most <= 40


def test_a_small_document_is_not_held_up_by_a_long_one(sandbox: PdfSandbox, tmp_path: Path) -> None:
    long, small = make_pdf(tmp_path / "long.pdf", 150), make_pdf(tmp_path / "small.pdf", 3)
    long_facts, small_facts = sandbox.open(long), sandbox.open(small)
    reading = sandbox.read(long, long_facts, PLAIN, tmp_path, nothing)
    next(reading)

    # Nobody takes the long document's pages meanwhile.
    pages = list(sandbox.read(small, small_facts, PLAIN, tmp_path, nothing))

    assert len(pages) == 3
    assert sum(1 for _ in reading) == 149


def test_several_documents_are_read_at_once(tmp_path: Path) -> None:
    sandbox = PdfSandbox(SandboxLimits(), 2)
    paths = [make_pdf(tmp_path / f"{count}.pdf", count) for count in (1, 9, 30)]
    try:
        with ThreadPoolExecutor(3) as threads:
            counts = list(threads.map(lambda path: len(read(sandbox, path, tmp_path)[1]), paths))
    finally:
        sandbox.close()

    assert counts == [1, 9, 30]


def test_what_check_raises_ends_the_reading_and_the_sandbox_goes_on(sandbox: PdfSandbox, tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", 100)
    facts = sandbox.open(path)
    taken: list[int] = []

    def check() -> None:
        if len(taken) >= 5:
            raise CancelledWorkError("the lease is lost")

    def take_all() -> None:
        for page in sandbox.read(path, facts, PLAIN, tmp_path, check):
            taken.append(page.number)

    with pytest.raises(CancelledWorkError):
        take_all()

    assert taken == [1, 2, 3, 4, 5]
    assert len(read(sandbox, path, tmp_path)[1]) == 100


def test_a_document_read_to_its_end_leaves_the_child_alive_for_the_next(sandbox: PdfSandbox, tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", 3)
    sandbox.open(path)
    before = sandbox.child_pids

    for _ in range(20):
        read(sandbox, path, tmp_path)

    assert sandbox.child_pids == before


def test_a_child_started_ahead_is_the_one_that_opens_the_first_document(tmp_path: Path) -> None:
    sandbox = PdfSandbox(SandboxLimits(), 1)
    try:
        sandbox.warm_up()
        sandbox.warm_up()
        while not (started := sandbox.child_pids):
            time.sleep(0.01)
        assert sandbox.open(make_pdf(tmp_path / "a.pdf", 2)).page_count == 2
        assert sandbox.child_pids == started
    finally:
        sandbox.close()


def test_the_other_children_start_once_the_first_is_there(tmp_path: Path) -> None:
    """A long document is read by all of them, and would wait for those that only then begin to start."""
    sandbox = PdfSandbox(SandboxLimits(), 2)
    try:
        sandbox.warm_up()
        while len(started := sandbox.child_pids) < 2:
            time.sleep(0.01)
        assert sandbox.open(make_pdf(tmp_path / "a.pdf", 20)).page_count == 20
        assert sandbox.child_pids == started
    finally:
        sandbox.close()


def test_cancelling_stops_a_child_that_hangs(corpus: Path, tmp_path: Path) -> None:
    """The page would take minutes; a caller that cancels doesn't wait for it, and nobody is left working on it."""
    sandbox = PdfSandbox(SandboxLimits(page_timeout_seconds=100, page_cpu_seconds=100), 1)
    path = corpus / "odd" / "billion-laughs-forms.pdf"
    cancelled = threading.Event()

    def check() -> None:
        if sandbox.child_pids:
            cancelled.set()
            raise CancelledWorkError("the worker is stopping")

    try:
        facts = sandbox.open(path)
        with pytest.raises(CancelledWorkError):
            list(sandbox.read(path, facts, PLAIN, tmp_path, check))
        assert len(read(sandbox, make_pdf(tmp_path / "a.pdf", 2), tmp_path)[1]) == 2
    finally:
        sandbox.close()

    assert cancelled.is_set()


def test_a_closed_sandbox_has_no_children_and_takes_no_work(tmp_path: Path) -> None:
    sandbox = PdfSandbox(SandboxLimits(), 2)
    path = make_pdf(tmp_path / "a.pdf", 2)
    sandbox.open(path)

    sandbox.close()

    assert sandbox.child_pids == []
    with pytest.raises(CancelledWorkError):
        sandbox.open(path)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_a_child_does_not_load_the_layout_model_that_comes_with_pymupdf(sandbox: PdfSandbox, tmp_path: Path) -> None:
    """It would cost each child's start a fifth more CPU and 24 MB."""
    sandbox.open(make_pdf(tmp_path / "a.pdf", 1))

    (pid,) = sandbox.child_pids
    mapped = Path(f"/proc/{pid}/maps").read_text()

    assert "_mupdf" in mapped
    assert "onnxruntime" not in mapped


def test_a_child_that_cannot_start_is_the_machines_fault(tmp_path: Path) -> None:
    """There is no room even for MuPDF: worth trying again later, and no page is blamed."""
    path = make_pdf(tmp_path / "a.pdf", 2)
    sandbox = PdfSandbox(SandboxLimits(memory_megabytes=48), 1)

    try:
        sandbox.warm_up()
        with pytest.raises(TransientError, match="could not be started"):
            sandbox.open(path)
    finally:
        sandbox.close()


@needs_tesseract
def test_ocr_that_takes_too_long_costs_the_text_but_not_the_image(corpus: Path, tmp_path: Path) -> None:
    sandbox = PdfSandbox(SandboxLimits(page_timeout_seconds=1.2), 1)
    path = corpus / "odd" / "srd-scanned-image-only.pdf"

    try:
        facts = sandbox.open(path)
        page = next(sandbox.read(path, facts, ReadOptions(image_dpi=36), tmp_path, nothing))
    finally:
        sandbox.close()

    assert page.outcome is PageOutcome.EMPTY
    assert page.losses == ("ocr: timed out",)
    assert page.image is not None


def test_a_child_is_replaced_when_it_has_read_enough(tmp_path: Path) -> None:
    sandbox = PdfSandbox(SandboxLimits(pages_per_child=8), 1)
    path = make_pdf(tmp_path / "a.pdf", 30)
    try:
        facts = sandbox.open(path)
        pids = set()
        for _ in sandbox.read(path, facts, PLAIN, tmp_path, nothing):
            pids.update(sandbox.child_pids)
    finally:
        sandbox.close()

    assert len(pids) > 1


def test_a_document_whose_bad_pages_cost_too_much_is_given_up(corpus: Path, tmp_path: Path) -> None:
    limits = SandboxLimits(page_timeout_seconds=1, page_cpu_seconds=1, max_lost_seconds=0.5)
    sandbox = PdfSandbox(limits, 1)
    try:
        with pytest.raises(PermanentError, match="given up") as given_up:
            read(sandbox, corpus / "odd" / "billion-laughs-forms.pdf", tmp_path)
    finally:
        sandbox.close()

    assert given_up.value.code is FailureCode.EXTRACTION_TIMEOUT


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's variables")
def test_a_child_keeps_the_memory_of_a_pages_pixels_for_the_next_page() -> None:
    """Without its environment glibc gives all of it back each time, and the kernel makes 4,000 pages of it anew."""
    program = """
import resource
def read_page():
    pixels, group = bytearray(9_000_000), bytearray(9_000_000)
for _ in range(3):
    read_page()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    read_page()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], env=process.ENVIRONMENT, check=True, capture_output=True, text=True
    )

    assert int(answer.stdout) < 1_000
