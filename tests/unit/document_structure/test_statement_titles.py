"""Titles of statements, printed like the figures below them."""

import pytest

from document_structure import Structure
from document_structure.periods import is_only_period_or_unit
from document_structure.statement_titles import is_name_of_statement, titles_of_statements
from tests.support.printing import WIDTH, Sheet, structure_of

COMPANY = "THE MILL COMPANY AND ITS SUBSIDIARIES"


def _centred(sheet: Sheet, text: str, *, bold: bool = True, in_table: bool = False, gap: float = 2.0) -> Sheet:
    return sheet.line(text, bold=bold, x=WIDTH / 2 - 2.5 * len(text), in_table=in_table, gap=gap)


def _titles(structure: Structure) -> list[str]:
    return [section.title for section in structure.sections]


def _statement(number: int, *titles: str, bold: bool = True, in_table: bool = False) -> Sheet:
    """A page of figures below titles, with bold type among the figures, as reports have it."""
    sheet = Sheet(number)
    for title in titles:
        _centred(sheet, title, bold=bold, in_table=in_table)
    sheet.line("2021", bold=True, x=400.0, in_table=in_table, gap=8.0)
    sheet.line("2020", bold=True, x=500.0, same_row=True, in_table=in_table)
    for group in ("Current", "Other"):
        sheet.line(f"{group} things:", bold=True, in_table=in_table).figures(8, in_table=in_table)
    return sheet


@pytest.mark.parametrize("bold", [True, False])
@pytest.mark.parametrize("in_table", [True, False])
def test_a_title_alone_above_its_figures_is_a_heading(bold: bool, in_table: bool) -> None:
    names = [f"Consolidated {name}" for name in ("Balance Sheets", "Statements of Income", "Statements of Cash Flows")]
    sheets = [_statement(number, name, bold=bold, in_table=in_table) for number, name in enumerate(names, 1)]
    assert [title for title in _titles(structure_of(*sheets)) if "things" not in title] == names


def test_the_companys_name_above_and_the_period_below_are_no_headings() -> None:
    names = ("BALANCE SHEETS", "STATEMENTS OF OPERATIONS", "STATEMENTS OF CASH FLOWS", "STATEMENTS OF EQUITY")
    sheets = [_statement(2 * n, COMPANY, name, "Years ended May 31, 2021 and 2020") for n, name in enumerate(names, 1)]
    between = [Sheet(2 * n + 1).paragraph(20) for n in range(1, 5)]
    structure = structure_of(*(sheet for pair in zip(sheets, between, strict=True) for sheet in pair))
    assert [title for title in _titles(structure) if "things" not in title] == list(names)


def test_a_statement_over_two_pages_has_one_heading() -> None:
    sheets = [
        _statement(1, "Consolidated Balance Sheets"),
        _statement(2, "Consolidated Balance Sheets"),
        _statement(3, "Consolidated Statements of Income"),
        _statement(4, "Consolidated Statements of Income (continued)"),
    ]
    structure = structure_of(*sheets)
    found = [(section.page, section.title) for section in structure.sections if "Consolidated" in section.title]
    assert found == [(1, "Consolidated Balance Sheets"), (3, "Consolidated Statements of Income")]
    assert "Consolidated Statements of Income" in structure.path_at(4, 0)


def test_the_companys_name_may_stand_at_the_other_end_of_the_row() -> None:
    sheets = []
    for number, name in enumerate(("Balance Sheets", "Statements of Income"), 1):
        sheet = Sheet(number).line(f"Consolidated {name}", bold=True)
        sheets.append(sheet.line("The Mill Company", bold=True, x=450.0, same_row=True).figures(20))
    assert _titles(structure_of(*sheets)) == ["Consolidated Balance Sheets", "Consolidated Statements of Income"]


def _mentioned() -> Sheet:
    return Sheet(1).paragraph(8).line("Consolidated Balance Sheets", gap=2.0).paragraph(4)


def _listed() -> Sheet:
    sheet = Sheet(1)
    for page, name in enumerate(("Balance Sheets", "Statements of Income", "Statements of Equity"), 50):
        sheet.line(f"Consolidated {name}", bold=True, gap=6.0).line(str(page), x=500.0, same_row=True)
    return sheet.figures(20)


def _above_a_column() -> Sheet:
    return Sheet(1).line("Balance Sheet", bold=True, x=400.0).line("Location", bold=True, x=420.0).figures(20)


def _in_a_table() -> Sheet:
    sheet = Sheet(1).line("2021", bold=True, x=500.0, in_table=True)
    return sheet.line("Consolidated balance sheet", bold=True, in_table=True).figures(20, in_table=True)


@pytest.mark.parametrize("sheet", [_mentioned(), _listed(), _above_a_column(), _in_a_table()])
def test_a_statement_that_is_mentioned_listed_or_names_a_column_or_row_is_no_title(sheet: Sheet) -> None:
    assert not titles_of_statements(sheet.lines, WIDTH)


@pytest.mark.parametrize(
    "title",
    [
        "CONSOLIDATED STATEMENTS OF CASH FLOWS",
        "Mill, Inc. Condensed Consolidated Statements of Comprehensive Income (Loss) (Unaudited)",
        "Consolidated Statement of Changes in Shareholders’ Equity",
        "Statements of Financial Position",
        "Cash Flows Statements",
        "BILAN CONSOLIDÉ",
        "Compte de résultat consolidé",
        "Tableau des flux de trésorerie",
        "Konzernbilanz zum 31. Dezember 2021",
        "Konzern-Gewinn- und Verlustrechnung",
        "Kapitalflussrechnung",
        "Estado de situación financiera consolidado",
        "Balance general",
        "Conto economico consolidato",
        "合并资产负债表",
        "連結損益計算書",
        "연결재무상태표",
    ],
)
def test_names_of_statements(title: str) -> None:
    assert is_name_of_statement(title)


@pytest.mark.parametrize(
    "title",
    [
        "Notes to Consolidated Balance Sheets",
        "Off-Balance Sheet Arrangements",
        "Gross Amounts not Offset in the Consolidated Balance Sheet",
        "Certain Balance Sheet Data",
        "Statement of Earnings Location",
        "Statement of Policy",
        "Results of Operations",
    ],
)
def test_what_only_speaks_of_statements(title: str) -> None:
    assert not is_name_of_statement(title)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(in millions, except per share data)", True),
        ("As of December 31, 2022", True),
        ("Years Ended May 31, 2021 and 2020", True),
        ("exercice clos le 31 décembre 2021", True),
        ("in Millionen Euro", True),
        ("Fiscal 2021", False),
        ("December Sales", False),
        ("Share Data", False),
    ],
)
def test_periods_and_units(text: str, expected: bool) -> None:
    assert is_only_period_or_unit(text) is expected
