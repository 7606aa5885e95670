"""The sandbox reads real documents well, page after page, for several readers at once."""

import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest
from PIL import Image

from foundation.errors import CancelledWorkError, FailureCode, PermanentError, TransientError
from pdf_reader.child.mupdf import pymupdf
from pdf_reader.document import DocumentFacts, Page, PageOutcome, ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

# Real children, also in the sandbox that these tests share.
pytestmark = pytest.mark.usefixtures("spawned_pdf_children")

PLAIN = ReadOptions(images=False, ocr=False)
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


def nothing() -> None:
    return None


def read(
    sandbox: PdfSandbox, path: Path, working_folder: Path, options: ReadOptions = PLAIN, **more: str
) -> tuple[DocumentFacts, list[Page]]:
    facts = sandbox.open(path, **more)
    return facts, list(sandbox.read(path, facts, options, working_folder, nothing, **more))


def make_pdf(path: Path, pages: int, text: str = "Page {} of a long document") -> Path:
    document = pymupdf.open()
    for number in range(1, pages + 1):
        document.new_page().insert_text((72, 72), text.format(number))
    document.save(path)
    return path


@pytest.mark.parametrize(
    ("name", "page", "passage"),
    [
        pytest.param("bmc-two-column-paper", 1, "is not life-threatening, a resulting", id="true hyphens stay"),
        pytest.param("bmc-two-column-paper", 1, "and prolonged immobilization [2,3,7", id="broken words are joined"),
        pytest.param(
            "bmc-two-column-paper", 1, "with low molecular weight heparins", id="a column's end breaks no sentence"
        ),
        pytest.param("chinese-babel", 1, "而是直接移植自西方的现代建筑教育体系", id="Chinese has no blanks"),
        pytest.param("arabic-babel", 5, "البرق والكهرباء الساكنة.", id="Arabic is in logical order"),
        pytest.param("arabic-babel", 5, "أقل شيوعًا مثل", id="Arabic marks part no word"),
        pytest.param("hebrew-babel", 3, "6.1 הקשר בין עבודה לאנרגיה קינטית", id="Hebrew words are parted"),
        pytest.param("korean-4-pages", 2, "즉시 신고하여야 하고, 음압격리와 같은 높은 수준 의 격리가", id="Korean"),
        pytest.param("nasa-trick-readme", 4, "Integrator .\n\nDescription\n\nThis class", id="late headings"),
        pytest.param("srd-5.1-cc-by", 66, "| Handaxe | 5 gp | 1d6 slashing | 2 lb. | Light, thrown", id="tables"),
    ],
)  # fmt: skip
def test_text_reads_as_a_person_reads_it(
    corpus: Path, sandbox: PdfSandbox, tmp_path: Path, name: str, page: int, passage: str
) -> None:
    path = corpus / "good" / f"{name}.pdf"
    facts = sandbox.open(path)

    [found] = islice(sandbox.read(path, facts, PLAIN, tmp_path, nothing), page - 1, page)

    assert passage in found.text


@pytest.mark.parametrize(
    "name", ["bmc-two-column-paper", "arabic-babel", "korean-4-pages", "irs-form-1040-schedule-e", "uslm-review-guide"]
)
def test_every_line_is_where_its_offsets_say(corpus: Path, sandbox: PdfSandbox, tmp_path: Path, name: str) -> None:
    _, pages = read(sandbox, corpus / "good" / f"{name}.pdf", tmp_path)

    for page in pages:
        reach = 0
        for table in page.tables:
            assert page.text[table.start : table.end] == table.markdown
        for line in page.lines:
            if line.in_table:
                assert (line.start, line.end) in {(table.start, table.end) for table in page.tables}
                continue
            assert line.start >= reach
            text = page.text[line.start : line.end]
            assert line.text in (text, f"{text}-", f"{text}\u00ad")
            reach = line.end


def test_facts_tell_outline_and_labels(corpus: Path, sandbox: PdfSandbox) -> None:
    facts = sandbox.open(corpus / "good" / "uslm-review-guide.pdf")

    assert facts.page_count == 12
    first = facts.outline[0]
    assert (first.level, first.title, first.page) == (1, "Introduction", 2)
    assert first.top == pytest.approx(157, abs=1)


def test_links_have_text_target_and_place(corpus: Path, sandbox: PdfSandbox, tmp_path: Path) -> None:
    _, pages = read(sandbox, corpus / "good" / "uslm-review-guide.pdf", tmp_path)

    internal, external = pages[0].links[0], pages[2].links[0]
    assert internal.link_text.startswith("1")
    assert (internal.link_type, internal.target_page) == ("internal", 2)
    assert internal.target_top == pytest.approx(157, abs=1)
    assert external.target_url == "http://uscode.house.gov/download/download.shtml"
    assert external.color is not None


