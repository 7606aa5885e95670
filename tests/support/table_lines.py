"""Words and rules of tables that were never in a PDF."""

from collections.abc import Sequence

from pdf_reader.tables.finder import find_in
from pdf_reader.tables.rules import Rule, Rules
from pdf_reader.tables.words import Piece, Row

LETTER, SPACE, HEIGHT, PITCH = 5.0, 2.5, 10.0, 14.0
PAGE = (0.0, 0.0, 600.0, 800.0)


def line(text: str, x: float, y: float, order: int = 0, space: float = SPACE) -> Row:
    """The words of a printed line that begins at (x, y)."""
    words = []
    for word in text.split():
        words.append(Piece(x, y, x + LETTER * len(word), y + HEIGHT, word, order))
        x += LETTER * len(word) + space
    return words


def typeset(rows: Sequence[Sequence[str]], xs: Sequence[float], top: float = 100.0, pitch: float = PITCH) -> list[Row]:
    """Rows of cells whose text begins at `xs`, drawn one row after the other."""
    return [
        line(text, x, top + r * pitch, order=r * len(xs) + c)
        for r, row in enumerate(rows)
        for c, (text, x) in enumerate(zip(row, xs, strict=True))
        if text
    ]


def prose(x: float, top: float, lines: int, order: int = 0) -> list[Row]:
    """A column of text, about 220 points wide."""
    sentences = (
        "the worker reads every page once and",
        "gives back plain data that is safe to",
        "send, while a page that hangs costs",
        "one page and never the whole document",
    )
    return [line(sentences[i % 4], x, top + i * PITCH, order + i) for i in range(lines)]


def grid(xs: Sequence[float], ys: Sequence[float]) -> Rules:
    return Rules(
        tuple(Rule(y, xs[0], xs[-1]) for y in ys),
        tuple(Rule(x, ys[0], ys[-1]) for x in xs),
    )


def rows_found(lines: list[Row], rules: Rules | None = None) -> list[tuple[tuple[str, ...], ...]]:
    return [table.rows for table in find_in(lines, rules or Rules())]


WEAPONS = [
    ("Weapon", "Cost", "Weight"),
    ("Light hammer", "2 gp", "2"),
    ("Mace", "5 gp", "4"),
    ("Quarterstaff", "2 sp", "4"),
    ("Sickle", "1 gp", "2"),
]
