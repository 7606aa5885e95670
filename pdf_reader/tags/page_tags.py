"""One page's tags: which element each printed line belongs to, and which of its tables hold."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pdf_reader.blocks import Rect
from pdf_reader.child.annotations import FIELD_FONT
from pdf_reader.child.text import RawBlock, RawLine, box_of
from pdf_reader.tables import FoundTable, Piece
from pdf_reader.tags.elements import Element
from pdf_reader.tags.marked_text import ARTIFACT, UNMARKED, MarkedLine, MarkedText
from pdf_reader.tags.rewording import owners_of, reword
from pdf_reader.tags.roles import BLOCKS, CELLS, ROWS
from pdf_reader.tags.table_shape import TableShape
from pdf_reader.tags.tables import table_on_page

#: Less of a page's visible text is tagged, and its tags are left alone: what has none would lose its place.
MIN_TAGGED = 0.7
#: So many characters may be marked as none of the text, however little text there is.
LITTLE_ARTIFACT = 400
#: Height of the strips of the page by which lines are looked up.
_STRIP_POINTS = 12.0
_MAX_STRIPS = 40
_NO_TEXT = re.compile(
    r"(?:(?:image|img|picture|photo|figure|graphic|graphical user interface|logo|icon|bild|grafik|shape|object)?"
    r"[\s_#-]*\d*|\S+\.(?:png|jpe?g|gif|tiff?|bmp|emf|wmf|svg|pdf))",
    re.IGNORECASE,
)


@dataclass(slots=True)
class PageTags:
    """What tags say of a page. `elements` are by number of marked content; `shapes` by the tables' object numbers.

    `place` tells which child of its parent an element is, `began_before` whether it began on another page. `boxes` are
    those that figures say they have, in displayed coordinates, by their object numbers.
    """

    elements: Sequence[Element | None]
    text: MarkedText
    place: Callable[[Element], int]
    began_before: Callable[[Element], bool]
    shapes: Mapping[int, TableShape] = field(default_factory=dict)
    boxes: Mapping[int, Rect] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _tables: dict[int, Element] = field(default_factory=dict)
    #: By identity; the lines are kept, so that no other can have theirs.
    _lines: Sequence[RawLine] = ()
    _marked: dict[int, list[MarkedLine]] = field(default_factory=dict)

    def keep_visible(self, blocks: Sequence[RawBlock]) -> bool:
        """Forget what a reader can't see; False when too little of what is left is tagged."""
        lines = [line for block in blocks for line in block]
        homes = homes_of(self.text.lines, lines, same_text=True)
        self.text.lines = [marked for marked, home in zip(self.text.lines, homes, strict=True) if home is not None]
        characters = Counter[int]()
        for marked in self.text.lines:
            tagged = self.element(marked.mcid) is not None
            characters[0 if tagged else ARTIFACT if marked.mcid == ARTIFACT else UNMARKED] += len(marked.text)
        tagged_characters = characters[0]
        # Who marks most of the page as none of its text has not told what is.
        if characters[ARTIFACT] > max(LITTLE_ARTIFACT, tagged_characters):
            return False
        return 0 < tagged_characters >= MIN_TAGGED * (tagged_characters + characters[UNMARKED])

    def element(self, mcid: int) -> Element | None:
        return self.elements[mcid] if 0 <= mcid < len(self.elements) else None

    def assign(self, lines: Sequence[RawLine]) -> None:
        """Find out what of each line is marked. A marked line belongs to one of them, or to none."""
        self._lines = lines
        self._marked = {id(line): [] for line in lines}
        for marked, home in zip(self.text.lines, homes_of(self.text.lines, lines), strict=True):
            if home is not None:
                self._marked[id(lines[home])].append(marked)
        for found in self._marked.values():
            found.sort(key=lambda marked: marked.box[0])

    def marked_in(self, lines: Sequence[RawLine]) -> list[list[MarkedLine]]:
        """For each line what is marked of it, left to right: nothing for one that wasn't assigned."""
        return [self._marked.get(id(line), []) for line in lines]

    def reword(self, lines: Sequence[RawLine]) -> None:
        """Say in the lines what their tags say that they read."""
        if owners := owners_of(self.elements):
            reword(lines, self.marked_in(lines), owners)

    def blocks_of(self, lines: Sequence[RawLine]) -> list[Element | None]:
        """For each line the element of the block that most of it belongs to."""
        found = []
        for marked in self.marked_in(lines):
            counts = Counter[int]()
            for part in marked:
                counts[part.mcid] += len(part.text)
            element = self.element(counts.most_common(1)[0][0]) if counts else None
            found.append(block_of(element) if element else None)
        return found

    def are_artifacts(self, lines: Sequence[RawLine]) -> list[bool]:
        """For each line whether all of it is marked as none of the page's text."""
        return [bool(marked) and all(part.mcid == ARTIFACT for part in marked) for marked in self.marked_in(lines)]

    def order_key(self, element: Element) -> tuple[int, ...]:
        """Elements in the order of the tree have rising keys. Raises UnsoundTagsError."""
        return tuple(self.place(above) for above in reversed(element.lineage))

    def element_of_table(self, table: FoundTable) -> Element | None:
        """The first part of a tagged table that is on the page; what is its caption comes before or after it."""
        return self._tables.get(id(table))

    def figures(self, lines: Sequence[RawLine]) -> list["Figure"]:
        """Figures with an alternate text that says more than what is printed in them; `lines` are all of the page."""
        inside: dict[int, list[RawLine]] = {}
        for line, marked in zip(lines, self.marked_in(lines), strict=True):
            for part in marked:
                element = self.element(part.mcid)
                if element is not None and (figure := _figure_of(element)):
                    inside.setdefault(figure.xref, []).append(line)
        found: dict[int, Figure] = {}
        for mcid, element in enumerate(self.elements):
            figure = _figure_of(element) if element is not None else None
            if figure is None or not says_something(figure.alternate):
                continue
            box = self.boxes.get(figure.xref)
            printed = inside.get(figure.xref, [])
            for seen in self.text.images.get(mcid, ()):
                box = _around(box, seen) if figure.xref not in self.boxes else box
            if box is None and printed:
                box = box_of(printed)
            known = found.get(figure.xref)
            if known is not None and box is not None:
                box = _around(known.box, box)
            said = " ".join(line.text.strip() for line in printed)
            if box is not None and said.casefold() != figure.alternate.casefold():
                found[figure.xref] = Figure(figure, figure.alternate, box)
        return list(found.values())

    def tables(self, lines: Sequence[RawLine]) -> list[FoundTable]:
        """The page's tagged tables that hold, top to bottom. `lines` are all that are horizontal on the page."""
        printed: dict[int, dict[int, list[Piece]]] = {}
        owners: list[set[int]] = []
        for order, (line, marked) in enumerate(zip(lines, self.marked_in(lines), strict=True)):
            places = [_cell_of(self.element(part.mcid)) for part in marked]
            owners.append({place[0] if place else 0 for place in places} or {0})
            pieces = [Piece(*part.box, part.text.strip(), order) for part in marked]
            if len(set(places)) == 1:
                # As it was read, with what is raised or lowered.
                places, pieces = places[:1], [Piece(*line.bbox, line.text.strip(), order)]
            for place, piece in zip(places, pieces, strict=True):
                if place is not None:
                    printed.setdefault(place[0], {}).setdefault(place[1], []).append(piece)
        first_rows = self._first_rows() if printed else {}
        found = []
        for table, cells in printed.items():
            shape = self.shapes.get(table)
            made = table_on_page(shape, cells) if shape else None
            if made and not _strangers(lines, owners, made.bbox, table):
                found.append(made)
                if element := first_rows.get(table):
                    self._tables[id(made)] = element
        return sorted(found, key=lambda made: (made.bbox[1], made.bbox[0]))

    def _first_rows(self) -> dict[int, Element]:
        """By a table's object number its first row, or part, that has something on the page."""
        found: dict[int, Element] = {}
        for element in self.elements:
            for above in element.lineage if element else ():
                if above.role in ROWS and above.parent is not None:
                    found.setdefault(above.parent.xref, above)
        return found


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its alternate text, in displayed coordinates."""

    element: Element
    text: str
    box: Rect


def says_something(alternate: str) -> bool:
    """Programs put names of files, and "image 1", where a person's words belong."""
    return bool(alternate) and not _NO_TEXT.fullmatch(alternate)


