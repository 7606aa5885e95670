"""Every broken or hostile PDF of the corpus ends as its README expects, and the sandbox goes on."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from foundation.errors import FailureCode, PermanentError
from pdf_reader.document import DocumentFacts, Page, ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

#: What most of the synthetic files say.
PLAIN = "The fighter makes two attacks. See page 12."
#: What hangs here hogs the CPU; a busy machine must not make the good ones late.
LIMITS = SandboxLimits(page_timeout_seconds=30, page_cpu_seconds=4)

# Children as the worker starts them.
pytestmark = pytest.mark.usefixtures("spawned_pdf_children")

#: They take all the time of a page that they are given, or nearly so.
BOMBS = {"bomb-text", "billion-laughs-forms", "vector-storm", "bomb-content", "bomb-image", "real-hugemono"}
#: File → the codes that it may be refused with.
REFUSED = {
    "catalog-missing": "no_pages corrupt",
    "count-lies": "too_many_pages corrupt",
    "count-negative": "corrupt",
    "empty": "empty_file",
    "enc-aes128-unknown-password": "encrypted",
    "enc-aes256-unknown-password": "encrypted",
    "enc-bad-dict": "encrypted corrupt",
    "enc-rc4-128-unknown-password": "encrypted",
    "enc-rc4-40-unknown-password": "encrypted",
    "enc-unknown-handler": "encrypted",
    "header-only": "not_a_pdf",
    "html-page": "not_a_pdf",
    "nested-arrays": "no_pages corrupt",
    "nul-filled": "corrupt",
    "page-bomb": "too_many_pages",
    "plain-text": "not_a_pdf",
    "png-image": "not_a_pdf",
    "random-after-header": "corrupt",
    "real-GHOSTSCRIPT-698804-1-fuzzed": "no_pages corrupt",
    "real-REDHAT-1531897-0": "corrupt encrypted",
    "real-encrypted-attachment": "encrypted",
    "real-encryption_openpassword": "encrypted",
    "real-invalid": "corrupt not_a_pdf",
    "real-poppler-395-0-fuzzed": "corrupt",
    "real-poppler-67295-0": "too_many_pages corrupt",
    "real-poppler-742-0-fuzzed": "corrupt encrypted",
    "real-poppler-85140-0": "corrupt",
    "real-poppler-91414-0-53": "no_pages corrupt",
    "real-poppler-937-0-fuzzed": "corrupt",
    "real-unicode-test-U2F874-correct": "encrypted",
    "srd-truncated": "corrupt",
    "xrefstm-huge": "corrupt no_pages",
    "zero-pages": "no_pages",
    "zip-office": "not_a_pdf",
}


#: It depends on the machine what is lost: how fast it is, and whether it has Tesseract.
ANY = "any"


@dataclass(frozen=True)
class Expected:
    """The outcomes of the pages, a text that must be there, and what must be said of what was lost."""

    outcomes: str = "text"
    text: str = ""
    losses: str | None = None  # part of a loss; ANY: perhaps; None: nothing was lost
    notes: str = ""
    repaired: bool = False


#: File → how its pages end; `a|b` leaves the choice.
READ = {
    "billion-laughs-forms": Expected("timeout|too_complex", losses="text: "),
    "blank-pages": Expected("empty empty empty"),
    "bomb-content": Expected("timeout|too_complex|empty", losses=ANY),
    "bomb-image": Expected("empty", losses=ANY),
    "bomb-text": Expected("timeout|too_complex", losses="text: "),
    "control-chars": Expected(),
    "embedded-files": Expected(text=PLAIN),
    "enc-owner-only-aes256": Expected(text=PLAIN),
    "external-stream": Expected("empty"),
    "filter-chain": Expected("empty", losses="text: the page's content is damaged"),
    "flate-corrupt": Expected("repaired"),
    "form-recursion": Expected(),
    "garbage-prefix": Expected(text=PLAIN),
    "garbage-suffix": Expected(text=PLAIN, repaired=True),
    "javascript": Expected(text=PLAIN),
    "launch-action": Expected(text=PLAIN, notes="1 javascript link left out"),
    "length-wrong": Expected(text=PLAIN, repaired=True),
    "link-ssrf": Expected(text=PLAIN),
    "links-many": Expected(text=PLAIN, notes="only the first 2000 of 8000 links"),
    "many-revisions": Expected(),
    "mediabox-degenerate": Expected(text=PLAIN),
    "mediabox-huge": Expected(text=PLAIN, losses="image: the page is too large"),
    "metadata-odd": Expected(text=PLAIN),
    "million-glyphs": Expected("too_complex", losses="text: too much on one page"),
    "nested-dicts-page": Expected("empty|crashed", losses="text: "),
    "no-xref-no-trailer": Expected(text=PLAIN, repaired=True),
    "objstm-loop": Expected("empty"),
    "one-long-word": Expected(),
    "outline-bad-dest": Expected(text=PLAIN),
    "outline-deep": Expected(text=PLAIN),
    "outline-loop": Expected(text=PLAIN),
    "page-labels-odd": Expected(text=PLAIN),
    "pages-loop": Expected("text crashed crashed", losses="text: "),
    "prompt-injection": Expected(text="IGNORE ALL PREVIOUS"),
    "q-stack": Expected(text="deep"),
    "real-ContentStreamCycleType3insideType3": Expected("repaired|text"),
    "real-Pages-tree-refs": Expected("text crashed", losses="text: "),
    "real-bug1978317": Expected(notes="only the first 2000 of 32768 links"),
    "real-corruptionOneByteMissing": Expected(repaired=True),
    "real-empty_protected": Expected("empty"),
    "real-encryption_notextaccess": Expected(),
    "real-externalLink": Expected(notes="1 file link left out"),
    "real-fileAttachment_fileAttachmentAnnotation": Expected(),
    "real-hugemono": Expected("empty|ocr", losses=ANY, notes="as the page is large"),
    "real-javascript": Expected(),
    "real-no_contents": Expected("empty"),
    "real-operator_list_cycle": Expected("empty", losses="text: the page's content is damaged", repaired=True),
    "real-pdf-17-header18": Expected(),
    "resources-missing": Expected("repaired empty", losses="text: the page's content is damaged"),
    "rotated-cropped": Expected(),
    "size-lies": Expected(text=PLAIN, repaired=True),
    "srd-scanned-image-only": Expected("empty|ocr empty|ocr empty|ocr", losses=ANY),
    "tounicode-amplify": Expected(),
    "userunit": Expected(text=PLAIN, losses="image: the page is too large"),
    "vector-storm": Expected("empty", losses="image: "),
    "wrong-startxref": Expected(text=PLAIN, repaired=True),
    "xmp-xxe": Expected(text=PLAIN),
    "xref-prev-loop": Expected(text=PLAIN),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[PdfSandbox]:
    sandbox = PdfSandbox(LIMITS, 1)
    yield sandbox
    sandbox.close()


def read(sandbox: PdfSandbox, path: Path, working_folder: Path, **options: object) -> tuple[DocumentFacts, list[Page]]:
    facts = sandbox.open(path)
    pages = list(sandbox.read(path, facts, ReadOptions(**options), working_folder, lambda: None))  # type: ignore[arg-type]
    return facts, pages


def test_the_table_names_every_file_of_the_corpus(corpus: Path) -> None:
    assert {path.stem for path in (corpus / "odd").glob("*.pdf")} == set(REFUSED) | set(READ)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_code(corpus: Path, sandbox: PdfSandbox, name: str) -> None:
    with pytest.raises(PermanentError) as refusal:
        sandbox.open(corpus / "odd" / f"{name}.pdf")

    assert refusal.value.code in [FailureCode(code) for code in REFUSED[name].split()]
    assert str(refusal.value)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.system if name in BOMBS else ()) for name in READ]
)
def test_what_can_be_read_ends_page_by_page(corpus: Path, sandbox: PdfSandbox, tmp_path: Path, name: str) -> None:
    expected = READ[name]

    facts, pages = read(sandbox, corpus / "odd" / f"{name}.pdf", tmp_path, ocr=False)

    assert len(pages) == facts.page_count
    for page, outcomes in zip(pages, expected.outcomes.split(), strict=True):
        assert page.outcome.value in outcomes.split("|")
        page.text.encode("utf-8")
        assert "\x00" not in page.text
    assert expected.text in pages[0].text
    losses = [loss for page in pages for loss in page.losses]
    if expected.losses is None:
        assert losses == []
    elif expected.losses != ANY:
        assert any(expected.losses in loss for loss in losses)
    assert expected.notes in " ".join(note for page in pages for note in page.notes)
    assert facts.repaired is expected.repaired
    for pid in sandbox.child_pids:
        assert peak_megabytes(pid) < LIMITS.memory_megabytes


def peak_megabytes(pid: int) -> int:
    """Of resident memory; 0 where the kernel doesn't say."""
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found.group(1)) // 1024 if found else 0


