"""Printed lines become text: order, paragraphs, joined words, and exact offsets."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdf_reader.child.composing import Part, compose
from pdf_reader.child.joining import joint
from pdf_reader.child.ordering import reading_order
from pdf_reader.child.paragraphs import arrange, join_columns
from pdf_reader.child.table_placement import place_tables
from pdf_reader.child.text import RawLine, Span
from pdf_reader.document import Rect
from pdf_reader.tables import FoundTable


def line(text: str, x0: float = 50, top: float = 0, width: float | None = None, size: float = 10) -> RawLine:
    """A printed line; five points a character unless a width is given."""
    box = (x0, top, x0 + (5 * len(text) if width is None else width), top + size)
    return RawLine([Span(text, box, size, "Serif", False, False, 0, 255, True)], box, True, text)


def block(*texts: str, x0: float = 50, top: float = 0, width: float | None = None) -> list[RawLine]:
    return [line(text, x0, top + 12 * index, width) for index, text in enumerate(texts)]


def parts(blocks: Sequence[list[RawLine]]) -> list[Part]:
    return [Part(lines) for lines in blocks]


def paragraphs(blocks: Sequence[list[RawLine]]) -> list[str]:
    return compose(parts(blocks)).text.split("\n\n")


@pytest.mark.parametrize(
    ("above", "below", "words", "expected"),
    [
        pytest.param("the infor-", "mation is", (), (1, ""), id="a broken word is joined"),
        pytest.param("the infor\u00ad", "Mation is", (), (1, ""), id="a soft hyphen always goes"),
        pytest.param("a self-", "conscious man", (), (0, ""), id="some words keep their hyphen"),
        pytest.param("a fire-", "resistant coat", ("fire-resistant",), (0, ""), id="as it is written elsewhere"),
        pytest.param("a low-", "lands tour", ("lowlands",), (1, ""), id="as one word elsewhere"),
        pytest.param("the Anglo-", "Saxon age", (), (0, ""), id="a name keeps its hyphen"),
        pytest.param("pages 12-", "15 of", (), (0, ""), id="a range keeps its hyphen"),
        pytest.param("a pause -", "and on", (), (0, " "), id="a dash is no hyphen"),
        pytest.param("現代建築", "教育体系", (), (0, ""), id="Chinese has no blanks"),
        pytest.param("한국어 문장", "다음 줄", (), (0, " "), id="Korean has"),
        pytest.param("one line", "another", (), (0, " "), id="lines of a paragraph are one line"),
        pytest.param("a longer-", "term goal", (), (0, ""), id="a compound of two words keeps its hyphen"),
        pytest.param("the light-", "house", (), (1, ""), id="joined where that gives a word"),
        pytest.param("a mail to port@", "example.org", (), (0, ""), id="an address goes on"),
        pytest.param("see www.example.", "org/fees", (), (0, ""), id="so does one of the web"),
        pytest.param("mail anna-", "berg@example.org", (), (0, ""), id="a hyphen before an @ is the address's own"),
        pytest.param("mail anna.berg", "@example.org", (), (0, ""), id="an address broken before its @"),
        pytest.param("at mill-", "company.org", (), (0, ""), id="a hyphen within a host is its own"),
        pytest.param("http://example.org/Mill-", "Rules.html", (), (0, ""), id="an address goes on in capitals"),
        pytest.param("our site example.org/", "mills has", (), (0, ""), id="an address without a scheme goes on"),
        pytest.param("at 9 a.m./", "10 p.m.", (), (0, " "), id="an abbreviation is no address"),
        pytest.param("see http://example.org/", "The mill", (), (0, " "), id="a sentence may begin behind an address"),
        pytest.param("see www.example.org.", "in all", (), (0, " "), id="a sentence ends behind an address"),
    ],
)
def test_how_a_line_goes_on_in_the_next(
    above: str, below: str, words: tuple[str, ...], expected: tuple[int, str]
) -> None:
    assert joint(above, below, set(words)) == expected


def test_a_broken_word_is_whole_in_the_text_and_broken_in_its_lines() -> None:
    composed = compose(parts([block("the infor-", "mation is here")]))

    assert composed.text == "the information is here"
    first, second = composed.lines
    assert first.text == "the infor-"
    assert composed.text[first.start : first.end] == "the infor"
    assert composed.text[second.start : second.end] == "mation is here"


def test_an_address_over_three_lines_is_one_word() -> None:
    lines = block("at http://example.org/a_", "b?x=1&", "y=2 now")

    assert compose(parts([lines])).text == "at http://example.org/a_b?x=1&y=2 now"


def test_pieces_of_one_row_are_parted_by_a_blank() -> None:
    assert compose(parts([[line("1.1"), line("Scope", x0=100)]])).text == "1.1 Scope"


def test_a_row_is_read_from_left_to_right_however_it_was_drawn() -> None:
    dots_first = [
        line("....... 49", x0=300),
        line("3.3 Fonts"),
        line("....... 50", x0=300, top=12),
        line("3.4 Ink", top=12),
    ]

    assert paragraphs(arrange([dots_first])) == ["3.3 Fonts ....... 49 3.4 Ink ....... 50"]


def test_a_row_of_hebrew_keeps_the_order_in_which_it_was_drawn() -> None:
    row = [line("שלום", x0=300), line("עולם")]

    assert paragraphs(arrange([row])) == ["שלום עולם"]


_LINE_TEXTS = st.text(st.sampled_from("abcDE1-\u00ad.中文 한é"), min_size=1, max_size=12).filter(
    lambda text: text.strip()
)
_BLOCKS = st.lists(st.lists(_LINE_TEXTS, min_size=1, max_size=5), max_size=5)


@given(_BLOCKS)
def test_every_line_is_exactly_where_its_offsets_say(texts: list[list[str]]) -> None:
    composed = compose(parts([block(*lines) for lines in texts]))

    reach = 0
    for made in composed.lines:
        assert made.start >= reach
        found = composed.text[made.start : made.end]
        assert made.text in (found, f"{found}-", f"{found}\u00ad")
        reach = made.end
    assert reach == len(composed.text)


def test_a_table_stands_in_the_text_where_its_lines_stood() -> None:
    blocks = [
        block("Before it.", "Height 12", top=0),
        [line("Name", 50, 40), line("Cost", 200, 40), line("Axe", 50, 52), line("5 gp", 200, 52)],
        block("After it.", top=80),
    ]
    table = FoundTable((40, 38, 300, 64), (("Name", "Cost"), ("Axe", "5 gp")))

    composed = compose(place_tables(blocks, [table]))

    assert composed.text == ("Before it. Height 12\n\n| Name | Cost |\n| --- | --- |\n| Axe | 5 gp |\n\nAfter it.")
    [found] = composed.tables
    assert composed.text[found.start : found.end] == found.markdown
    inside = [made for made in composed.lines if made.in_table]
    assert {made.text for made in inside} == {"Name", "Cost", "Axe", "5 gp"}
    assert {(made.start, made.end) for made in inside} == {(found.start, found.end)}


def test_a_table_parts_the_block_that_it_stands_in() -> None:
    whole = block("one", "two", "three")

    placed = place_tables([whole], [FoundTable((0, 12, 300, 22), (("two",),))])

    assert [part.table is not None for part in placed] == [False, True, False]


A, B, C = (50, 100, 250, 200), (50, 210, 250, 300), (300, 100, 500, 300)
HEADER, FOOTER, TITLE_OF_B = (50, 20, 500, 30), (50, 700, 500, 710), (50, 201, 150, 209)


@pytest.mark.parametrize(
    ("boxes", "order"),
    [
        pytest.param([A, B, C], [A, B, C], id="two columns as drawn"),
        pytest.param([C, A, B], [C, A, B], id="columns keep the order of drawing"),
        pytest.param([FOOTER, A, B, C], [A, B, C, FOOTER], id="a footer that was drawn first"),
        pytest.param([A, B, C, HEADER], [HEADER, A, B, C], id="a header that was drawn last"),
        pytest.param([A, B, C, TITLE_OF_B], [A, TITLE_OF_B, B, C], id="a heading that was drawn last"),
        pytest.param([B, A], [A, B], id="drawn from below"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_reading_order(boxes: list[Rect], order: list[Rect]) -> None:
    assert [boxes[index] for index in reading_order(boxes)] == order


_BOXES = st.lists(
    st.tuples(*[st.integers(0, 500)] * 2, *[st.integers(1, 300)] * 2).map(
        lambda box: (float(box[0]), float(box[1]), float(box[0] + box[2]), float(box[1] + box[3]))
    ),
    max_size=30,
)


@given(_BOXES)
def test_no_block_gets_lost_on_the_way_to_reading_order(boxes: list[Rect]) -> None:
    assert sorted(reading_order(boxes)) == list(range(len(boxes)))


def test_a_hanging_indent_does_not_break_a_sentence() -> None:
    blocks = [[line("Hit points: twelve and your", width=200)], [line("constitution at least", x0=60, top=12)]]

    assert paragraphs(arrange(blocks)) == ["Hit points: twelve and your constitution at least"]


def test_a_paragraph_ends_where_the_next_word_would_have_had_room() -> None:
    blocks = [
        [
            line("A first paragraph that is long enough", width=200),
            line("and ends here.", top=12, width=80),
            line("Another one begins, though without", top=24, width=200),
        ]
    ]

    assert len(paragraphs(arrange(blocks))) == 2


def test_larger_type_is_a_paragraph_of_its_own() -> None:
    blocks = [[line("Heading", size=16), line("Text below it", top=18)]]

    assert paragraphs(arrange(blocks)) == ["Heading", "Text below it"]


def test_list_items_stay_apart() -> None:
    blocks = [block("• a greataxe", width=200), block("• two handaxes", top=12, width=200)]

    assert len(paragraphs(arrange(blocks))) == 2


def test_a_paragraph_goes_on_in_the_next_column() -> None:
    left = block("some words before it", "and the sentence that", top=600)
    right = block("goes on over there", "until it ends.", x0=300, top=50)

    assert len(join_columns(parts([left, right]))) == 1


def test_a_new_sentence_in_the_next_column_is_a_new_paragraph() -> None:
    left = block("some words before it", "and the end.", top=600)
    right = block("Goes on over there", "until it ends.", x0=300, top=50)

    assert len(join_columns(parts([left, right]))) == 2