def homes_of(
    marked_lines: Sequence[MarkedLine], lines: Sequence[RawLine], *, same_text: bool = False
) -> list[int | None]:
    """For each marked line the index of the line that it is printed in; None for one that isn't among them."""
    near: dict[int, list[tuple[int, float, float, float, float, str]]] = {}
    for index, line in enumerate(lines):
        x0, y0, x1, y1 = line.bbox
        first, last = int(y0 / _STRIP_POINTS), int(y1 / _STRIP_POINTS)
        entry = (index, x0, y0, x1, y1, "".join(line.text.split()) if same_text else "")
        for strip in range(first, min(last, first + _MAX_STRIPS) + 1):
            near.setdefault(strip, []).append(entry)
    homes: list[int | None] = []
    for marked in marked_lines:
        left, top, right, bottom = marked.box
        middle = (top + bottom) / 2
        text = "".join(marked.text.split()) if same_text else ""
        best: tuple[float, int] | None = None
        for index, x0, y0, x1, y1, said in near.get(int(middle / _STRIP_POINTS), ()):
            if not y0 <= middle <= y1 or 2 * (min(x1, right) - max(x0, left)) <= min(x1 - x0, right - left):
                continue
            if same_text and text not in said and said not in text:
                continue
            away = abs((y0 + y1) / 2 - middle)
            if best is None or away < best[0]:
                best = away, index
        homes.append(best[1] if best else None)
    return homes