def test_a_linked_words_colour_is_that_of_its_type(sandbox: PdfSandbox, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 100), "See the")
    page.insert_text((112, 100), "Goblin,", color=(0xA7 / 255, 0, 0))
    page.insert_link(
        {"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(111, 88, 144, 104), "uri": "https://example.org/g"}
    )
    document.save(tmp_path / "a.pdf")

    _, [found] = read(sandbox, tmp_path / "a.pdf", tmp_path)

    [link] = found.links
    assert (link.link_text, link.color) == ("Goblin", "#a70000")


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_places_are_those_of_the_displayed_page(sandbox: PdfSandbox, tmp_path: Path, rotation: int) -> None:
    document = pymupdf.open()
    page = document.new_page(width=300, height=400)
    page.insert_text((40, 50), "Words at the top left")
    page.insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(40, 40, 140, 54), "uri": "https://example.org/"})
    page.set_rotation(rotation)
    document.save(tmp_path / "a.pdf")

    _, [found] = read(sandbox, tmp_path / "a.pdf", tmp_path)

    assert (found.width, found.height) == ((300, 400) if rotation in (0, 180) else (400, 300))
    [line], [link] = found.lines, found.links
    assert 0 <= line.bbox[0] < line.bbox[2] <= found.width
    assert 0 <= line.bbox[1] < line.bbox[3] <= found.height
    x, y = (link.source_rect[0] + link.source_rect[2]) / 2, (link.source_rect[1] + link.source_rect[3]) / 2
    assert line.bbox[0] <= x <= line.bbox[2]
    assert line.bbox[1] <= y <= line.bbox[3]
    assert "Words" in link.link_text


@pytest.mark.parametrize(("image_format", "suffix"), [("jpeg", ".jpg"), ("webp", ".webp"), ("png", ".png")])
def test_images_are_encoded_as_asked(
    corpus: Path, sandbox: PdfSandbox, tmp_path: Path, image_format: str, suffix: str
) -> None:
    options = ReadOptions(image_format=image_format, image_dpi=100, ocr=False)  # type: ignore[arg-type]

    _, [page] = read(sandbox, corpus / "good" / "chinese-babel.pdf", tmp_path, options)

    assert page.image is not None
    assert page.image.path == tmp_path / f"1{suffix}"
    with Image.open(page.image.path) as image:
        assert image.format == image_format.upper()
        assert image.size == (page.image.width, page.image.height)
        assert page.image.width == pytest.approx(page.width * 100 / 72, abs=1)


def test_a_large_page_is_rendered_at_a_lower_resolution(tmp_path: Path) -> None:
    document = pymupdf.open()
    document.new_page(width=2_000, height=2_000).insert_text((72, 72), "A poster", fontsize=80)
    document.save(tmp_path / "a.pdf")
    sandbox = PdfSandbox(SandboxLimits(max_image_pixels=1_000_000), 1)

    try:
        _, [page] = read(sandbox, tmp_path / "a.pdf", tmp_path, ReadOptions(ocr=False))
    finally:
        sandbox.close()

    assert page.image is not None
    assert page.image.dpi < 40
    assert page.image.width * page.image.height <= 1_000_000
    assert page.losses == ()


def test_text_over_dark_paper_is_seen_and_white_text_on_white_is_not(sandbox: PdfSandbox, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.draw_rect(pymupdf.Rect(60, 80, 400, 110), color=(0, 0, 0.3), fill=(0, 0, 0.3))
    page.insert_text((72, 100), "White on dark blue", color=(1, 1, 1))
    page.insert_text((72, 200), "White on white", color=(1, 1, 1))
    page.draw_rect(pymupdf.Rect(60, 280, 400, 310), color=(0, 0, 0), fill=(0, 0, 0))
    page.insert_text((72, 300), "Black on black", color=(0, 0, 0))
    page.insert_text((72, 400), "Too small to see", fontsize=0.5)
    page.insert_text((72, 500), "Painted by nothing", render_mode=3)
    document.save(tmp_path / "a.pdf")

    _, [found] = read(sandbox, tmp_path / "a.pdf", tmp_path, ReadOptions(ocr=False))

    assert found.text == "White on dark blue"
    assert set(found.hidden_text.splitlines()) == {
        "White on white", "Black on black", "Too small to see", "Painted by nothing",
    }  # fmt: skip


def test_the_layer_that_ocr_left_over_a_scan_is_text(sandbox: PdfSandbox, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=300, height=400)
    printed = pymupdf.open()
    printed.new_page(width=300, height=400).insert_text((40, 100), "Words in a scan")
    page.insert_image(page.rect, pixmap=printed[0].get_pixmap(dpi=100))
    page.insert_text((40, 100), "Words in a scan, which OCR found", render_mode=3)
    document.save(tmp_path / "a.pdf")

    _, [found] = read(sandbox, tmp_path / "a.pdf", tmp_path, ReadOptions(ocr=False))

    assert found.text == "Words in a scan, which OCR found"
    assert found.hidden_text == ""


@needs_tesseract
def test_a_scan_is_read_by_ocr_with_lines_in_their_places(sandbox: PdfSandbox, tmp_path: Path) -> None:
    printed = pymupdf.open()
    printed.new_page(width=300, height=400).insert_text((40, 100), "The lighthouse keeper", fontsize=18)
    document = pymupdf.open()
    page = document.new_page(width=300, height=400)
    page.insert_image(page.rect, pixmap=printed[0].get_pixmap(dpi=200))
    document.save(tmp_path / "a.pdf")

    _, [found] = read(sandbox, tmp_path / "a.pdf", tmp_path, ReadOptions())

    assert (found.outcome, found.text_source) == (PageOutcome.OCR, "ocr")
    assert found.text == "The lighthouse keeper"
    [line] = found.lines
    assert line.bbox == pytest.approx((40, 86, 215, 104), abs=8)


@needs_tesseract
def test_a_language_that_tesseract_lacks_is_a_loss_that_says_what_to_install(
    corpus: Path, sandbox: PdfSandbox, tmp_path: Path
) -> None:
    options = ReadOptions(images=False, ocr_languages="tlh")

    _, [page] = read(sandbox, corpus / "good" / "type3-no-unicode.pdf", tmp_path, options)

    assert page.outcome is PageOutcome.EMPTY
    assert "install tesseract-ocr-" in " ".join(page.losses)


def test_type_3_glyphs_without_unicode_are_no_text(corpus: Path, sandbox: PdfSandbox, tmp_path: Path) -> None:
    _, [page] = read(sandbox, corpus / "good" / "type3-no-unicode.pdf", tmp_path)

    assert page.outcome is PageOutcome.EMPTY
    assert page.text == ""


def test_a_password_opens_what_is_encrypted(sandbox: PdfSandbox, tmp_path: Path) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "A secret")
    path = tmp_path / "a.pdf"
    document.save(path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="open sesame", owner_pw="owner")

    _, [page] = read(sandbox, path, tmp_path, password="open sesame")
    with pytest.raises(PermanentError, match="password") as without:
        sandbox.open(path)
    with pytest.raises(PermanentError, match="wrong") as wrong:
        sandbox.open(path, password="open barley")

    assert page.text == "A secret"
    assert without.value.code is wrong.value.code is FailureCode.ENCRYPTED


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


