"""Notes to statements: one title, however often it recurs, and each note below it."""

import pytest

from document_structure import Structure
from document_structure.statement_titles import is_name_of_notes
from tests.support.printing import Sheet, structure_of

TITLE = "NOTES TO FINANCIAL STATEMENTS"
TOPICS = ("Policies", "Leases", "Debt", "Taxes")


def _report(form: str, *, subheading_size: float = 10.0) -> Structure:
    """Two items, with a note on each of four pages of the first, all in bold type of one size."""
    sheets = [
        Sheet(1).line("Item 7. Analysis", bold=True).paragraph().line("Item 8. Statements", bold=True).paragraph()
    ]
    for number, topic in enumerate(TOPICS, 1):
        continued = "" if number == 1 else " (continued)"
        sheet = Sheet(number + 1).line(TITLE + continued, bold=True, at=40.0, x=220.0)
        sheet.line(form.format(number, topic), bold=True, gap=20.0).paragraph(4)
        sheet.line(f"Use of {topic.lower()}", bold=True, gap=12.0, size=subheading_size).paragraph(4)
        sheets.append(sheet.figures(8))
    sheets.append(Sheet(6).line("Item 9. Controls", bold=True, gap=20.0).paragraph())
    return structure_of(*sheets)


@pytest.mark.parametrize("form", ["Note {} - {}", "{}. {}", "({}) {}"])
@pytest.mark.parametrize("subheading_size", [10.5, 12.0])
def test_each_note_stands_below_the_one_title_of_the_notes(form: str, subheading_size: float) -> None:
    structure = _report(form, subheading_size=subheading_size)
    titles = [section.title for section in structure.sections]
    assert titles.count(TITLE) == 1
    notes = [form.format(number, topic) for number, topic in enumerate(TOPICS, 1)]
    assert [title for title in titles if title in notes] == notes
    paths = {section.title: structure.path_at(section.page, section.offset) for section in structure.sections}
    assert paths[notes[1]] == ("Item 8. Statements", TITLE, notes[1])
    assert paths["Use of leases"] == ("Item 8. Statements", TITLE, notes[1], "Use of leases")
    assert paths["Item 9. Controls"] == ("Item 9. Controls",)


def test_an_auditors_report_is_no_part_of_the_notes_nor_a_statement_of_the_report() -> None:
    auditor = "REPORT OF INDEPENDENT ACCOUNTANTS"
    sheets = [
        Sheet(1).line("Item 7. Analysis", bold=True).paragraph().line("Item 8. Statements", bold=True).paragraph()
    ]
    sheets.append(Sheet(2).heading(auditor).paragraph().heading("Basis for Opinion", size=12).paragraph())
    sheets.append(Sheet(3).line("BALANCE SHEETS", bold=True, x=260.0).figures(20))
    sheets.append(Sheet(4).line(TITLE, bold=True, x=220.0).line("1. Policies", bold=True, gap=12.0).paragraph())
    sheets[3].line("2. Leases", bold=True, gap=12.0).paragraph().line("3. Debt", bold=True, gap=12.0).paragraph()
    sheets.append(Sheet(5).heading(auditor).paragraph().line("Item 9. Controls", bold=True, gap=20.0).paragraph())
    structure = structure_of(*sheets)
    paths = [structure.path_at(section.page, section.offset) for section in structure.sections]
    assert ("Item 8. Statements", "BALANCE SHEETS") in paths
    assert paths.count(("Item 8. Statements", auditor)) == 2
    assert ("Item 8. Statements", TITLE, "3. Debt") in paths


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Notes to Consolidated Financial Statements", True),
        ("Mill, Inc. Notes to the Condensed Consolidated Financial Statements (Unaudited)", True),
        ("Annexe aux comptes consolidés", True),
        ("Konzernanhang", True),
        ("Notas a los estados financieros", True),
        ("合并财务报表附注", True),
        ("連結財務諸表注記", True),
        ("See the notes that follow", False),
        ("Notes Payable", False),
        ("Notes to Readers", False),
    ],
)
def test_names_of_notes(title: str, expected: bool) -> None:
    assert is_name_of_notes(title) is expected
