"""Headings that a series of labels counts, on pages in one look."""

import pytest

from document_structure import Structure
from tests.support.printing import Sheet, structure_of

NAMES = ("Business", "Risk Factors", "Properties", "Legal Proceedings", "Controls")


def _titles(structure: Structure) -> list[str]:
    return [section.title for section in structure.sections]


def _items(first_page: int, part: str, numbers: tuple[str, ...], *, running: str = "") -> Sheet:
    sheet = Sheet(first_page)
    if running:
        sheet.line(running, at=30.0)
    sheet.line(part, bold=True, gap=30.0, x=250.0)
    for number, name in zip(numbers, NAMES, strict=False):
        sheet.line(f"Item {number}. {name}", bold=True, gap=10.0)
        sheet.line("Overview", bold=True, gap=10.0).paragraph(5)
    return sheet


def test_items_stand_below_their_parts_though_all_is_printed_alike() -> None:
    sheets = [_items(1, "PART I", ("1", "1A", "2")), _items(2, "PART II", ("5", "7", "7A", "8"))]
    structure = structure_of(*sheets)
    numbered = [title for title in _titles(structure) if title != "Overview"]
    assert numbered == [
        "PART I",
        "Item 1. Business",
        "Item 1A. Risk Factors",
        "Item 2. Properties",
        "PART II",
        "Item 5. Business",
        "Item 7. Risk Factors",
        "Item 7A. Properties",
        "Item 8. Legal Proceedings",
    ]
    paths = [structure.path_at(section.page, section.offset) for section in structure.sections]
    assert all(path[0].startswith("PART") for path in paths)
    assert all(len(path) == 2 for path in paths if path[-1].startswith("Item"))
    assert all(path[-2].startswith("Item") for path in paths if path[-1] == "Overview")


def test_a_label_and_its_title_in_separate_cells_are_one_heading() -> None:
    sheets = []
    for page in (1, 2, 3):
        sheet = Sheet(page).paragraph(4)
        sheet.line(f"Item {page}.", bold=True, gap=10.0)
        sheet.line(NAMES[page], bold=True, x=150.0, same_row=True).paragraph(6)
        sheets.append(sheet)
    assert _titles(structure_of(*sheets)) == [f"Item {page}. {NAMES[page]}" for page in (1, 2, 3)]


def test_an_item_is_no_heading_twice_when_it_is_listed_and_mentioned() -> None:
    contents = Sheet(1)
    for number, name in enumerate(NAMES, 1):
        contents.line(f"Item {number}.", gap=6.0).line(name, x=150.0, same_row=True)
        contents.line(str(number + 1), x=540.0, same_row=True)
    body = [Sheet(n + 1).line(f"Item {n}. {name}", bold=True).paragraph(6) for n, name in enumerate(NAMES, 1)]
    body[4].line("Item 2 of this report says more about", gap=10.0).paragraph(3)

    assert _titles(structure_of(contents, *body)) == [f"Item {n}. {name}" for n, name in enumerate(NAMES, 1)]


def test_a_running_head_that_names_the_item_is_not_the_item() -> None:
    sheets = [_items(n, "Title", (str(n),), running=f"Item {n}") for n in (1, 2, 3, 4)]
    for sheet in sheets:
        sheet.footer("Annual report")
    found = [title for title in _titles(structure_of(*sheets)) if title.startswith("Item")]
    assert found == [f"Item {n}. Business" for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("part", "article"),
    [
        ("PARTIE {}", "Article {}. Objet"),
        ("Teil {}", "Artikel {} Zweck"),
        ("PARTE {}", "Artículo {}. Objeto"),
        ("Kapitel {}", "§ {} Zweck"),
        ("第{}部", "第{}条 目的"),
        ("第{}章", "第{}節 目的"),
    ],
)
def test_other_languages_count_as_well(part: str, article: str) -> None:
    sheets, number = [], 0
    for page in (1, 2, 3):
        sheet = Sheet(page).line(part.format(page), bold=True, gap=20.0, x=250.0).paragraph(2)
        for _ in range(3):
            number += 1
            sheet.line(article.format(number), gap=10.0).paragraph(5)
        sheets.append(sheet)
    structure = structure_of(*sheets)
    expected = [(1 if step == 0 else 2) for _ in range(3) for step in range(4)]
    assert [section.level for section in structure.sections] == expected


def test_a_label_in_front_of_a_paragraph_is_a_heading_without_the_paragraph() -> None:
    sheets = []
    for page in (1, 2, 3):
        sheet = Sheet(page)
        sheet.line(f"Section {page}. Short title. In this law the words that follow are", gap=10.0)
        for _ in range(6):
            sheet.line("words that go on for as long as the column of the page is wide")
        sheets.append(sheet)
    assert _titles(structure_of(*sheets)) == [f"Section {page}. Short title" for page in (1, 2, 3)]


def test_a_continued_heading_is_no_new_section() -> None:
    first = Sheet(1).heading("Notes on the Figures").paragraph()
    second = Sheet(2).heading("Notes on the Figures (continued)").paragraph().heading("Prices").paragraph()
    assert _titles(structure_of(first, second)) == ["Notes on the Figures", "Prices"]


def test_an_exhibit_is_a_document_of_its_own_and_its_number_on_the_next_page_is_none() -> None:
    report = [Sheet(n).line(f"Item {n}. {NAMES[n]}", bold=True).paragraph() for n in (1, 2, 3)]
    exhibit = Sheet(4).heading("Exhibit 21.1").paragraph().heading("Subsidiaries").paragraph()
    more = Sheet(5).heading("Exhibit 21.1").paragraph()
    structure = structure_of(*report, exhibit, more)
    assert _titles(structure)[3:] == ["Exhibit 21.1", "Subsidiaries"]
    assert structure.path_at(5) == ("Exhibit 21.1", "Subsidiaries")


def test_notes_stand_below_the_heading_of_the_notes() -> None:
    sheet = Sheet(1)
    for number in ("7", "7A", "8"):
        sheet.line(f"Item {number}. Figures", bold=True, gap=10.0).paragraph(5)
    sheet.heading("Notes to Financial Statements").paragraph(3)
    for number in (1, 2, 3):
        sheet.line(f"Note {number}: Leases", bold=True, gap=10.0).paragraph(4)
    structure = structure_of(sheet)
    last = structure.sections[-1]
    assert structure.path_at(last.page, last.offset) == (
        "Item 8. Figures",
        "Notes to Financial Statements",
        "Note 3: Leases",
    )
