"""What the printed contents list is a heading on the page that they name, however it is printed there."""

import time

import pytest

from document_structure import Structure, StructureAnalyser
from document_structure.contents_places import Match, SoughtTitles
from document_structure.printed_contents import Entry
from pdf_reader.document import DocumentFacts, Line
from tests.support.printing import Sheet, structure_of

NAMES = ("Business", "Dangers and Risks", "Properties", "Lawsuits", "Executive Officers", "Controls")


def _body(page: int, name: str) -> Sheet:
    """Printed like the text that follows, without space between."""
    return Sheet(page).paragraph(5).line(name).paragraph(5)


def _titles(structure: Structure) -> list[str]:
    return [section.title for section in structure.sections]


def test_a_title_in_plain_type_is_found_where_its_link_leads() -> None:
    contents = Sheet(1)
    pages = [_body(page, name) for page, name in enumerate(NAMES, 2)]
    for sheet, name in zip(pages, NAMES, strict=True):
        top = next(line.bbox[1] for line in sheet.lines if line.text == name)
        contents.line(name, gap=6.0).link(sheet.number, top)

    assert _titles(structure_of(contents, *pages)) == list(NAMES)


def test_of_two_lines_with_the_title_the_link_means_the_nearer_one() -> None:
    contents = Sheet(1)
    pages = [_body(page, name) for page, name in enumerate(NAMES, 2)]
    pages[0].line("Business", gap=200.0).paragraph(3)
    for sheet, name in zip(pages, NAMES, strict=True):
        contents.line(name, gap=6.0).link(sheet.number, [line for line in sheet.lines if line.text == name][-1].bbox[1])

    found = next(section for section in structure_of(contents, *pages).sections if section.title == "Business")

    assert found.offset == [line for line in pages[0].lines if line.text == "Business"][-1].start


@pytest.mark.parametrize("labels", [(), ("cover", "i", "ii", "1", "2", "3", "4", "5", "6")])
def test_printed_page_numbers_are_resolved(labels: tuple[str, ...]) -> None:
    contents = Sheet(2)
    for number, name in enumerate(NAMES, 1):
        contents.line(f"{name} {'.' * 40} {number}", gap=6.0)
    pages = [Sheet(1).paragraph(), contents, Sheet(3).paragraph()]
    pages += [_body(page, name) for page, name in enumerate(NAMES, 4)]
    pages[4].line("Business", gap=30.0).paragraph(3)
    analyser = StructureAnalyser(DocumentFacts(9, page_labels=labels))
    for sheet in pages:
        analyser.add(sheet.page())

    found = [(section.page, section.title) for section in analyser.finish().sections]

    assert found == list(enumerate(NAMES, 4))


def test_a_title_ends_where_the_contents_end_it() -> None:
    contents = Sheet(1)
    pages = []
    for page, name in enumerate(NAMES, 2):
        contents.line(name, gap=6.0).link(page)
        sheet = Sheet(page).heading(f"Item {page}.", size=12).line(name, size=12, bold=True, font="Sans")
        pages.append(sheet.line("Overview of the year", size=12, bold=True, font="Sans").paragraph(6))
    for structure in (structure_of(contents, *pages),):
        assert {"Dangers and Risks", "Overview of the year"} <= set(_titles(structure))


def test_contents_in_the_cells_of_a_table_are_no_headings_themselves() -> None:
    contents = Sheet(1)
    for number, name in enumerate(NAMES, 1):
        if number in (1, 4):
            contents.line(f"PART {'I' * (number // 3 + 1)}", bold=True, in_table=True)
        contents.line(f"Item {number}.", in_table=True).line(name, x=150.0, same_row=True, in_table=True)
        contents.link(number + 1)
    body = [Sheet(n + 1).line(f"Item {n}. {name}", bold=True).paragraph(6) for n, name in enumerate(NAMES, 1)]
    assert _titles(structure_of(contents, *body)) == [f"Item {n}. {name}" for n, name in enumerate(NAMES, 1)]


def test_the_level_of_an_entry_is_not_that_of_its_words_on_another_page() -> None:
    contents = Sheet(1)
    pages = []
    for page, name in enumerate(NAMES, 2):
        contents.line(name, gap=6.0).line(str(page), x=500.0, same_row=True)
        sheet = Sheet(page).heading(name, size=16).paragraph().heading("Notes", size=12)
        pages.append(sheet.paragraph().heading("Business", size=11).paragraph())
    structure = structure_of(contents, *pages)
    paths = [structure.path_at(section.page, section.offset) for section in structure.sections]
    assert [path for path in paths if path[-1] == "Business" and len(path) == 1] == [("Business",)]