def test_what_a_reader_cannot_see_is_kept_apart(corpus: Path, sandbox: PdfSandbox, tmp_path: Path) -> None:
    """White, invisible and off-page instructions never get into the text; what is printed is data like all else."""
    _, [page] = read(sandbox, corpus / "odd" / "prompt-injection.pdf", tmp_path)

    assert "developer mode" not in page.text
    assert "refund code" not in page.text
    assert "developer mode" in page.hidden_text
    assert "refund code" in page.hidden_text


def test_hidden_text_is_found_without_a_page_image(corpus: Path, sandbox: PdfSandbox, tmp_path: Path) -> None:
    _, [page] = read(sandbox, corpus / "odd" / "prompt-injection.pdf", tmp_path, images=False)

    assert "refund code" not in page.text


def test_only_links_that_a_reader_may_click_are_passed_on(corpus: Path, sandbox: PdfSandbox, tmp_path: Path) -> None:
    _, [launching] = read(sandbox, corpus / "odd" / "launch-action.pdf", tmp_path)
    _, [linking] = read(sandbox, corpus / "odd" / "link-ssrf.pdf", tmp_path)

    assert launching.links == ()
    assert [link.link_type for link in linking.links] == ["external"]


def test_attachments_are_counted_and_never_written(corpus: Path, sandbox: PdfSandbox, tmp_path: Path) -> None:
    facts, _ = read(sandbox, corpus / "odd" / "embedded-files.pdf", tmp_path)

    assert facts.attachments == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["1.jpg"]


def test_metadata_and_outline_are_cleaned_and_capped(corpus: Path, sandbox: PdfSandbox) -> None:
    odd = sandbox.open(corpus / "odd" / "metadata-odd.pdf")
    deep = sandbox.open(corpus / "odd" / "outline-deep.pdf")
    bad = sandbox.open(corpus / "odd" / "outline-bad-dest.pdf")

    assert len(odd.author) <= 500
    assert max((entry.level for entry in deep.outline), default=1) <= 64
    for text in (odd.title, odd.author, *(entry.title for entry in bad.outline)):
        text.encode("utf-8")
        assert "\x00" not in text


@pytest.mark.skipif(shutil.which("tesseract") is not None, reason="tesseract is installed")
def test_without_tesseract_a_scan_says_what_to_install(corpus: Path, sandbox: PdfSandbox, tmp_path: Path) -> None:
    _, pages = read(sandbox, corpus / "odd" / "srd-scanned-image-only.pdf", tmp_path)

    assert {page.outcome.value for page in pages} == {"empty"}
    assert all("apt-get install tesseract-ocr tesseract-ocr-eng" in loss for page in pages for loss in page.losses)
