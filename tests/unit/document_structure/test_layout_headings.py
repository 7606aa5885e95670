"""Headings found by how they are printed, on synthetic pages."""

import pytest

from document_structure import Structure
from tests.support.printing import Sheet, offset_of, structure_of


def _titles(structure: Structure) -> list[str]:
    return [section.title for section in structure.sections]


def _levels(structure: Structure) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in structure.sections]


def test_larger_bold_lines_are_sections_and_their_sizes_are_their_levels() -> None:
    sheet = Sheet(1).heading("Weapons", size=18).paragraph().heading("Bows").paragraph().heading("Swords").paragraph()
    second = Sheet(2).heading("Armour", size=18).paragraph().heading("Shields").paragraph()

    structure = structure_of(sheet, second)

    assert structure.source == "layout"
    assert _levels(structure) == [(1, "Weapons"), (2, "Bows"), (2, "Swords"), (1, "Armour"), (2, "Shields")]
    assert structure.path_at(2, offset_of(second, "Shields")) == ("Armour", "Shields")


def test_plain_text_alone_has_no_sections() -> None:
    structure = structure_of(Sheet(1).paragraph(20), Sheet(2).paragraph(20))
    assert (structure.sections, structure.source) == ((), "none")


def test_a_document_without_text_has_no_structure() -> None:
    structure = structure_of(Sheet(1), Sheet(2))
    assert (structure.sections, structure.source, dict(structure.running)) == ((), "none", {})


def test_a_title_that_is_broken_over_lines_is_one_section_at_its_first_line() -> None:
    sheet = (
        Sheet(1)
        .paragraph()
        .heading("What to do when the printer has no more pa-")
        .line("per and the deadline is near", size=14, bold=True, font="Sans")
        .paragraph()
    )
    structure = structure_of(sheet, Sheet(2).heading("Another").paragraph())
    assert structure.sections[0].title == "What to do when the printer has no more paper and the deadline is near"
    assert structure.sections[0].offset == offset_of(sheet, "What to do when the printer has no more pa-")


def test_a_chapter_label_on_a_line_of_its_own_belongs_to_the_title_below_it() -> None:
    chapters = [
        Sheet(n)
        .heading(f"Chapter {n}", size=20)
        .heading(title, size=24)
        .paragraph()
        .heading(f"{n}.1 First")
        .paragraph()
        for n, title in ((1, "Beginnings"), (2, "Ends"))
    ]
    assert _levels(structure_of(*chapters)) == [
        (1, "Chapter 1 Beginnings"),
        (2, "1.1 First"),
        (1, "Chapter 2 Ends"),
        (2, "2.1 First"),
    ]


def test_numbers_order_headings_of_one_size() -> None:
    sheet = Sheet(1)
    for title in ("1. Scope", "1.1 Terms", "1.1.1 Symbols", "1.2 Limits", "2. Method"):
        sheet.heading(title, size=12).paragraph(7)
    assert [section.level for section in structure_of(sheet).sections] == [1, 2, 3, 2, 1]


def test_letters_after_the_last_number_are_appendices_not_parts_of_the_last_chapter() -> None:
    sheets = [
        Sheet(n).heading(title).paragraph() for n, title in enumerate(("1. One", "2. Two", "A. Data", "B. Code"), 1)
    ]
    assert {section.level for section in structure_of(*sheets).sections} == {1}


def test_a_letter_that_is_also_a_roman_number_follows_its_sequence() -> None:
    sheet = Sheet(1).heading("I. POLICY", size=12).paragraph(7)
    for letter in "ABCDEFGHIJ":
        sheet.heading(f"{letter}. Rule of {letter}", size=12).paragraph(7)
    sheet.heading("II. SCOPE", size=12).paragraph(7)
    assert [section.level for section in structure_of(sheet).sections] == [1, *[2] * 10, 1]