def test_a_part_above_a_title_that_the_contents_list_alone_contains_it() -> None:
    contents = Sheet(1)
    pages = []
    for page, name in enumerate(NAMES, 2):
        contents.line(name, gap=6.0).link(page)
        sheet = Sheet(page)
        if page in (2, 5):
            sheet.line("PART " + "I" * (page // 3 + 1), bold=True, size=12)
        pages.append(sheet.line(name, bold=True, size=12).paragraph())
    structure = structure_of(contents, *pages)
    assert structure.path_at(2, pages[0].lines[-1].start) == ("PART I", "Business")
    assert structure.path_at(6, pages[4].lines[-1].start) == ("PART II", "Executive Officers")


def test_the_evidence_is_told() -> None:
    contents = Sheet(1)
    pages = [_body(page, name) for page, name in enumerate(NAMES, 2)]
    for sheet, name in zip(pages, NAMES, strict=True):
        contents.line(name, gap=6.0).link(sheet.number)
    sheets = [contents.page(), *(sheet.page() for sheet in pages)]
    analyser = StructureAnalyser(DocumentFacts(len(sheets)))
    for page in sheets:
        analyser.add(page)
    told = [line for line in analyser.explain("Lawsuits", sheets) if line.is_heading]
    assert [(line.page, line.verdict.reason) for line in told] == [(5, "where the printed contents lead")]


@pytest.mark.parametrize(
    ("after", "path"), [("Annex", ("Prices of Grain",)), ("Storing", ("Milling", "Stones", "Prices of Grain"))]
)
def test_a_table_over_many_pages_ends_the_chapter_before_it_unless_that_goes_on(
    after: str, path: tuple[str, ...]
) -> None:
    contents = Sheet(1)
    listed = (("Buying", 2, 0), ("Grain", 2, 20), ("Milling", 3, 0), ("Stones", 3, 20), (after, 7, 0), ("Tests", 7, 20))
    for name, page, indent in listed:
        contents.line(f"{name} {'.' * 40} {page}", x=60.0 + (20 if name == "Storing" else indent))
    first = Sheet(2).heading("Buying", size=18).paragraph().heading("Grain").paragraph()
    second = Sheet(3).heading("Milling", size=18).paragraph().heading("Stones").paragraph()
    table = [Sheet(4).heading("Prices of Grain", size=12).figures(20, in_table=True)]
    for page in (5, 6):
        table.append(Sheet(page).heading("Prices of Grain (continued)", size=12).figures(20, in_table=True))
    size = 18 if after == "Annex" else 14
    last = Sheet(7).heading(after, size=size).paragraph().heading("Tests").paragraph()
    structure = structure_of(contents, first, second, *table, last)
    assert structure.path_at(5, 0) == path


#: Of a quarterly report: part, number, title.
QUARTERLY = (
    ("Part I", "1", "Financial Statements"),
    ("", "2", "Discussion and Analysis"),
    ("", "3", "Disclosures About Risk"),
    ("", "4", "Controls and Procedures"),
    ("Part II", "1", "Legal Proceedings"),
    ("", "2", "Sales of Equity"),
    ("", "5", "Other Information"),
    ("", "6", "Exhibits"),
)


def _short_contents(*, titled: bool, linked: bool, link_height: float | None) -> Sheet:
    """A list of labels and titles with page numbers, and below it more text than the list itself has."""

    def row(*cells: str, page: int) -> None:
        for x, cell in zip((60.0, 110.0), cells, strict=False):
            contents.line(cell, x=x, same_row=x > 60, in_table=True)
        contents.line(str(page), x=500.0, same_row=True, in_table=True)
        if linked:
            contents.link(page, height=link_height)

    contents = Sheet(1).line("TABLE OF CONTENTS" if titled else "Quarterly report", bold=True)
    for page, (part, number, title) in enumerate(QUARTERLY, 2):
        if part:
            row(f"{part} - of the report", page=page)
        row(f"Item {number}.", title, page=page)
        if number == "1" and page == 2:
            for letter in "abcd":
                row(f"{letter})", f"Statements of kind {letter}", page=page)
    return contents.heading("Where we say more", size=12).paragraph(30)


@pytest.mark.parametrize(
    ("titled", "linked", "link_height"),
    [
        pytest.param(True, False, None, id="title"),
        pytest.param(False, True, None, id="links"),
        pytest.param(False, True, 0.8, id="thin links"),
    ],
)
def test_contents_that_share_their_page_with_text_are_no_headings(
    titled: bool, linked: bool, link_height: float | None
) -> None:
    contents = _short_contents(titled=titled, linked=linked, link_height=link_height)
    body = []
    for page, (part, number, title) in enumerate(QUARTERLY, 2):
        sheet = Sheet(page)
        if part:
            sheet.line(f"{part} - of the report", bold=True)
        body.append(sheet.line(f"Item {number}. {title}", bold=True).paragraph(6))

    sections = structure_of(contents, *body).sections

    found = [(section.page, section.title) for section in sections if section.title.startswith("Item")]
    assert found == [(page, f"Item {number}. {title}") for page, (_, number, title) in enumerate(QUARTERLY, 2)]


def test_figures_above_text_are_no_contents() -> None:
    """Rows that end in rising numbers, with neither links nor a title that says that they are contents."""
    figures = Sheet(1).line("Staff by country", bold=True)
    for number, name in enumerate(NAMES, 1):
        figures.line(name, in_table=True).line(str(3 * number), x=500.0, same_row=True, in_table=True)
    figures.paragraph(20)
    body = [_body(page, name) for page, name in enumerate(NAMES, 2)]

    assert not set(_titles(structure_of(figures, *body))) & set(NAMES)


def test_many_entries_with_one_title_are_looked_for_once() -> None:
    sought = SoughtTitles()
    sought.add([Entry("Remarks", 0, 10, False, 0, False, True)] * 3_000)
    lines = [Line("Remarks", (0, 0, 50, 10), 10, False, False, "Serif", 0, 0, 0, 7)] * 200
    began = time.process_time()

    found = sought.among(lines, 1)

    assert found == {index: Match(index, 0, by_link=False) for index in range(200)}
    assert time.process_time() - began < 0.5