def test_what_was_written_into_a_form_is_text(sandbox: PdfSandbox, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    widget = pymupdf.Widget()
    widget.field_name, widget.field_value = "name", "Ada Lovelace"
    widget.field_type, widget.rect = pymupdf.PDF_WIDGET_TYPE_TEXT, pymupdf.Rect(72, 72, 300, 92)
    page.add_widget(widget)
    document.save(tmp_path / "a.pdf")

    _, [found] = read(sandbox, tmp_path / "a.pdf", tmp_path)

    assert found.text == "Ada Lovelace"


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


@pytest.mark.parametrize(
    ("rule", "label"),
    [
        pytest.param("<< /S /r /St 4 >>", "iv", id="a Roman number"),
        pytest.param("<< /P <FEFF004B002D> /S /D >>", "K-1", id="a prefix in UTF-16"),
        pytest.param("<< /P (1/a\\(b\\)) >>", "1/a(b)", id="a prefix with brackets and a slash"),
        pytest.param("<< /Nums 7 /P 7 /S (x) /St /y >>", "1", id="nothing that makes sense"),
    ],
)
def test_printed_page_labels(sandbox: PdfSandbox, tmp_path: Path, rule: str, label: str) -> None:
    document = pymupdf.open(make_pdf(tmp_path / "plain.pdf", 1))
    document.xref_set_key(document.pdf_catalog(), "PageLabels", f"<< /Nums [0 {rule}] >>")
    document.save(tmp_path / "labelled.pdf")

    assert sandbox.open(tmp_path / "labelled.pdf").page_labels == (label,)


def test_a_tree_of_page_labels_that_contains_itself_ends(sandbox: PdfSandbox, tmp_path: Path) -> None:
    document = pymupdf.open(make_pdf(tmp_path / "plain.pdf", 1))
    node = document.get_new_xref()
    document.update_object(node, f"<< /Kids [{node} 0 R {node} 0 R] /Nums [0 << /S /A >>] >>")
    document.xref_set_key(document.pdf_catalog(), "PageLabels", f"{node} 0 R")
    document.save(tmp_path / "looping.pdf")

    assert sandbox.open(tmp_path / "looping.pdf").page_labels == ("A",)


@pytest.mark.parametrize("end", [b"", b" Q" * 5_000])
def test_states_that_are_saved_without_end_hide_no_text(sandbox: PdfSandbox, tmp_path: Path, end: bytes) -> None:
    """MuPDF refuses more than some hundred nested graphics states."""
    document = pymupdf.open(make_pdf(tmp_path / "plain.pdf", 1))
    [content] = document[0].get_contents()
    document.update_stream(content, b"q " * 5_000 + document.xref_stream(content) + end)
    document.save(tmp_path / "nested.pdf")

    _, [page] = read(sandbox, tmp_path / "nested.pdf", tmp_path, ReadOptions(ocr=False))

    assert page.text == "Page 1 of a long document"
    assert page.image is not None
    assert page.losses == ()
