"""What tagged PDFs say of themselves, each file made here: what is used, and what is not believed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from data_ingestion.document_export import PageSpool, markdown_of, page_files
from document_structure import StructureAnalyser
from document_structure.chunking import PageText, whole_tables
from pdf_reader.blocks import BlockKind, Cell, Provenance
from pdf_reader.document import DocumentFacts, Page, ReadOptions
from pdf_reader.sandbox import PdfSandbox
from tests.support.tagged_pdf import TaggedPdf, add_rows, table

PROSE = "The miller weighs every sack twice and writes the weight into the ledger before the cart may leave."
Reader = Callable[[TaggedPdf | bytes], tuple[DocumentFacts, list[Page]]]


@pytest.fixture
def read(sandbox: PdfSandbox, tmp_path: Path) -> Reader:
    def read(made: TaggedPdf | bytes) -> tuple[DocumentFacts, list[Page]]:
        path = tmp_path / "made.pdf"
        path.write_bytes(made if isinstance(made, bytes) else made.data())
        facts = sandbox.open(path)
        pages = sandbox.read(path, facts, ReadOptions(images=False, ocr=False), tmp_path, lambda: None)
        return facts, list(pages)

    return read


def kinds(page: Page) -> list[tuple[str, str]]:
    return [(block.kind.value, block.text) for block in page.blocks]


def test_a_table_without_rules_has_the_rows_and_spans_of_its_tags(read: Reader) -> None:
    """Labels over two lines, a blank cell, and a name over two columns: what a layout has to guess."""
    pdf = TaggedPdf()
    page, top = pdf.page(), pdf.element("Document")
    made = pdf.element("Table", top)
    head = pdf.element("TR", pdf.element("THead", made))
    for text, x, columns in (("Grain", 60, 1), ("First half", 230, 2), ("Rest", 400, 1)):
        page.text(pdf.element("TH", head, f"/A << /O /Table /ColSpan {columns} >>"), text, x, 100)
    body = pdf.element("TBody", made)
    first = pdf.element("TR", body)
    page.mark(pdf.element("TD", first), [("Wheat from the valley", 60, 130), ("and the hill", 60, 142)])
    for text, x in (("12", 230), ("14", 310), ("9", 400)):
        page.text(pdf.element("TD", first), text, x, 130)
    second = pdf.element("TR", body)
    for text, x in (("Rye", 60), ("", 230), ("7", 310), ("8", 400)):
        cell = pdf.element("TD", second)
        if text:
            page.text(cell, text, x, 160)

    _, [found] = read(pdf)

    [block] = [block for block in found.blocks if block.table]
    assert block.provenance is Provenance.TAGS
    assert block.table is not None
    assert block.table.rows == (
        ("Grain", "First half", "", "Rest"),
        ("Wheat from the valley and the hill", "12", "14", "9"),
        ("Rye", "", "7", "8"),
    )
    assert block.table.spans == (Cell(0, 1, 1, 2),)
    assert block.table.header == ("Grain", "First half", "First half", "Rest")


def test_rows_that_lack_their_blank_cells_stand_under_their_columns(read: Reader) -> None:
    """As some programs for filings write them: blank cells have no tags, signs of currency have cells of their own."""
    pdf = TaggedPdf()
    page, top = pdf.page(), pdf.element("Document")
    made = pdf.element("Table", top)
    rows = [
        [("2022", 330), ("2021", 430)],
        [("Assets", 60)],
        [("Cash", 60), ("$", 310), ("14,127", 330), ("14,487", 430)],
        [("Securities held for sale", 60), ("9,392", 330), ("17,121", 430)],
        [("Goodwill", 60), ("231", 330)],
        [("Total", 60), ("$", 310), ("23,750", 330), ("31,608", 430)],
    ]
    for index, row in enumerate(rows):
        line = pdf.element("TR", made)
        for text, x in row:
            page.text(pdf.element("TD", line), text, x, 100 + 16 * index)

    _, [found] = read(pdf)

    [result] = found.tables
    assert result.rows == (
        ("", "2022", "2021"),
        ("Assets", "", ""),
        ("Cash", "$14,127", "14,487"),
        ("Securities held for sale", "9,392", "17,121"),
        ("Goodwill", "231", ""),
        ("Total", "$23,750", "31,608"),
    )


def test_a_table_over_pages_is_one_whatever_stands_between(read: Reader) -> None:
    pdf = TaggedPdf()
    top = pdf.element("Document")
    xs = [60.0, 200.0, 330.0]
    pages = [pdf.page() for _ in range(3)]
    made = table(pdf, pages[0], top, [["Sack", "Miller", "Pounds"], ["1", "Anna", "12"]], 700, xs)
    for number, page in enumerate(pages):
        page.artifact(f"Mill ledger, sheet {number + 1}", 60, 40)
        if number:
            rows = [[str(sack), "Bert", str(sack * 7)] for sack in range(30 * number, 30 * number + 30)]
            add_rows(pdf, page, made, rows, 90, xs)
    page = pages[-1]
    page.text(pdf.element("P", top), PROSE, 60, 700)

    facts, found = read(pdf)

    assert [[table.continues for table in page.tables] for page in found] == [[False], [True], [True]]
    analyser = StructureAnalyser(facts)
    for page_read in found:
        analyser.add(page_read)
    structure = analyser.finish()
    [whole] = whole_tables([PageText.of(page_read) for page_read in found], structure.running)
    assert whole.pages == [1, 2, 3]
    rows_shown = "\n".join(whole.markdown).split("\n")
    assert rows_shown[0] == "| Sack | Miller | Pounds |"
    assert len(rows_shown) == 2 + 1 + 60
    text = "".join(markdown_of([PageText.of(page_read) for page_read in found], structure))
    assert text.count("| --- | --- | --- |") == 1
    assert "sheet" not in text


def test_headings_lists_captions_notes_and_quotes_are_what_they_are_tagged(read: Reader, tmp_path: Path) -> None:
    """All in one size and one font: nothing but the tags tells them apart."""
    pdf = TaggedPdf(root="/RoleMap << /chapter#20title /H1 /Lesson /chapter#20title >>")
    page, top = pdf.page(), pdf.element("Document")
    page.text(pdf.element("chapter title", top), "The river and the wheel", 60, 80)
    page.text(pdf.element("P", top), PROSE, 60, 110)
    page.text(pdf.element("H2", top), "Grinding", 60, 140)
    page.mark(pdf.element("P", top), [(PROSE[:-1], 60, 160), ("and the river falls.", 60, 172)])
    outer = pdf.element("L", top)
    for index, text in enumerate(("Wheat", "Rye")):
        item = pdf.element("LI", outer)
        page.text(pdf.element("Lbl", item), "\u2022", 70, 200 + 40 * index)
        body = pdf.element("LBody", item)
        page.text(body, text, 90, 200 + 40 * index)
        inner = pdf.element("LI", pdf.element("L", body))
        page.text(inner, f"1. {text} of the hill", 110, 216 + 40 * index)
    page.text(pdf.element("Caption", top), "The wheel as it was in spring", 60, 300)
    page.text(pdf.element("Note", top), "1 By its own account.", 60, 320)

    facts, [found] = read(pdf)

    assert kinds(found) == [
        ("heading", "The river and the wheel"),
        ("paragraph", PROSE),
        ("heading", "Grinding"),
        ("paragraph", f"{PROSE[:-1]} and the river falls."),
        ("list_item", "Wheat"),
        ("list_item", "1. Wheat of the hill"),
        ("list_item", "Rye"),
        ("list_item", "1. Rye of the hill"),
        ("caption", "The wheel as it was in spring"),
        ("footnote", "1 By its own account."),
    ]
    assert {block.provenance for block in found.blocks} == {Provenance.TAGS}
    assert [block.depth for block in found.blocks if block.kind is BlockKind.LIST_ITEM] == [0, 1, 0, 1]
    assert "- Wheat\n  1. Wheat of the hill\n- Rye" in found.text
    analyser = StructureAnalyser(facts)
    analyser.add(found)
    structure = analyser.finish()
    assert structure.source == "tags"
    assert [(section.level, section.title) for section in structure.sections] == [
        (1, "The river and the wheel"),
        (2, "Grinding"),
    ]
    spool = PageSpool()
    spool.add(found)
    [file] = page_files(spool, facts, structure)
    assert [block.level for block in file.blocks if block.kind == "heading"] == [1, 2]


def test_the_order_of_the_tags_is_that_of_reading(read: Reader) -> None:
    """Two stories side by side whose lines were drawn across both."""
    pdf = TaggedPdf()
    page, top = pdf.page(), pdf.element("Document")
    left, right = pdf.element("Sect", top), pdf.element("Sect", top)
    for index in range(3):
        y = 100 + 60 * index
        page.text(pdf.element("P", left), f"Left story, part {index + 1} of it.", 60, y)
        page.text(pdf.element("P", right), f"Right story, part {index + 1} of it.", 230, y)

    _, [found] = read(pdf)

    assert [text for _, text in kinds(found)] == [
        *(f"Left story, part {index} of it." for index in (1, 2, 3)),
        *(f"Right story, part {index} of it." for index in (1, 2, 3)),
    ]


def test_texts_for_those_who_do_not_see_are_used(read: Reader) -> None:
    pdf = TaggedPdf()
    page, top = pdf.page(), pdf.element("Document", entries="/Lang (de-AT)")
    page.text(pdf.element("P", top), PROSE, 60, 80)
    figure = pdf.element("Figure", top, "/Alt (A wheel turns in the river) /A << /O /Layout /BBox [60 600 300 700] >>")
    page.mark(figure, [], inner="60 600 240 100 re f ")
    nothing = pdf.element("Figure", top, "/Alt (image001.png) /A << /O /Layout /BBox [60 500 300 590] >>")
    page.mark(nothing, [], inner="60 500 240 90 re f ")
    page.text(pdf.element("P", top, "/Lang (en) /ActualText (Grinding)"), "Gr!nd!ng", 60, 380)
    line = pdf.element("P", top)
    page.text(line, "Ask the", 60, 420)
    page.text(pdf.element("Span", line, "/E (Millers of the Lower Valley)"), "MLV", 97, 420)
    page.text(line, "about it.", 122, 420)
    word = pdf.element("Span", pdf.element("P", top), "/ActualText (office)")
    page.text(pdf.element("Span", word), "of", 60, 450)
    page.text(pdf.element("Span", word), "fi", 69, 450)
    page.text(pdf.element("Span", word), "ce", 77, 450)

    facts, [found] = read(pdf)

    assert kinds(found) == [
        ("paragraph", PROSE),
        ("figure", "A wheel turns in the river"),
        ("paragraph", "Grinding"),
        ("paragraph", "Ask the MLV (Millers of the Lower Valley) about it."),
        ("paragraph", "office"),
    ]
    [box] = found.blocks[1].boxes
    assert box == pytest.approx((60, 142, 300, 242))
    assert facts.language == "de-AT"
    assert [block.language for block in found.blocks] == ["de-AT", "de-AT", "en", "de-AT", "de-AT"]


def test_what_is_marked_as_none_of_the_text_is_a_running_line(read: Reader) -> None:
    """On the only page: nothing recurs that could tell."""
    pdf = TaggedPdf()
    page, top = pdf.page(), pdf.element("Document")
    page.artifact("The mill, a report", 60, 40)
    for index in range(3):
        page.text(pdf.element("P", top), PROSE, 60, 90 + 30 * index)
    page.artifact("sheet 7 of 9", 280, 800)

    facts, [found] = read(pdf)

    assert kinds(found)[0] == ("running_line", "The mill, a report")
    assert kinds(found)[-1] == ("running_line", "sheet 7 of 9")
    analyser = StructureAnalyser(facts)
    analyser.add(found)
    running = analyser.finish().running[1]
    assert [found.text[start:end] for start, end in running] == ["The mill, a report", "sheet 7 of 9"]


@pytest.mark.parametrize(
    "catalog", ["", "/MarkInfo << /Marked false >>", "/MarkInfo << /Marked true /Suspects true >>"]
)
def test_a_document_that_does_not_stand_by_its_tags_is_read_without_them(read: Reader, catalog: str) -> None:
    pdf = TaggedPdf(catalog)
    page = pdf.page()
    page.text(pdf.element("H1"), PROSE, 60, 80)

    _, [found] = read(pdf)

    assert kinds(found) == [("paragraph", PROSE)]
    assert found.notes == ()
