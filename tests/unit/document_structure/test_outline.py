"""The PDF's outline, believed as far as its titles stand on the pages that it names."""

import pytest

from document_structure import Section, outline
from document_structure.outline_placement import Effort, Place, locate
from pdf_reader.document import OutlineEntry
from tests.support.printing import Sheet, offset_of, structure_of


def _book() -> list[Sheet]:
    return [
        Sheet(1).heading("1 Beginnings", size=18).paragraph().heading("1.1 The first").paragraph(),
        Sheet(2).paragraph().heading("1.2 Eﬃciency and a title that is").line("broken", size=14, bold=True).paragraph(),
        Sheet(3).heading("2 Ends", size=18).paragraph(),
    ]


_OUTLINE = (
    OutlineEntry(1, "Beginnings", 1, 80.0),
    OutlineEntry(2, "1.1  The First", 1, None),
    OutlineEntry(2, "Efficiency and a title that is broken", 2),
    OutlineEntry(1, "Ends", 3, 0.0),
)


def test_titles_are_found_without_numbers_with_ligatures_and_over_lines() -> None:
    book = _book()
    structure = structure_of(*book, outline=_OUTLINE)
    assert structure.source == "outline"
    assert structure.sections == (
        Section(1, "Beginnings", 1, 0),
        Section(2, "1.1 The First", 1, offset_of(book[0], "1.1 The first")),
        Section(2, "Efficiency and a title that is broken", 2, offset_of(book[1], "1.2 Eﬃciency and a title that is")),
        Section(1, "Ends", 3, 0),
    )
    assert structure.path_at(2, 0) == ("Beginnings", "1.1 The First")


def test_an_outline_can_be_ignored() -> None:
    structure = structure_of(*_book(), outline=_OUTLINE, ignore_outline=True)
    assert structure.source == "layout"
    assert structure.sections[0].title == "1 Beginnings"


@pytest.mark.parametrize(
    "outline",
    [
        tuple(OutlineEntry(1, f"Scan{n:04}.tif", n) for n in (1, 2, 3)),
        (OutlineEntry(1, "Beginnings", 1), OutlineEntry(1, "Untitled", 2), OutlineEntry(1, "Untitled", 3)),
        (OutlineEntry(1, "Beginnings", 7), OutlineEntry(1, "Ends", -1)),
        (),
    ],
    ids=["file names", "mostly dead", "beyond the document", "empty"],
)
def test_an_outline_that_does_not_fit_the_pages_gives_way_to_the_layout(outline: tuple[OutlineEntry, ...]) -> None:
    assert structure_of(*_book(), outline=outline).source == "layout"


def test_an_entry_without_its_title_on_the_page_keeps_the_page() -> None:
    outline = (*_OUTLINE[:3], OutlineEntry(1, "A drawing", 3, 200.0), _OUTLINE[3])
    book = _book()
    structure = structure_of(*book, outline=outline)
    section = next(section for section in structure.sections if section.title == "A drawing")
    line = next(line for line in book[2].lines if line.start == section.offset)
    assert section.page == 3
    assert line.bbox[3] > 200.0


def test_a_title_at_the_top_of_the_page_after_its_destination_is_found_there() -> None:
    outline = (*_OUTLINE[:3], OutlineEntry(1, "Ends", 2, 780.0))
    assert structure_of(*_book(), outline=outline).sections[-1] == Section(1, "Ends", 3, 0)


def test_equal_titles_are_located_in_their_order() -> None:
    sheet = Sheet(1)
    for name in ("Dwarf", "Traits", "Elf", "Traits"):
        sheet.heading(name).paragraph()
    outline = tuple(
        OutlineEntry(level, title, 1) for level, title in ((1, "Dwarf"), (2, "Traits"), (1, "Elf"), (2, "Traits"))
    )
    structure = structure_of(sheet, outline=outline)
    offsets = [section.offset for section in structure.sections]
    assert offsets == sorted(set(offsets))
    assert structure.path_at(1, offsets[3]) == ("Elf", "Traits")


