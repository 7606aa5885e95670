"""Text, links, places and images of real and of made pages, as a person sees them."""

from itertools import islice
from pathlib import Path

import pytest
from PIL import Image

from pdf_reader.child.mupdf import pymupdf
from pdf_reader.document import PageOutcome, ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox
from tests.support.sandbox_reading import PLAIN, make_pdf, needs_tesseract, nothing, read


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


def test_text_over_dark_paper_is_seen_and_white_text_on_white_is_not(sandbox: PdfSandbox, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.draw_rect(pymupdf.Rect(60, 80, 400, 110), color=(0, 0, 0.3), fill=(0, 0, 0.3))
    page.insert_text((72, 100), "White on dark blue", color=(1, 1, 1))
    page.insert_text((72, 200), "White on white", color=(1, 1, 1))
    page.draw_rect(pymupdf.Rect(60, 280, 400, 310), color=(0, 0, 0), fill=(0, 0, 0))
    page.insert_text((72, 300), "Black on black", color=(0, 0, 0))
    page.draw_rect(pymupdf.Rect(60, 330, 400, 360), color=(0.9, 0.9, 0.7), fill=(0.9, 0.9, 0.7))
    page.insert_text((72, 350), "Red on beige", color=(0.9, 0, 0))
    page.insert_text((250, 350), "Beige on beige", color=(0.9, 0.9, 0.7))
    page.insert_text((72, 400), "Too small to see", fontsize=0.5)
    page.insert_text((72, 500), "Painted by nothing", render_mode=3)
    document.save(tmp_path / "a.pdf")

    _, [found] = read(sandbox, tmp_path / "a.pdf", tmp_path, ReadOptions(ocr=False))

    assert found.text == "White on dark blue\n\nRed on beige"
    assert set(found.hidden_text.splitlines()) == {
        "White on white", "Black on black", "Beige on beige", "Too small to see", "Painted by nothing",
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