def table_elements(elements: Iterable[Element | None]) -> list[Element]:
    """The innermost tables that elements stand in; those around other tables are for layout, and left out."""
    innermost: dict[int, Element] = {}
    outer: set[int] = set()
    for element in elements:
        tables = [above for above in element.lineage if above.role == "Table"] if element else []
        if tables:
            innermost[tables[0].xref] = tables[0]
            outer.update(above.xref for above in tables[1:])
    return [table for xref, table in innermost.items() if xref not in outer]


def block_of(element: Element) -> Element | None:
    """The element that makes the block in which an element's text stands; None when only cells and groups do."""
    found: Element | None = None
    for above in element.lineage:
        if above.role in CELLS:
            break
        if above.role == "LI":
            return found if found and found.role in ("Figure", "Caption", "Code") else above
        if found is None and above.role in BLOCKS:
            found = above
    return found


def _figure_of(element: Element) -> Element | None:
    return next((above for above in element.lineage if above.role == "Figure"), None)


def _around(one: Rect | None, other: Rect) -> Rect:
    if one is None:
        return other
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _cell_of(element: Element | None) -> tuple[int, int] | None:
    """Object numbers of the table and the cell that an element stands in."""
    if element is None:
        return None
    cell = 0
    for above in element.lineage:
        if above.role in CELLS and not cell:
            cell = above.xref
        elif above.role == "Table":
            return (above.xref, cell) if cell else None
    return None


def _strangers(lines: Sequence[RawLine], owners: Sequence[set[int]], box: Rect, table: int) -> bool:
    """Whether something stands in a table's box that is none of its cells: it would be lost."""
    for line, owner in zip(lines, owners, strict=True):
        x, y = (line.bbox[0] + line.bbox[2]) / 2, (line.bbox[1] + line.bbox[3]) / 2
        inside = box[0] <= x <= box[2] and box[1] <= y <= box[3]
        if inside and (owner != {table} or line.spans[0].font == FIELD_FONT):
            return True
    return False
