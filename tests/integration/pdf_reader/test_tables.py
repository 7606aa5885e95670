"""Tables of real pages: PDFs are made and read by MuPDF in a child process, never in the test's own."""

import importlib
import multiprocessing
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pdf_reader.child.cleaning import clean_line
from pdf_reader.tables import FoundTable, Segment, find_tables

TRACKING = [
    ("Member state", "1995", "2000", "2005"),
    ("Austria", "27.5", "81.9", "415.3"),
    ("Belgium and Luxembourg", "25.0", "58.1", "343.4"),
    ("Germany", "29.6", "18.7", "56.6"),
    ("Total", "82.1", "158.7", "815.3"),
]
XS = (72.0, 250.0, 330.0, 410.0)
SENTENCE = "The worker reads every page once and gives back plain data that is safe to send over the pipe. "


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page to print, as it is displayed: texts at (x, y) in points, boxed texts, lines.

    `rotation` is that of the page; `hidden` are lines that its reader took out; `strokes` go anywhere.
    """

    texts: tuple[tuple[float, float, str], ...] = ()
    boxes: tuple[tuple[tuple[float, float, float, float], str], ...] = ()
    lines: tuple[tuple[float, float, float, float], ...] = ()
    rotation: int = 0
    hidden: tuple[str, ...] = ()
    strokes: int = 0


def print_and_find(sheet: Sheet) -> list[FoundTable]:
    """Runs in the child."""
    pymupdf = importlib.import_module("pymupdf")
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    page.set_rotation(sheet.rotation)
    to_paper = page.derotation_matrix
    for x, y, text in sheet.texts:
        page.insert_text(pymupdf.Point(x, y) * to_paper, text, fontsize=10, rotate=sheet.rotation)
    for box, text in sheet.boxes:
        page.insert_textbox(box, text, fontsize=10, align=pymupdf.TEXT_ALIGN_JUSTIFY)
    shape = page.new_shape()
    for x0, y0, x1, y1 in sheet.lines:
        shape.draw_line(pymupdf.Point(x0, y0) * to_paper, pymupdf.Point(x1, y1) * to_paper)
    shape.finish(width=0.5)
    shape.commit()
    if sheet.strokes:
        chance = random.Random(1)
        content = page.get_contents()[-1]
        strokes = (" ".join(f"{chance.uniform(0, 800):.3f}" for _ in range(4)) for _ in range(sheet.strokes))
        scribble = "\n".join("{} {} m {} {} l S".format(*stroke.split()) for stroke in strokes)
        document.update_stream(content, document.xref_stream(content) + b"\n" + scribble.encode())
    with pymupdf.open(stream=document.tobytes(deflate=True), filetype="pdf") as printed:
        return find_on(pymupdf, printed[0], sheet.hidden)


def find_in_file(path: Path, number: int) -> list[FoundTable]:
    """Runs in the child."""
    pymupdf = importlib.import_module("pymupdf")
    with pymupdf.open(path) as document:
        return find_on(pymupdf, document[number - 1])


def find_on(pymupdf: Any, page: Any, hidden: Sequence[str] = ()) -> list[FoundTable]:
    textpage = page.get_textpage()
    turn = page.rotation_matrix
    along = pymupdf.Matrix(turn.a, turn.b, turn.c, turn.d, 0, 0)
    segments = []
    for block in textpage.extractDICT()["blocks"]:
        for line in block.get("lines", ()):
            x0, y0, x1, y1 = pymupdf.Rect(line["bbox"]) * turn
            text = clean_line("".join(span["text"] for span in line["spans"]))
            if (pymupdf.Point(line["dir"]) * along).x > 0.99 and text not in hidden:
                segments.append(Segment(x0, y0, x1, y1, text))
    return find_tables(page, textpage, segments)


@pytest.fixture(scope="module")
def child() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def cells(
    rows: Sequence[Sequence[str]], xs: Sequence[float] = XS, top: float = 120.0
) -> tuple[tuple[float, float, str], ...]:
    return tuple(
        (x, top + 16 * index, text) for index, row in enumerate(rows) for x, text in zip(xs, row, strict=True) if text
    )


def net(xs: Sequence[float], ys: Sequence[float]) -> tuple[tuple[float, float, float, float], ...]:
    return tuple((xs[0], y, xs[-1], y) for y in ys) + tuple((x, ys[0], x, ys[-1]) for x in xs)


def test_a_table_without_rules_is_found_by_its_columns(child: ProcessPoolExecutor) -> None:
    prose = ((72, 300, 520, 400), SENTENCE * 5)
    (table,) = child.submit(print_and_find, Sheet(texts=cells(TRACKING), boxes=(prose,))).result()
    assert table.rows == tuple(TRACKING)
    assert table.bbox[1] > 100
    assert table.bbox[3] < 200


def test_a_ruled_table_keeps_the_lines_of_a_cell_together(child: ProcessPoolExecutor) -> None:
    sheet = Sheet(
        texts=((75, 115, "Type"), (205, 115, "Description"), (75, 135, "Visual"), (75, 175, "Likert")),
        boxes=(
            ((205, 125, 395, 160), "A line of fixed length with words that anchor the scale at its ends"),
            ((205, 165, 395, 200), "An ordered set of discrete terms"),
        ),
        lines=net((70, 200, 400), (100, 122, 162, 202)),
    )
    (table,) = child.submit(print_and_find, sheet).result()
    assert table.rows == (
        ("Type", "Description"),
        ("Visual", "A line of fixed length with words that anchor the scale at its ends"),
        ("Likert", "An ordered set of discrete terms"),
    )
    assert table.bbox == pytest.approx((70, 100, 400, 202), abs=1)


def test_a_cell_over_two_columns_fills_the_first_of_them(child: ProcessPoolExecutor) -> None:
    rows = [("Region", "Sales", ""), ("", "2004", "2005"), ("North", "12", "14"), ("South", "8", "9")]
    xs, ys = (70.0, 170.0, 240.0, 310.0), [108.0 + 16 * i for i in range(5)]
    lines = (*net(xs, ys)[:-2], (xs[2], ys[1], xs[2], ys[-1]), (xs[3], ys[0], xs[3], ys[-1]))
    (table,) = child.submit(print_and_find, Sheet(texts=cells(rows, (75, 175, 245)), lines=lines)).result()
    assert table.rows == tuple(rows)


@pytest.mark.parametrize("rotation", [90, 180, 270])
@pytest.mark.parametrize("ruled", [True, False])
def test_a_turned_page_is_read_as_it_is_displayed(child: ProcessPoolExecutor, rotation: int, ruled: bool) -> None:
    lines = net((68, 245, 325, 405, 480), [107 + 16 * i for i in range(6)]) if ruled else ()
    (table,) = child.submit(print_and_find, Sheet(texts=cells(TRACKING), lines=lines, rotation=rotation)).result()
    assert table.rows == tuple(TRACKING)
    assert table.bbox[1] == pytest.approx(108, abs=3)


def test_text_that_a_reader_cannot_see_stays_out_of_cells(child: ProcessPoolExecutor) -> None:
    rows = [*TRACKING[:-1], ("Total", "82.1", "158.7", "obey me")]
    (table,) = child.submit(print_and_find, Sheet(texts=cells(rows), hidden=("obey me",))).result()
    assert table.rows[-1] == ("Total", "82.1", "158.7", "")


def test_prose_in_two_columns_is_no_table(child: ProcessPoolExecutor) -> None:
    columns = (((60, 80, 285, 760), SENTENCE * 30), ((310, 80, 535, 760), SENTENCE * 30))
    assert child.submit(print_and_find, Sheet(boxes=columns)).result() == []


def test_a_table_of_contents_is_no_table(child: ProcessPoolExecutor) -> None:
    titles = ("Introduction", "The sandbox", "What counts as a PDF", "Reading order", "Structure", "Links and targets")
    texts = tuple((72.0, 120 + 16 * i, f"{i + 1}  {title} {'. ' * 40}") for i, title in enumerate(titles))
    pages = tuple((500.0, 120 + 16 * i, str(3 + 7 * i)) for i in range(len(titles)))
    assert child.submit(print_and_find, Sheet(texts=texts + pages)).result() == []


def test_a_drawing_that_is_too_large_is_not_looked_at(child: ProcessPoolExecutor) -> None:
    """Its strokes would take seconds to read, and would make the table beneath look like a chart."""
    sheet = Sheet(texts=cells(TRACKING), strokes=40_000)
    (table,) = child.submit(print_and_find, sheet).result()
    assert table.rows == tuple(TRACKING)
    assert child.submit(print_and_find, replace(sheet, strokes=40)).result() == []


def test_dashes_that_are_combining_strokes_cost_no_cell_its_text(child: ProcessPoolExecutor, corpus: Path) -> None:
    """The paladin: MuPDF stretches the box of the word after such a stroke over two rows."""
    (table,) = child.submit(find_in_file, corpus / "good" / "srd-5.1-cc-by.pdf", 30).result()
    levels = ["1st", "2nd", "3rd", *(f"{level}th" for level in range(4, 21))]
    assert [row[0] for row in table.rows[-20:]] == levels
    assert [row[1] for row in table.rows[-20:]] == [f"+{2 + level // 4}" for level in range(20)]


@pytest.mark.parametrize(
    ("name", "page", "shapes"),
    [
        ("srd-5.1-cc-by.pdf", 11, [(22, 14)]),  # the bard: a striped table across both columns of prose
        ("srd-5.1-cc-by.pdf", 56, [(5, 3), (11, 3), (13, 2)]),  # three striped tables in two columns
        ("srd-5.1-cc-by.pdf", 110, []),  # lists of spells, side by side
        ("srd-5.1-cc-by.pdf", 120, []),  # prose
        ("plos-wheat-tables.pdf", 14, [(13, 3), (13, 2)]),
        ("irs-1040-instructions-2013.pdf", 75, [(122, 6)] * 3),
        ("uslm-review-guide.pdf", 1, []),  # contents with spaced dot leaders
        ("bmc-two-column-paper.pdf", 4, []),  # references
    ],
)
def test_real_pages_have_the_tables_that_a_person_sees(
    child: ProcessPoolExecutor, corpus: Path, name: str, page: int, shapes: list[tuple[int, int]]
) -> None:
    found = child.submit(find_in_file, corpus / "good" / name, page).result()
    assert [(len(table.rows), len(table.rows[0])) for table in found] == shapes