def test_an_icon_beside_the_text_is_no_parent_of_the_chapters_after_it() -> None:
    sheets = [Sheet(n).heading(f"Part of day {n}", size=16).paragraph() for n in range(1, 6)]
    sheets[2].line("!", size=30, bold=True).paragraph()
    structure = structure_of(*sheets)
    assert _titles(structure) == [f"Part of day {n}" for n in range(1, 6)]


def test_a_number_in_another_font_than_its_title_belongs_to_it_and_brands_no_other() -> None:
    sheets = []
    for chapter in (1, 2, 3):
        sheet = Sheet(chapter).paragraph(6)
        for number in (1, 2, 3):
            sheet.heading(f"{chapter}.{number}")
            sheet.line("工具", size=14, x=100.0, font="Ming", same_row=True).paragraph(3)
        sheets.append(sheet.heading(f"{chapter}.4 git").paragraph(3))

    found = _titles(structure_of(*sheets))

    assert found[:4] == ["1.1 工具", "1.2 工具", "1.3 工具", "1.4 git"]
    assert len(found) == 12


@pytest.mark.parametrize("label", ["Note", "Tip:", "WARNING", "Hinweis", "注意"])
def test_what_stands_above_an_aside_is_no_section(label: str) -> None:
    sheets = [
        Sheet(n).heading(f"Part of day {n}", size=16).paragraph().heading(label, size=11).paragraph() for n in (1, 2, 3)
    ]
    assert _titles(structure_of(*sheets)) == ["Part of day 1", "Part of day 2", "Part of day 3"]


@pytest.mark.parametrize(
    "line",
    [
        "Table 3: Prices of things",
        "Figure 1. The machine",
        "Abbildung 2.1 Die Maschine",
        "• an item in bold",
        "http://example.com/a/b",
        "17",
        "and so it goes on,",
    ],
)
def test_what_is_bold_but_no_heading(line: str) -> None:
    sheet = Sheet(1).heading("Prices").paragraph().line(line, bold=True, gap=8).paragraph()
    assert _titles(structure_of(sheet, Sheet(2).heading("Costs").paragraph())) == ["Prices", "Costs"]


def test_headings_in_a_script_without_case_are_found() -> None:
    sheets = [
        Sheet(1).heading("第1章 戦闘", size=18).paragraph().heading("武器").paragraph(),
        Sheet(2).heading("第2章 呪文", size=18).paragraph().heading("一覧").paragraph(),
    ]
    assert _levels(structure_of(*sheets)) == [(1, "第1章 戦闘"), (2, "武器"), (1, "第2章 呪文"), (2, "一覧")]


def test_a_title_is_never_longer_than_two_hundred_characters() -> None:
    sheet = Sheet(1).paragraph()
    for _ in range(5):
        sheet.line("very large and bold words that go on and on and on", size=16, bold=True, font="Sans")
    sheet.paragraph()
    assert all(len(section.title) <= 200 for section in structure_of(sheet).sections)


def _contents_sheet() -> Sheet:
    sheet = Sheet(1).heading("Contents")
    for title, page, indent in (("Fire", 2, 0), ("Sparks", 2, 20), ("Water", 3, 0), ("Rain", 3, 20), ("Fog", 3, 20)):
        sheet.line(f"{title} {'.' * 40} {page}", x=60.0 + indent)
    return sheet


def test_a_printed_table_of_contents_is_no_section_itself() -> None:
    second = Sheet(2).heading("Fire").paragraph().heading("Sparks").paragraph()
    third = Sheet(3).heading("Water").paragraph().heading("Rain").paragraph().heading("Fog").paragraph()
    assert _titles(structure_of(_contents_sheet(), second, third)) == ["Fire", "Sparks", "Water", "Rain", "Fog"]


