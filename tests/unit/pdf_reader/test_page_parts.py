"""What a page's steps decide: resolution, what a link covers and where it may lead, OCR's words, damage."""

import pytest

from pdf_reader.child.direction import in_reading_order, is_as_printed, spaced
from pdf_reader.child.evidence import is_readable
from pdf_reader.child.links import covered, join_on_row, letters_in, resolve
from pdf_reader.child.ocr import parse_tsv
from pdf_reader.child.render import affordable_dpi
from pdf_reader.child.text import RawLine, Span

A4 = (595.0, 842.0)


@pytest.mark.parametrize(
    ("size", "dpi", "max_pixels", "expected"),
    [
        pytest.param(A4, 150, 25_000_000, 150, id="an ordinary page as asked"),
        pytest.param((14_400.0, 14_400.0), 150, 25_000_000, 25, id="a poster at less"),
        pytest.param((10.0, 60_000.0), 150, 25_000_000, 78, id="a strip at what the format can hold"),
        pytest.param((10.0, 1_000_000.0), 150, 25_000_000, 0, id="a longer strip not at all"),
        pytest.param((10**7, 10**7), 150, 25_000_000, 0, id="a page of kilometres not at all"),
        pytest.param((0.0, 100.0), 150, 25_000_000, 0, id="a page without width not at all"),
        pytest.param((float("nan"), 100.0), 150, 25_000_000, 0, id="nor one of no size"),
    ],
)
def test_the_resolution_keeps_pixels_under_their_limit(
    size: tuple[float, float], dpi: int, max_pixels: int, expected: int
) -> None:
    found = affordable_dpi(*size, dpi, max_pixels, 65_500)

    assert found == expected
    assert max(size) * found / 72 <= 65_500 or not found
    assert (size[0] * found / 72) * (size[1] * found / 72) <= max_pixels or not found


@pytest.mark.parametrize(
    ("word", "rect", "expected"),
    [
        ("Goblin,", (0, 0, 60, 10), "Goblin"),
        ("(Goblin)", (10, 0, 70, 10), "Goblin"),
        ("Goblin,", (0, 0, 70, 10), "Goblin,"),
        ("Goblins", (0, 0, 60, 10), "Goblins"),
    ],
)
def test_punctuation_beside_a_link_is_not_its_text(
    word: str, rect: tuple[float, float, float, float], expected: str
) -> None:
    assert covered(word, (0, 0, 10 * len(word), 10), rect) == expected


@pytest.mark.parametrize(
    ("rect", "expected"),
    [((0, 0, 10, 10), "3"), ((20, 0, 40, 10), "5"), ((-30, 0, 20, 10), "3"), ((50, 0, 60, 10), "")],
)
def test_a_link_on_a_part_of_a_word_has_its_letters(rect: tuple[float, float, float, float], expected: str) -> None:
    assert letters_in("3,5]", (0, 0, 40, 10), rect) == expected


@pytest.mark.parametrize(
    ("pieces", "joined"),
    [
        pytest.param([(0, 0, "a"), (30, 0, "a")], [(0, 60)], id="touching"),
        pytest.param([(30, 0, "a"), (0, 0, "a")], [(0, 60)], id="from right to left"),
        pytest.param([(0, 0, "a"), (33, 0, "a")], [(0, 63)], id="a blank apart"),
        pytest.param([(0, 0, "a"), (40, 0, "a")], [(0, 30), (40, 70)], id="a word apart"),
        pytest.param([(0, 0, "a"), (30, 0, "b")], [(0, 30), (30, 60)], id="to another place"),
        pytest.param([(0, 0, "a"), (30, 12, "a")], [(0, 30), (30, 60)], id="on another row"),
    ],
)
def test_pieces_of_a_link_on_one_row_are_one(
    pieces: list[tuple[float, float, str]], joined: list[tuple[float, float]]
) -> None:
    made = join_on_row([((left, top, left + 30, top + 10), uri) for left, top, uri in pieces])

    assert [(rect[0], rect[2]) for rect, _ in made] == joined


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("mailto:someone@example.org", "mailto:someone@example.org"),
        ("www.example.org", "http://www.example.org"),
    ],
)
def test_links_that_a_reader_may_click(uri: str, expected: str) -> None:
    target = resolve(uri, None)

    assert not isinstance(target, str)
    assert (target.link_type, target.url) == ("external", expected)


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("javascript:alert(1)", "javascript"),
        ("file:///etc/passwd", "file"),
        ("https://" + "a" * 5_000, "overlong"),
        ("http://[broken", "broken"),
    ],
)
def test_links_that_nobody_may_click(uri: str, kind: str) -> None:
    assert resolve(uri, None) == kind