def test_a_word_in_the_text_is_not_taken_for_the_heading_that_it_equals() -> None:
    sheet = Sheet(1).heading("Races").line("Size. Dwarves are small.", gap=9).paragraph().heading("Size").paragraph()
    structure = structure_of(sheet, outline=(OutlineEntry(1, "Races", 1), OutlineEntry(2, "Size", 1)))
    assert structure.sections[1].offset == offset_of(sheet, "Size")


def test_a_list_of_all_tables_at_the_outlines_end_does_not_change_the_path() -> None:
    book = [
        Sheet(n).heading(f"Chapter {n}", size=18).paragraph().line("Prices", bold=True).paragraph() for n in range(1, 6)
    ]
    outline = (
        *(OutlineEntry(1, f"Chapter {n}", n) for n in range(1, 6)),
        OutlineEntry(1, "Tables", 1),
        *(OutlineEntry(2, "Prices", n) for n in range(1, 6)),
    )
    structure = structure_of(*book, outline=outline)
    assert structure.source == "outline"
    assert structure.path_at(4, 0) == ("Chapter 4",)
    assert structure.path_at(5, 0) == ("Chapter 5",)


def test_a_shallow_outline_is_filled_up_with_the_headings_that_are_printed_between_its_entries() -> None:
    book = []
    for number in range(1, 17):
        sheet = Sheet(number)
        if number % 8 == 1:
            sheet.heading(f"Book of {'fire' if number == 1 else 'water'}", size=20)
        book.append(sheet.paragraph().heading(f"Verse of day {number}").paragraph())
    outline = (OutlineEntry(1, "Book of fire", 1), OutlineEntry(1, "Book of water", 9))

    structure = structure_of(*book, outline=outline)

    assert structure.source == "outline"
    assert [section.title for section in structure.sections if section.level == 1] == ["Book of fire", "Book of water"]
    assert structure.path_at(8, offset_of(book[7], "Verse of day 8")) == ("Book of fire", "Verse of day 8")
    assert structure.path_at(10) == ("Book of water", "Verse of day 9")


def _full_page(lines: int, text: str = "name {}") -> Sheet:
    sheet = Sheet(1)
    for number in range(lines):
        sheet.line(text.format(number), size=0.1, gap=0.01)
    return sheet


@pytest.mark.parametrize("title", ["name {}", "name", "nowhere {}"])
def test_a_huge_outline_of_a_huge_page_is_not_compared_for_hours(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every entry was once compared with every line, and chains of them in the square of that. The limit is a tenth of
    the real one, which takes seconds to reach."""
    monkeypatch.setattr(outline, "Effort", lambda: Effort(pairs=100_000, letters_squared=2_000_000))
    entries = tuple(OutlineEntry(1, title.format(number), 1) for number in range(6_000))

    structure = structure_of(_full_page(2_000), outline=entries)

    assert structure.source != "outline"


def test_titles_are_found_in_order_however_many_share_a_page() -> None:
    sheet = _full_page(300)
    structure = structure_of(sheet, outline=tuple(OutlineEntry(1, f"name {number}", 1) for number in range(300)))

    assert [section.offset for section in structure.sections] == [line.start for line in sheet.lines]


def test_entries_of_one_title_stand_at_its_occurrences_in_turn() -> None:
    sheet = Sheet(1)
    for _ in range(3):
        sheet.heading("Actions").paragraph(3)
    structure = structure_of(sheet, outline=tuple(OutlineEntry(1, "Actions", 1, 0.0) for _ in range(3)))

    assert [section.offset for section in structure.sections] == [
        line.start for line in sheet.lines if line.text == "Actions"
    ]


def test_looking_for_titles_uses_up_its_allowance_and_stops() -> None:
    places = [Place(OutlineEntry(1, f"name {number}", 1), 1) for number in range(10)]
    effort = Effort(pairs=50)

    locate(places, _full_page(10).lines, effort)

    assert effort.pairs == 0
    assert [place.offset is None for place in places] == [False] * 5 + [True] * 5
