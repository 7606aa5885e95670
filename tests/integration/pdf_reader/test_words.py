"""Words and lines of real files that readers get wrong, each made here: what is one text, one word, one line."""

from pathlib import Path

import pymupdf
import pytest

from pdf_reader.document import ReadOptions
from pdf_reader.sandbox import PdfSandbox
from tests.support.drawn_pages import PROSE, Read, write


def test_a_line_drawn_three_times_is_said_once(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for shift in (0, 0.35, 0.7):
            write(page, "Grinding the second flour", 60 + shift, 90, 15)
        write(page, PROSE[:60], 60, 130)

    assert read(draw)[0].text.count("Grinding the second flour") == 1


@pytest.mark.parametrize("copies", [2, 4])
def test_single_words_drawn_several_times_are_said_once(read: Read, copies: int) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        x = 60.0
        for text in ("The miller ", "always", " closes the ", "upper sluice", " in winter."):
            for copy in range(1 if " " in (text[0], text[-1]) else copies):
                write(page, text, x + 0.3 * copy, 90, 11, "helv")
            x += pymupdf.get_text_length(text, "helv", 11)

    assert read(draw)[0].text == "The miller always closes the upper sluice in winter."


def test_raised_and_lowered_characters_are_told_apart(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "The yield", 60, 90)
        x = 60 + pymupdf.get_text_length("The yield", "tiro", 10)
        write(page, "3", x, 86, 6)
        write(page, " of CO", x + 3.2, 90)
        x += 3.2 + pymupdf.get_text_length(" of CO", "tiro", 10)
        write(page, "2", x, 92.5, 6)
        write(page, " fell.", x + 3.2, 90)

    assert read(draw)[0].text == "The yield³ of CO₂ fell."


@pytest.mark.parametrize(
    ("before", "raised", "behind", "said"),
    [
        ("The Mill", "TM", " opened", "The Mill™ opened"),
        ("On the 4", "th", " of May", "On the 4th of May"),
        ("Le 1", "er", " mai", "Le 1er mai"),
        ("Gross income", "(1)", " rose", "Gross income⁽¹⁾ rose"),
    ],
)
def test_raised_letters_are_a_sign_or_belong_to_their_word(
    read: Read, before: str, raised: str, behind: str, said: str
) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        x = 60.0
        for text, y, size in ((before, 90, 11), (raised, 86, 6.5), (behind, 90, 11)):
            write(page, text, x, y, size)
            x += pymupdf.get_text_length(text, "tiro", size)

    assert read(draw)[0].text == said


def test_kerning_makes_no_blank_and_letterspacing_no_letters(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "SUMMA", 60, 80, 12, "hebo")
        write(page, "RY OF HARVEST", 60 + pymupdf.get_text_length("SUMMA", "hebo", 12) + 2.6, 80, 12, "hebo")
        x = 60.0
        for letter in "MILL RULES":
            if letter != " ":
                write(page, letter, x, 120, 14, "hebo")
            x += 7 if letter == " " else pymupdf.get_text_length(letter, "hebo", 14) + 4.4
        write(page, PROSE[:70], 60, 150)

    text = read(draw)[0].text
    assert "SUMMARY OF HARVEST" in text
    assert "MILL RULES" in text


def test_several_blanks_part_the_words_of_a_letterspaced_title(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "R U L E S   O F   T H E   M I L L", 60, 80, 14, "hebo")
        write(page, PROSE[:70], 60, 120)

    assert read(draw)[0].text.startswith("RULES OF THE MILL\n")


def test_a_short_word_of_a_letterspaced_title_is_a_word(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        x = 60.0
        for letter in "RULES OF MILLING":
            if letter != " ":
                write(page, letter, x, 80, 16, "tibo")
            x += pymupdf.get_text_length(letter, "tibo", 16) + 6
        write(page, PROSE[:70], 60, 120)

    assert read(draw)[0].text.startswith("RULES OF MILLING\n")


def test_blanks_behind_a_lines_last_word_do_not_make_it_look_full(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "-", 60, 60)
        # As Word prints: a clipping path around each text, and the blanks at a paragraph's end in a text of their own.
        texts = [
            ("The mill was sold.", 60, 742),
            (" " * 140, 60 + pymupdf.get_text_length("The mill was sold.", "tiro", 10), 742),
            (PROSE[:90], 60, 730),
            ("and the wheel turned.", 60, 718),
        ]
        stream = "".join(
            f"q 0 0 595 842 re W* n BT /tiro 10 Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET Q " for text, x, y in texts
        )
        document.update_stream(page.get_contents()[0], stream.encode())

    assert read(draw)[0].text.split("\n\n")[0] == "The mill was sold."


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_words_drawn_twice_on_a_turned_page_are_said_once(read: Read, turn: int) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        x = 60.0
        for word in ("Close ", "the ", "lower ", "gate."):
            for copy in range(2):
                write(page, word.strip(), x + 0.3 * copy, 90, 11, "helv")
            x += pymupdf.get_text_length(word, "helv", 11)
        page.set_rotation(turn)

    assert read(draw)[0].text == "Close the lower gate."


def test_a_word_broken_before_a_capital_goes_on_on_a_turned_page(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        page.set_rotation(90)
        for index, text in enumerate(("He wrote to the ministers of the kingdom by E-", "Mail.")):
            page.insert_text((80 + 14 * index, 700), text, fontsize=10, rotate=90)

    assert read(draw)[0].text == "He wrote to the ministers of the kingdom by E-Mail."


@pytest.mark.parametrize(("rest", "begin"), [("keeper lived here", "A keeper"), ("bove the river", "Above")])
def test_a_drop_cap_may_be_a_word(read: Read, rest: str, begin: str) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "A", 60, 116, 40)
        for index, text in enumerate((f"{rest} for all of the winter", "and wrote the level of the water", "down.")):
            write(page, text, 60 + pymupdf.get_text_length("A", "tiro", 40) + 4, 90 + 13 * index)

    assert read(draw)[0].text.startswith(f"{begin} ")


def test_a_drop_cap_belongs_to_its_word(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "W", 60, 120, 40)
        for index, text in enumerate(("hen the river rose the miller", "carried the sacks upstairs and")):
            write(page, text, 100, 100 + 13 * index)

    assert read(draw)[0].text.startswith("When the river rose the miller")


def test_a_link_over_two_lines_is_one(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "Read the rules of the", 60, 90)
        write(page, "old mill before you start.", 60, 103)
        for rect in ((84, 80, 160, 93), (60, 94, 95, 106)):
            page.insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(rect), "uri": "https://example.org/mill"})

    [link] = read(draw)[0].links
    assert link.link_text == "the rules of the old mill"
    assert len(link.more_rects) == 1


def test_the_samples_links_are_whole_and_its_sentences_too(sandbox: PdfSandbox, samples: Path, tmp_path: Path) -> None:
    """A rectangle lies on each word of a link and on each blank, and a sentence goes on with `5.2.` on a new line."""
    handbook = samples / "harbour-handbook.pdf"
    facts = sandbox.open(handbook)
    pages = list(sandbox.read(handbook, facts, ReadOptions(images=False), tmp_path, lambda: None))

    texts = [link.link_text for page in pages for link in page.links]
    assert texts == ["Chapter 1", "Chapter 5", "tidal office", "section 5.2"]
    assert "as told in section 5.2. Nobody walks on the mole" in pages[3].text
