"""Thousands of broken PDFs, made of good ones with a fixed seed: each ends in a typed outcome, and the worker lives."""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from foundation.errors import FailureCode, PermanentError
from pdf_reader.document import PageOutcome, ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

MUTATIONS = 2_000
SEED = 20_260_101
SOURCES = ("type3-no-unicode.pdf", "chinese-babel.pdf", "hebrew-babel.pdf", "udhr-many-scripts.pdf")
#: Pages of a mutation that are read: damage shows on the first ones or nowhere.
MAX_PAGES = 12
KEYWORDS = (
    b"obj",
    b"endobj",
    b"stream",
    b"/Length",
    b"/Kids",
    b"/Count",
    b"/Type",
    b"/Font",
    b"/Filter",
    b"xref",
    b"R",
)


def mutate(data: bytes, dice: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        at = dice.randrange(len(broken))
        span = dice.choice((1, 4, 32, 512))
        kind = dice.randrange(8)
        if kind == 0:
            broken[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            broken[at : at + span] = dice.randbytes(span)
        elif kind == 2:
            del broken[at : at + span]
        elif kind == 3:
            broken[at:at] = broken[at : at + span]
        elif kind == 4:
            del broken[max(at, len(broken) // 2) :]
        elif kind == 5:
            broken[at : at + span] = bytes(span)
        else:
            keyword = dice.choice(KEYWORDS)
            place = broken.find(keyword, at)
            if place >= 0:
                change = dice.choice((b"", dice.choice(KEYWORDS), str(dice.choice((-1, 0, 2**31, 10**18))).encode()))
                broken[place : place + len(keyword)] = change
        if len(broken) < 2:
            break
    return bytes(broken)


@pytest.fixture
def sandbox() -> Iterator[PdfSandbox]:
    limits = SandboxLimits(page_timeout_seconds=5, page_cpu_seconds=5, max_lost_seconds=20, max_pages=MAX_PAGES)
    sandbox = PdfSandbox(limits, 2)
    yield sandbox
    sandbox.close()


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_every_mutation_of_a_good_pdf_ends_in_a_typed_outcome(
    corpus: Path, sandbox: PdfSandbox, tmp_path: Path
) -> None:
    sources = [(corpus / "good" / name).read_bytes() for name in SOURCES]
    options = ReadOptions(image_dpi=36, ocr=False)

    def end_of(number: int) -> str:
        dice = random.Random(SEED + number)
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(mutate(dice.choice(sources), dice))
        working_folder = tmp_path / str(number)
        working_folder.mkdir()
        try:
            facts = sandbox.open(path)
            outcomes = set()
            for expected, page in enumerate(sandbox.read(path, facts, options, working_folder, lambda: None), start=1):
                assert page.number == expected
                assert page.outcome in PageOutcome
                page.text.encode("utf-8")
                if page.image:
                    page.image.path.unlink()
                outcomes.add(page.outcome.value)
            return max(outcomes)
        except PermanentError as refused:
            return FailureCode(refused.code).value
        finally:
            path.unlink()

    with ThreadPoolExecutor(2) as threads:
        ends = Counter(threads.map(end_of, range(MUTATIONS)))

    assert ends.total() == MUTATIONS
    # The dice do break some files, and not all.
    assert ends["text"] > MUTATIONS // 10
    assert ends["corrupt"] + ends["crashed"] + ends["repaired"] > MUTATIONS // 50
