"""Prints synthetic pages: a cursor goes down the page and leaves `Line`s and their text behind."""

from dataclasses import dataclass, field

from document_structure import Structure, StructureAnalyser
from pdf_reader.document import DocumentFacts, Line, Link, OutlineEntry, Page, PageOutcome

WIDTH, HEIGHT = 600.0, 800.0
_TEXT = (
    "the plain text of a paragraph that goes on for as long as its column is wide yet says nothing whatever about any "
    "matter under sun moon or stars"
)
_WORDS = _TEXT.split()


@dataclass
class Sheet:
    """A page being printed. Every method prints below what was printed before and returns the sheet."""

    number: int
    width: float = WIDTH
    height: float = HEIGHT
    y: float = 80.0
    lines: list[Line] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    block: int = 0

    def line(
        self,
        text: str,
        *,
        size: float = 10.0,
        bold: bool = False,
        italic: bool = False,
        x: float = 60.0,
        gap: float = 2.0,
        font: str = "Serif",
        at: float | None = None,
        color: int = 0,
        same_row: bool = False,
        in_table: bool = False,
    ) -> "Sheet":
        if same_row:
            self.y -= size
        else:
            self.y = at if at is not None else self.y + gap
        start = self.lines[-1].end + 1 if self.lines else 0
        box = (x, self.y, x + 0.5 * size * len(text), self.y + size)
        end = start + len(text)
        self.lines.append(Line(text, box, size, bold, italic, font, color, self.block, start, end, in_table))
        self.y += size
        return self

    def heading(
        self, text: str, *, size: float = 14.0, bold: bool = True, x: float = 60.0, font: str = "Sans"
    ) -> "Sheet":
        self.block += 1
        return self.line(text, size=size, bold=bold, x=x, gap=18.0, font=font)

    def paragraph(self, lines: int = 8) -> "Sheet":
        """Lines of which no two pages have the same at the same height."""
        self.block += 1
        for index in range(lines):
            words = _WORDS[(self.number + len(self.lines)) % len(_WORDS) :] + _WORDS
            text = f"{_WORDS[self.number % len(_WORDS)]} {' '.join(words)}"[: 60 if index < lines - 1 else 25].rstrip()
            self.line(text if index < lines - 1 else f"{text}.", gap=8.0 if index == 0 else 2.0)
        return self

    def link(self, page: int, top: float | None = None, *, height: float | None = None) -> "Sheet":
        """Makes a link of the last line; `height` is that of its rectangle in points, None for the line's."""
        line = self.lines[-1]
        x0, y0, x1, y1 = line.bbox
        box = (x0, y0, x1, y1 if height is None else y0 + height)
        self.links.append(Link(line.text, self.number, box, None, "internal", page, top))
        return self

    def figures(self, rows: int = 12, *, in_table: bool = False) -> "Sheet":
        """Rows of a statement: what it is at the left, figures of two years at the right."""
        self.block += 1
        for row in range(rows):
            label = f"{_WORDS[(self.number + row) % len(_WORDS)].title()} and others"
            self.line(label, gap=10.0 if row == 0 else 2.0, in_table=in_table)
            for x, year in ((400.0, 2), (500.0, 3)):
                self.line(f"{row + 1},{year}{self.number}7", x=x, same_row=True, in_table=in_table)
        return self

    def footer(self, text: str, *, size: float = 8.0, x: float = 60.0) -> "Sheet":
        y = self.y
        self.line(text, size=size, at=self.height - 40.0, x=x)
        self.y = y
        return self

    def page(self) -> Page:
        text = "\n".join(line.text for line in self.lines)
        outcome = PageOutcome.TEXT if self.lines else PageOutcome.EMPTY
        lines, links = tuple(self.lines), tuple(self.links)
        return Page(self.number, outcome, text, width=self.width, height=self.height, lines=lines, links=links)


def offset_of(sheet: Sheet, text: str) -> int:
    """Where the line with exactly this text starts."""
    return next(line.start for line in sheet.lines if line.text == text)


def structure_of(*sheets: Sheet, outline: tuple[OutlineEntry, ...] = (), ignore_outline: bool = False) -> Structure:
    """What the analyser makes of the pages."""
    analyser = StructureAnalyser(DocumentFacts(len(sheets), outline), ignore_outline=ignore_outline)
    for sheet in sheets:
        analyser.add(sheet.page())
    return analyser.finish()
