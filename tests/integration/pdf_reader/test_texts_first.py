"""A page's text doesn't wait for its image, and a child that dies between the two costs nothing that nobody says."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from pdf_reader import process
from pdf_reader.child.mupdf import pymupdf
from pdf_reader.document import ImageResult, Page, PageOutcome, ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

PAGES = 8
OPTIONS = ReadOptions(image_dpi=36, ocr=False)
#: A child whose process ends while it encodes an image, by the signals in a file: a line `PAGE SIGNAL` for each time.
#: The signal 0 waits until the file is gone.
CHILD = """
import os, sys, time
from pathlib import Path
from pdf_reader.child import render
from pdf_reader.child.loop import serve

plan, write = Path(sys.argv[4]), render.save

def save(pixmap, path, options):
    lines = plan.read_text().splitlines() if plan.exists() else []
    for line in lines:
        page, number = line.split()
        if page == path.stem:
            if number == "0":
                while plan.exists():
                    time.sleep(0.01)
            else:
                plan.write_text("\\n".join(lines[:lines.index(line)] + lines[lines.index(line) + 1:]))
                path.write_bytes(b"half of an image")
                os.kill(os.getpid(), int(number))
    write(pixmap, path, options)

render.save = save
serve(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
"""


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What happens to the children of this test."""
    path = tmp_path / "plan"

    def start(socket_fd: int, record_fd: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-P", "-c", CHILD, str(socket_fd), str(record_fd), str(os.getpid()), str(path)],
            env=process.ENVIRONMENT, pass_fds=(socket_fd, record_fd), start_new_session=True,
        )  # fmt: skip

    monkeypatch.setattr(process, "start", start)
    return path


@pytest.fixture
def sandbox(plan: Path) -> Iterator[PdfSandbox]:
    sandbox = PdfSandbox(SandboxLimits(), 1)
    yield sandbox
    sandbox.close()


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    document = pymupdf.open()
    for number in range(1, PAGES + 1):
        document.new_page().insert_text((72, 72), f"Page {number}")
    document.save(tmp_path / "a.pdf")
    return tmp_path / "a.pdf"


def test_a_text_is_there_while_its_image_is_being_made(plan: Path, sandbox: PdfSandbox, pdf: Path) -> None:
    plan.write_text("1 0")
    facts = sandbox.open(pdf)
    parts = sandbox.read_texts_first(pdf, facts, OPTIONS, pdf.parent, lambda: None)

    first = next(parts)
    assert isinstance(first, Page)
    assert first.image
    written_before = first.image.path.exists()
    plan.unlink()
    rest = list(parts)

    assert (first.text, written_before) == ("Page 1", False)
    assert [part.number for part in rest if isinstance(part, Page)] == list(range(2, PAGES + 1))
    assert [part for part in rest if isinstance(part, ImageResult)] == [ImageResult(n) for n in range(1, PAGES + 1)]


def test_children_that_die_over_images_cost_no_text_and_what_they_cost_is_said(
    plan: Path, sandbox: PdfSandbox, pdf: Path
) -> None:
    """Page 2 by an accident, page 4 again and again, page 6 for it takes too long."""
    deaths = [(2, signal.SIGKILL), (4, signal.SIGSEGV), (4, signal.SIGSEGV), (6, signal.SIGALRM)]
    plan.write_text("\n".join(f"{page} {number.value}" for page, number in deaths))
    facts = sandbox.open(pdf)

    pages = list(sandbox.read(pdf, facts, OPTIONS, pdf.parent, lambda: None))

    assert plan.read_text() == ""
    assert [page.text for page in pages] == [f"Page {number}" for number in range(1, PAGES + 1)]
    assert {page.outcome for page in pages} == {PageOutcome.TEXT}
    lost = {page.number: page.losses for page in pages if page.losses}
    assert lost == {4: ("image: crashed",), 6: ("image: timed out",)}
    assert [page.number for page in pages if page.image is None] == [4, 6]
    for page in pages:
        if page.image:
            with Image.open(page.image.path) as image:
                assert image.size == (page.image.width, page.image.height)
