"""Running headers, footers and page numbers."""

from tests.support.printing import Sheet, structure_of


def _running_text(*sheets: Sheet) -> dict[int, list[str]]:
    structure = structure_of(*sheets)
    pages = {sheet.number: sheet.page().text for sheet in sheets}
    return {page: [pages[page][start:end] for start, end in ranges] for page, ranges in structure.running.items()}


def _chapter(number: int) -> Sheet:
    """A page whose body says something that no other page says at the same height."""
    return Sheet(number, y=80.0 + 11 * number).paragraph(6 + number)


def test_a_footer_with_a_growing_number_runs() -> None:
    sheets = [_chapter(number).footer(f"Rules of the game {number + 20}") for number in range(1, 6)]
    assert _running_text(*sheets) == {number: [f"Rules of the game {number + 20}"] for number in range(1, 6)}


def test_a_header_on_every_second_page_runs() -> None:
    sheets = [
        (Sheet(n, y=20.0).line("The Book", size=8) if n % 2 == 0 else Sheet(n)).paragraph(5 + n) for n in range(1, 9)
    ]
    assert _running_text(*sheets) == {n: ["The Book"] for n in (2, 4, 6, 8)}


def test_bare_page_numbers_run_even_roman_ones() -> None:
    sheets = [_chapter(n).footer(numeral) for n, numeral in enumerate(("iii", "iv", "v", "vi"), start=1)]
    assert _running_text(*sheets) == {1: ["iii"], 2: ["iv"], 3: ["v"], 4: ["vi"]}


def test_chapter_names_in_a_type_of_their_own_run_although_each_says_something_else() -> None:
    names = ("ALPHA", "BETA", "GAMMA", "DELTA", "EPSILON", "ZETA")
    sheets = [
        Sheet(n, y=20.0).line(name, size=8, font="Caps").paragraph(5 + n) for n, name in enumerate(names, start=1)
    ]
    assert _running_text(*sheets) == {n: [name] for n, name in enumerate(names, start=1)}


def test_large_headings_that_recur_at_a_pages_top_are_no_running_headers() -> None:
    sheets = [Sheet(n, y=30.0) for n in range(1, 31)]
    for sheet in sheets:
        if sheet.number in (4, 5, 6):
            sheet.line("Summary", size=18, bold=True)
        sheet.paragraph(6)
    structure = structure_of(*sheets)
    assert not structure.running
    assert [section.page for section in structure.sections] == [4, 5, 6]


def test_equal_words_on_two_pages_only_do_not_run() -> None:
    assert _running_text(*(_chapter(n).footer("See overleaf") if n < 3 else _chapter(n) for n in range(1, 9))) == {}


def test_running_headers_are_no_sections_and_the_first_heading_below_is_in_force_at_the_pages_start() -> None:
    titles = ["Hills", "Valleys", "Rivers", "Seas", "Skies"]
    sheets = [
        Sheet(n, y=20.0).line("THE BOOK", size=11, bold=True).heading(title, size=16).paragraph(5 + n)
        for n, title in enumerate(titles, start=1)
    ]
    structure = structure_of(*sheets)
    assert [section.title for section in structure.sections] == titles
    assert structure.path_at(3) == ("Rivers",)


def test_page_numbers_run_at_any_height_when_they_count_the_pages() -> None:
    """Browsers print a filing's own page numbers wherever its text ends."""
    sheets = [_chapter(n).line(str(n + 17)) for n in range(1, 8)]
    assert _running_text(*sheets) == {n: [str(n + 17)] for n in range(1, 8)}


def test_numbers_that_end_pages_without_counting_them_stay() -> None:
    sheets = [_chapter(n).line(str(figure)) for n, figure in enumerate((310, 95, 311, 407, 12, 313, 48), start=1)]
    assert _running_text(*sheets) == {}


def _as_one_table(sheet: Sheet) -> Sheet:
    """The lines of a table have the range of the whole table in the page's text, as the reader gives them."""
    start = min(line.start for line in sheet.lines if line.in_table)
    end = max(line.end for line in sheet.lines if line.in_table)
    sheet.lines = [line._replace(start=start, end=end) if line.in_table else line for line in sheet.lines]
    return sheet


def test_a_table_with_the_same_row_as_the_next_pages_at_one_height_stays() -> None:
    """Statements that follow each other have their years, or their currency, at one height."""
    sheets = [
        _as_one_table(
            Sheet(number, y=30.0)
            .line("December 31,", in_table=True)
            .line("2022", x=400.0, same_row=True, in_table=True)
            .figures(8, in_table=True)
        )
        for number in range(1, 6)
    ]
    assert _running_text(*sheets) == {}


def test_a_header_that_is_read_as_a_table_runs() -> None:
    sheets = [
        _as_one_table(
            Sheet(number, y=20.0)
            .line("Rules of the game", size=8, in_table=True)
            .line(f"Page {number + 20}", size=8, x=400.0, same_row=True, in_table=True)
        ).paragraph(6 + number)
        for number in range(1, 6)
    ]
    assert {page: len(found) for page, found in _running_text(*sheets).items()} == dict.fromkeys(range(1, 6), 1)