def test_the_printed_contents_order_headings_whose_sizes_say_otherwise() -> None:
    pages = [_contents_sheet(), *(Sheet(n) for n in (2, 3))]
    for sheet, titles in zip(pages[1:], (("Fire", "Sparks"), ("Water", "Rain", "Fog")), strict=True):
        for title in titles:
            sheet.heading(title, size=14 if title in ("Fire", "Water") else 13).paragraph()
    pages.append(Sheet(4).heading("Warning", size=18).paragraph())
    pages.append(Sheet(5).heading("Water", size=14).paragraph().heading("Warning", size=18).paragraph())

    structure = structure_of(*pages)

    assert structure.path_at(5, offset_of(pages[4], "Warning"))[0] == "Water"


def test_chapters_that_the_contents_leave_out_are_peers_of_those_listed() -> None:
    contents = Sheet(1).heading("Contents")
    for chapter in (1, 2, 3):
        contents.line(f"{chapter} Title of {chapter} {'.' * 40} {chapter + 1}")
        contents.line(f"{chapter}.1 Part of {chapter} {'.' * 40} {chapter + 1}", x=80.0)
    chapters = []
    for chapter in range(1, 7):
        sheet = Sheet(chapter + 1).paragraph(chapter).heading(f"{chapter} Title of {chapter}").paragraph(3)
        sheet.heading(f"{chapter}.1 Part of {chapter}", size=12).paragraph(3)
        if chapter > 3:
            sheet.heading(f"Remarks on {chapter}").paragraph(3)
        chapters.append(sheet)

    structure = structure_of(contents, *chapters)

    assert [level for level, title in _levels(structure) if title[1:].startswith(" Title")] == [1] * 6
    assert [level for level, title in _levels(structure) if title[1:].startswith(".1 Part")] == [2] * 6


def test_the_last_entry_on_top_of_the_next_page_still_belongs_to_the_contents() -> None:
    second = Sheet(2).line("Steam 3", bold=True, size=12).heading("Fire").paragraph()
    third = Sheet(3).heading("Water").paragraph().heading("Steam").paragraph()
    assert _titles(structure_of(_contents_sheet(), second, third)) == ["Fire", "Water", "Steam"]


def test_a_slide_has_one_section_its_largest_type_on_top() -> None:
    def slide(number: int, *title: str) -> Sheet:
        sheet = Sheet(number, width=720, height=540, y=20)
        for line in title:
            sheet.line(line, size=40, bold=True)
        return sheet.line("A point", size=28, gap=60, bold=True).line("Another point", size=28)

    structure = structure_of(slide(1, "Aims of", "the study"), slide(2, "Methods"), slide(3, "Results"))
    assert _levels(structure) == [(1, "Aims of the study"), (1, "Methods"), (1, "Results")]


def test_a_shadow_of_a_title_is_not_a_second_title() -> None:
    sheet = Sheet(1).paragraph().heading("Storms", size=20)
    shadow = sheet.lines[-1]
    sheet.line("Storms", size=20, bold=True, font="Sans", color=0x888888, at=shadow.bbox[1] + 1, x=61.0).paragraph()
    assert _titles(structure_of(sheet, Sheet(2).heading("Calm", size=20).paragraph())) == ["Storms", "Calm"]


def test_of_a_cover_only_its_title_is_a_section_and_it_contains_nothing() -> None:
    cover = Sheet(1).line("HANDBOOK", size=40, bold=True).line("OF THINGS", size=30, bold=True, gap=60)
    cover.line("Ministry of Lists", size=22, bold=True, gap=80)
    chapters = [Sheet(n).heading(f"Thing {n}", size=16).paragraph() for n in range(2, 7)]
    assert _levels(structure_of(cover, *chapters)) == [(1, "HANDBOOK"), *((1, f"Thing {n}") for n in range(2, 7))]


def test_two_documents_share_nothing() -> None:
    one = structure_of(Sheet(1).heading("Alpha", size=18).paragraph(), Sheet(2).heading("Beta", size=18).paragraph())
    structure_of(*(Sheet(n).heading("Gamma", size=40).paragraph().footer("Gamma press") for n in range(1, 9)))
    again = structure_of(Sheet(1).heading("Alpha", size=18).paragraph(), Sheet(2).heading("Beta", size=18).paragraph())
    assert again == one
