"""Lines of chunks: each character of a chunk's text is in the box of the printed line that it was read from."""

from document_structure.chunking import PageText, chunk_document, lines_of_page
from document_structure.chunking.page_text import BlockSpan, Places, TableSpan
from document_structure.section_tree import Structure
from pdf_reader.blocks import BlockKind

NOTHING = Structure((), "none", {})
PROSE = "The first printed line goes on in the second one. A sentence follows it here."
TABLE = "| Name | Value |\n| --- | --- |\n| alpha | 1 |\n| beta | 2 |"


def _page(number: int, text: str, blocks: list[BlockSpan], lines: list[str]) -> PageText:
    """A page whose printed lines are 10 points high and stand below each other."""
    places, at = Places(), 0
    for row, line in enumerate(lines):
        at = text.index(line, at)
        places.starts.append(at)
        places.ends.append(at + len(line))
        places.boxes.extend((10, 10 * row, 200, 10 * row + 10))
        at += len(line)
    return PageText(number, text, tuple(blocks), places, 612, 792)


def test_a_chunk_knows_the_place_of_each_of_its_lines() -> None:
    text = f"{PROSE}\n\n{TABLE}"
    start = text.index("|")
    table = BlockSpan(BlockKind.TABLE, start, len(text), TableSpan(2, 10, 200, text.index("| alpha")))
    blocks = [BlockSpan(BlockKind.PARAGRAPH, 0, len(PROSE)), table]
    printed = ["The first printed line goes", "on in the second one. A sentence", "follows it here."]
    page = _page(3, text, blocks, [*printed, "| Name | Value |\n| --- | --- |", "| alpha | 1 |", "| beta | 2 |"])
    (chunk,) = chunk_document([page], NOTHING, max_tokens=400, overlap_tokens=50)
    found = {chunk.text[line.start : line.end]: (line.page, line.y0) for line in chunk.lines}
    assert found == {
        "The first printed line goes": (3, 0), "on in the second one. A sentence": (3, 10), "follows it here.": (3, 20),
        "| Name | Value |": (3, 30), "| --- | --- |": (3, 30), "| alpha | 1 |": (3, 40), "| beta | 2 |": (3, 50),
    }  # fmt: skip
    assert next(line.as_json() for line in lines_of_page(page)) == [0, 27, 3, 10, 0, 200, 10]


def test_chunks_of_a_section_that_needs_several_keep_their_places() -> None:
    """Also the sentences that a chunk repeats of the one before, and rows below a repeated header."""
    sentences = [f"Sentence number {number} says what it has to say." for number in range(40)]
    text = " ".join(sentences)
    page = _page(1, text, [BlockSpan(BlockKind.PARAGRAPH, 0, len(text))], sentences)
    chunks = list(chunk_document([page], NOTHING, max_tokens=100, overlap_tokens=20))
    assert len(chunks) > 3
    for chunk in chunks:
        assert (
            "".join(chunk.text[line.start : line.end] for line in chunk.lines).split()
            == chunk.text.replace(". S", ".S").split()
        )
        for line in chunk.lines:
            assert chunk.text[line.start : line.end] == sentences[int(line.y0 // 10)]


def test_the_repeated_header_of_a_table_has_no_place() -> None:
    rows = [f"| row {number} with some words | {number} |" for number in range(60)]
    text = "\n".join(["| Name | Value |", "| --- | --- |", *rows])
    table = BlockSpan(BlockKind.TABLE, 0, len(text), TableSpan(2, 10, 200, text.index("| row 0")))
    page = _page(1, text, [table], ["| Name | Value |\n| --- | --- |", *rows])
    chunks = list(chunk_document([page], NOTHING, max_tokens=150, overlap_tokens=20))
    assert len(chunks) > 3
    for number, chunk in enumerate(chunks):
        placed = [chunk.text[line.start : line.end] for line in chunk.lines]
        assert placed == chunk.text.split("\n")[2 if number else 0 :]
