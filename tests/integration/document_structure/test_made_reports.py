"""Reports that the tests make: contents with links, parts, items, statements and notes, read by the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest

from document_structure import Structure, StructureAnalyser
from pdf_reader.document import ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

PROSE = "The miller weighs every sack twice and writes the weight down before the cart may leave the yard. "
FORMS = {
    "English": ("PART {}", "Item {}.", "CONSOLIDATED BALANCE SHEETS", "NOTES TO FINANCIAL STATEMENTS", "tibo"),
    "French": ("PARTIE {}", "Article {}.", "BILAN CONSOLIDÉ", "ANNEXE AUX COMPTES CONSOLIDÉS", "tibo"),
    "German": ("Teil {}", "Artikel {}", "KONZERNBILANZ", "KONZERNANHANG", "tibo"),
    "Spanish": ("PARTE {}", "Artículo {}.", "BALANCE GENERAL", "NOTAS A LOS ESTADOS FINANCIEROS", "tibo"),
    "Chinese": ("第{}部分", "第{}条", "合并资产负债表", "合并财务报表附注", "china-s"),
    "Japanese": ("第{}部", "第{}条", "連結貸借対照表", "連結財務諸表注記", "japan"),
}  # fmt: skip
TOPICS = ("Grain", "Risks", "Mills", "Figures")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[PdfSandbox]:
    sandbox = PdfSandbox(SandboxLimits(), 1)
    yield sandbox
    sandbox.close()


def _write(page: pymupdf.Page, text: str, y: float, *, x: float = 60, font: str = "tiro") -> None:
    page.insert_text((x, y), text, fontsize=10, fontname=font)


def _prose(page: pymupdf.Page, top: float) -> None:
    for line in range(6):
        _write(page, (PROSE[line * 7 :] + PROSE)[:95], top + 13 * line)


def _figures(page: pymupdf.Page, top: float) -> None:
    for row in range(20):
        y = top + 15 * row
        _write(page, f"Sacks of kind {row}", y)
        _write(page, f"{row + 1},{row}40", y, x=380)
        _write(page, f"{row + 2},{row}15", y, x=480)


def _report(path: Path, language: str) -> None:
    """Contents on page 1, two parts of two items each, and in the last of them a statement and two notes."""
    part, item, statement, notes, font = FORMS[language]
    document = pymupdf.open()
    document.new_page()
    for number in range(1, 5):
        page = document.new_page()
        y = 90.0
        if number % 2:
            _write(page, part.format(number // 2 + 1), y, x=270, font=font)
            y += 30
        _write(page, f"{item.format(number)} {TOPICS[number - 1]}", y, font=font)
        _prose(page, y + 30)
    sheet = document.new_page()
    _write(sheet, statement, 60, x=306 - 3 * len(statement) * (2 if font in ("china-s", "japan") else 1), font=font)
    _figures(sheet, 100)
    for number, topic in ((1, "Rules"), (2, "Leases"), (3, "Debt")):
        page = document.new_page()
        _write(page, notes, 60, x=306 - 3 * len(notes) * (2 if font in ("china-s", "japan") else 1), font=font)
        _write(page, f"{number}. {topic}", 90, font="tibo")
        _prose(page, 120)
    contents = document[0]
    for number in range(1, 5):
        _write(contents, f"{item.format(number)} {TOPICS[number - 1]}", 80 + 20 * number, font=font)
        rect = pymupdf.Rect(60, 68 + 20 * number, 300, 84 + 20 * number)
        contents.insert_link({"kind": pymupdf.LINK_GOTO, "from": rect, "page": number, "to": pymupdf.Point(0, 60)})
    document.save(path)


def _structure(sandbox: PdfSandbox, path: Path, working_folder: Path) -> Structure:
    facts = sandbox.open(path)
    analyser = StructureAnalyser(facts)
    for page in sandbox.read(path, facts, ReadOptions(images=False), working_folder, lambda: None):
        analyser.add(page)
    return analyser.finish()


@pytest.mark.parametrize("language", FORMS)
def test_parts_items_statements_and_notes_stand_in_each_other(
    language: str, sandbox: PdfSandbox, tmp_path: Path
) -> None:
    part, item, statement, notes, _ = FORMS[language]
    _report(tmp_path / "report.pdf", language)

    structure = _structure(sandbox, tmp_path / "report.pdf", tmp_path)

    paths = {section.title: structure.path_at(section.page, section.offset) for section in structure.sections}
    titles = {number: f"{item.format(number)} {TOPICS[number - 1]}" for number in range(1, 5)}
    assert paths[titles[2]] == (part.format(1), titles[2])
    assert paths[titles[4]] == (part.format(2), titles[4])
    assert paths[statement] == (part.format(2), titles[4], statement)
    assert paths["3. Debt"] == (part.format(2), titles[4], notes, "3. Debt")
    assert [section.title for section in structure.sections].count(notes) == 1