TSV = """level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext
1\t1\t0\t0\t0\t0\t0\t0\t1000\t1000\t-1\t
5\t1\t1\t1\t1\t1\t100\t200\t50\t20\t96.1\tThe
5\t1\t1\t1\t1\t2\t160\t200\t80\t22\t95.0\tkeeper"s
5\t1\t1\t1\t2\t1\t100\t230\t50\t20\t91.0\tlamp
5\t1\t1\t2\t1\t1\t100\t300\t50\t20\t12.0\t~~
5\t1\t2\t1\t1\t1\t500\t200\t50\t20\t88.0\tAside
"""


def test_ocr_gives_lines_in_points_by_paragraph_without_specks() -> None:
    blocks = parse_tsv(TSV, 72 / 300)

    assert [[line.text for line in block] for block in blocks] == [['The keeper"s', "lamp"], ["Aside"]]
    assert blocks[0][0].bbox == pytest.approx((24, 48, 57.6, 53.28))


def characters(text: str, boxes: list[tuple[float, float]]) -> list[dict[str, object]]:
    return [{"c": c, "bbox": (left, 0.0, right, 10.0)} for c, (left, right) in zip(text, boxes, strict=True)]


def test_words_that_run_to_the_left_are_parted_at_gaps() -> None:
    assert spaced(characters("אבגד", [(90, 95), (85, 90), (70, 75), (65, 70)]), 10) == "אב גד"


def test_a_number_inside_of_it_is_parted_by_its_own_edges() -> None:
    # Logical order: a letter, the number to its left, a letter to the left of that.
    boxes: list[tuple[float, float]] = [(90, 95), (78, 83), (83, 88), (71, 76)]

    assert spaced(characters("א12ב", boxes), 10) == "א 12 ב"


def from_right(text: str, width: float = 5.0) -> list[dict[str, object]]:
    """Characters side by side, each to the left of the one before, as MuPDF tells lines that run to the left."""
    return characters(text, [(100 - width * (n + 1), 100 - width * n) for n in range(len(text))])


@pytest.mark.parametrize(
    ("told", "read"),
    [
        pytest.param("عام٦٣٩١", "عام١٩٣٦", id="a year"),
        pytest.param("بلغ٤١.٣", "بلغ٣.١٤", id="a decimal"),
        pytest.param("١.٢", "١.٢", id="a section's number"),
        pytest.param("٦٢٠٢", "٢٠٢٦", id="nothing but a number"),
        pytest.param("۵۲۴۱", "۱۴۲۵", id="Persian digits"),
    ],
)
def test_arabic_numbers_are_read_from_left_to_right(told: str, read: str) -> None:
    assert spaced(from_right(told), 40) == read


def test_a_number_printed_in_its_order_stays_so() -> None:
    boxes: list[tuple[float, float]] = [(10, 15), (15, 20), (20, 25), (25, 30)]

    assert spaced(characters("١٩٣٦", boxes), 10) == "١٩٣٦"


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("דגבא", "אבגד"),
        ("[12] בא", "אב [12]"),
        (".Open Source בא", "אב Open Source."),
    ],
)
def test_a_line_as_it_is_printed_is_put_in_reading_order(printed: str, read: str) -> None:
    boxes = [(5.0 * n, 5.0 * n + 5) for n in range(len(printed))]
    line = characters(printed, boxes)

    assert is_as_printed(line)
    assert spaced(in_reading_order(line), 40) == read
    assert not is_as_printed(in_reading_order(line))


@pytest.mark.parametrize(
    ("text", "readable"),
    [("Plain words", True), ("Pl\ufffdin words", True), ("\ufffd\ufffd\ufffda", False), ("  ", False)],
)
def test_text_of_unknown_glyphs_is_not_readable(text: str, readable: bool) -> None:
    box = (0.0, 0.0, 10.0, 10.0)
    line = RawLine([Span(text, box, 10, "Serif", False, False, 0, 255, True)], box, True, text)

    assert is_readable([[line]]) is readable
