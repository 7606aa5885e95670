"""Tagged PDFs made object by object: marked content, a structure tree, and whatever may be wrong with them."""

from dataclasses import dataclass, field

FONTS = {
    "F1": "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding >>",
    "F2": "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Bold /Encoding /WinAnsiEncoding >>",
    "F3": "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
}
#: Numbers of the objects that every file has.
CATALOG, PAGES, ROOT, PARENT_TREE = 1, 2, 3, 4


@dataclass(slots=True, eq=False)
class Element:
    """A structure element. `entries` are more of its dictionary, as source; `parent` None is the tree's root."""

    role: str
    number: int
    parent: "Element | None" = None
    entries: str = ""
    kids: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class TaggedPage:
    """A page of A4; y counts from its top, as its reader does."""

    number: int
    contents: list[str] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    entries: str = ""

    def text(self, owner: Element, text: str, x: float, y: float, size: float = 10, font: str = "F1") -> None:
        """A marked piece of a text that belongs to an element."""
        self.mark(owner, [(text, x, y)], size, font)

    def mark(
        self, owner: Element, lines: list[tuple[str, float, float]], size: float = 10, font: str = "F1", inner: str = ""
    ) -> None:
        mcid = len(self.owners)
        self.owners.append(owner.number)
        owner.kids.append(f"<< /Type /MCR /Pg {self.number} 0 R /MCID {mcid} >>")
        shown = inner + "".join(_show(text, x, y, size, font) for text, x, y in lines)
        self.contents.append(f"/{owner.role.replace(' ', '#20')} << /MCID {mcid} >> BDC {shown} EMC")

    def artifact(self, text: str, x: float, y: float, size: float = 9) -> None:
        self.contents.append(f"/Artifact << /Type /Pagination >> BDC {_show(text, x, y, size, 'F1')} EMC")

    def untagged(self, text: str, x: float, y: float, size: float = 10, font: str = "F1") -> None:
        self.contents.append(_show(text, x, y, size, font))


class TaggedPdf:
    """A document in the making; `objects` may be changed or added to before `data`."""

    def __init__(self, catalog: str = "/MarkInfo << /Marked true >>", root: str = "") -> None:
        self.catalog, self.root = catalog, root
        self.pages: list[TaggedPage] = []
        self.elements: list[Element] = []
        self.objects: dict[int, str] = {}
        self._next = 20

    def page(self, entries: str = "") -> TaggedPage:
        page = TaggedPage(self.number(), entries=entries)
        self.number()  # of its contents
        self.pages.append(page)
        return page

    def element(self, role: str, parent: Element | None = None, entries: str = "") -> Element:
        made = Element(role, self.number(), parent, entries)
        self.elements.append(made)
        if parent is not None:
            parent.kids.append(f"{made.number} 0 R")
        return made

    def number(self) -> int:
        self._next += 1
        return self._next - 1

    def data(self) -> bytes:
        objects = {
            CATALOG: f"<< /Type /Catalog /Pages {PAGES} 0 R /StructTreeRoot {ROOT} 0 R {self.catalog} >>",
            PAGES: f"<< /Type /Pages /Count {len(self.pages)} /Kids [{_refs(page.number for page in self.pages)}] >>",
            ROOT: f"<< /Type /StructTreeRoot /ParentTree {PARENT_TREE} 0 R {self.root}"
            f" /K [{_refs(element.number for element in self.elements if element.parent is None)}] >>",
            PARENT_TREE: "<< /Nums ["
            + " ".join(f"{key} [{_refs(page.owners)}]" for key, page in enumerate(self.pages))
            + "] >>",
        }
        fonts = " ".join(f"/{name} {number} 0 R" for number, name in enumerate(FONTS, start=10))
        objects |= dict(enumerate(FONTS.values(), start=10))
        for key, page in enumerate(self.pages):
            content = "\n".join(page.contents)
            objects[page.number] = (
                f"<< /Type /Page /Parent {PAGES} 0 R /MediaBox [0 0 595 842] /StructParents {key}"
                f" /Contents {page.number + 1} 0 R /Resources << /Font << {fonts} >> >> {page.entries} >>"
            )
            objects[page.number + 1] = f"<< /Length {len(content)} >>\nstream\n{content}\nendstream"
        for element in self.elements:
            above = element.parent.number if element.parent else ROOT
            role = element.role.replace(" ", "#20")
            objects[element.number] = (
                f"<< /Type /StructElem /S /{role} /P {above} 0 R /K [{' '.join(element.kids)}] {element.entries} >>"
            )
        return written(objects | self.objects)


def written(objects: dict[int, str]) -> bytes:
    parts = [b"%PDF-1.7\n"]
    length = len(parts[0])
    offsets = {}
    for number, source in objects.items():
        offsets[number] = length
        parts.append(f"{number} 0 obj\n{source}\nendobj\n".encode("cp1252"))
        length += len(parts[-1])
    size = max(objects) + 1
    rows = "".join(f"{offsets[n]:010} 00000 n \n" if n in offsets else "0000000000 65535 f \n" for n in range(size))
    end = f"xref\n0 {size}\n{rows}trailer\n<< /Size {size} /Root {CATALOG} 0 R >>\nstartxref\n{length}\n%%EOF\n"
    return b"".join([*parts, end.encode()])


def table(
    pdf: TaggedPdf,
    page: TaggedPage,
    parent: Element,
    rows: list[list[str]],
    top: float,
    xs: list[float],
    heads: int = 1,
) -> Element:
    """A tagged table without rules, a line a row; blank cells are elements without content."""
    made = pdf.element("Table", parent)
    add_rows(pdf, page, made, rows, top, xs, heads)
    return made


def add_rows(
    pdf: TaggedPdf, page: TaggedPage, made: Element, rows: list[list[str]], top: float, xs: list[float], heads: int = 0
) -> None:
    for index, row in enumerate(rows):
        line = pdf.element("TR", made)
        for text, x in zip(row, xs, strict=True):
            cell = pdf.element("TH" if index < heads else "TD", line)
            if text:
                page.text(cell, text, x, top + 16 * index)


def _refs(numbers: object) -> str:
    return " ".join(f"{number} 0 R" for number in numbers)  # type: ignore[attr-defined]


def _show(text: str, x: float, y: float, size: float, font: str) -> str:
    said = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /{font} {size} Tf 1 0 0 1 {x} {842 - y} Tm ({said}) Tj ET "
