"""The structure tree of an opened document, read from the leaves that a page has, never as a whole.

A tree may be anything: a loop, a million nodes, parents that don't know their children. What is read is bounded in
nodes, depth and children, and raises UnsoundTagsError where it is no tree.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from pdf_reader.blocks import Rect
from pdf_reader.child.cleaning import clean_string
from pdf_reader.child.mupdf import mupdf, pdf_document
from pdf_reader.tags.elements import CellAttributes, Element, Kid, MarkedContent, UnsoundTagsError
from pdf_reader.tags.roles import standard_role

#: Elements of one document that one process reads.
MAX_ELEMENTS = 300_000
MAX_DEPTH = 100
#: Children of one element, and of all elements that one process looks at.
MAX_KIDS = 50_000
MAX_KIDS_IN_ALL = 1_500_000
MAX_ROLES = 2_000
#: Pieces of marked content on one page.
MAX_MARKED = 5_000
#: A cell covers at most so many columns or rows.
MAX_SPAN = 200
MAX_ALTERNATE_CHARACTERS = 2_000
MAX_LANGUAGE_CHARACTERS = 35
#: What an element may say, in the order of the fields of `Element`, and how many characters of it are kept.
_TEXTS = (
    ("Lang", MAX_LANGUAGE_CHARACTERS),
    ("Alt", MAX_ALTERNATE_CHARACTERS),
    ("ActualText", MAX_ALTERNATE_CHARACTERS),
    ("E", MAX_ALTERNATE_CHARACTERS),
)
#: /S, /P and /K, without which an element has nothing on any page.
_FEWEST_ENTRIES = 3


class StructureTree:
    """The tree of one document. `of` gives None for a document that says that it isn't tagged."""

    def __init__(self, pdf: Any, root: Any) -> None:
        self.pdf = pdf
        self.root = root
        self._root_xref = mupdf.pdf_to_num(root)
        self._parent_tree = mupdf.pdf_dict_gets(root, "ParentTree")
        self._elements: dict[int, Element] = {}
        self._places: dict[int, Mapping[int, int]] = {}
        self._roles: dict[str, str] = {}
        self._kids_seen = 0

    @classmethod
    def of(cls, document: Any) -> "StructureTree | None":
        """Of a `pymupdf.Document`: one that is marked as tagged, says nothing of suspects, and has a tree."""
        pdf = pdf_document(document)
        catalog = mupdf.pdf_dict_gets(mupdf.pdf_trailer(pdf), "Root")
        mark = mupdf.pdf_dict_gets(catalog, "MarkInfo")
        root = mupdf.pdf_dict_gets(catalog, "StructTreeRoot")
        if not mupdf.pdf_is_dict(root) or not mupdf.pdf_to_num(root):
            return None
        if not _is_true(mark, "Marked") or _is_true(mark, "Suspects"):
            return None
        if not mupdf.pdf_dict_gets(root, "K").m_internal or not mupdf.pdf_dict_gets(root, "ParentTree").m_internal:
            return None
        return cls(pdf, root)

    @cached_property
    def role_map(self) -> Mapping[str, str]:
        found = {}
        roles = mupdf.pdf_dict_gets(self.root, "RoleMap")
        for index in range(min(mupdf.pdf_dict_len(roles), MAX_ROLES)):
            key, value = mupdf.pdf_dict_get_key(roles, index), mupdf.pdf_dict_get_val(roles, index)
            found[mupdf.pdf_to_name(key)] = mupdf.pdf_to_name(value)
        return found

    def struct_parents(self, page: Any) -> int:
        """The key of a `pymupdf.Page` in the parent tree, -1 when it has none."""
        key = mupdf.pdf_dict_gets(mupdf.pdf_page_from_fz_page(page.this).obj(), "StructParents")
        return mupdf.pdf_to_int(key) if mupdf.pdf_is_int(key) else -1

    def marked_objects(self, struct_parents: int) -> list[Any]:
        """For each piece of marked content of a page, by its number, the object of its element (may be null)."""
        found = mupdf.pdf_lookup_number(self._parent_tree, struct_parents)
        if not mupdf.pdf_is_array(found):
            return []
        count = mupdf.pdf_array_len(found)
        if count > MAX_MARKED:
            raise UnsoundTagsError(f"more than {MAX_MARKED} tagged pieces on one page")
        return [mupdf.pdf_array_get(found, index) for index in range(count)]

    def element(self, item: Any) -> Element | None:
        """The element that an object is, with all above it; None for an object that is none.

        Raises UnsoundTagsError for one that is above itself, or too deep.
        """
        # MuPDF's plain functions here: their wrappers take four times as long, and each page has hundreds of elements.
        pointer = item.m_internal
        pending: list[tuple[int, Any]] = []
        above: Element | None = None
        seen = set()
        while pointer:
            xref = mupdf.ll_pdf_to_num(pointer)
            if xref == self._root_xref or not mupdf.ll_pdf_is_dict(pointer):
                break
            if xref in self._elements:
                above = self._elements[xref]
                break
            if not xref:
                raise UnsoundTagsError("an element that is no object of its own")
            if xref in seen:
                raise UnsoundTagsError("an element is above itself")
            seen.add(xref)
            pending.append((xref, pointer))
            if len(pending) > MAX_DEPTH:
                raise UnsoundTagsError(f"elements nested more than {MAX_DEPTH} deep")
            pointer = mupdf.ll_pdf_dict_gets(pointer, "P")
        for xref, pointer in reversed(pending):
            above = self._made(xref, pointer, above)
        return above

    def kids(self, element: Element) -> list[Kid]:
        """The element's children in order. One that names another parent is none of them."""
        kids = mupdf.pdf_dict_gets(mupdf.pdf_new_indirect(self.pdf, element.xref, 0), "K")
        items = [kids]
        if mupdf.pdf_is_array(kids):
            count = self._count_of(kids)
            items = [mupdf.pdf_array_get(kids, index) for index in range(count)]
        found: list[Kid] = []
        for item in items:
            if mupdf.pdf_is_int(item):
                found.append(MarkedContent(0, mupdf.pdf_to_int(item)))
                continue
            if not mupdf.pdf_is_dict(item):
                continue
            marked = mupdf.pdf_dict_gets(item, "MCID")
            if mupdf.pdf_is_int(marked):
                found.append(MarkedContent(mupdf.pdf_to_num(mupdf.pdf_dict_gets(item, "Pg")), mupdf.pdf_to_int(marked)))
            elif mupdf.pdf_dict_gets(item, "S").m_internal and mupdf.pdf_to_num(item):
                kid = self.element(item)
                if kid is not None and kid.parent is element:
                    found.append(kid)
        return found

    def first_page(self, element: Element) -> int:
        """The object number of the page on which an element's content begins; 0 when it has none."""
        pending: list[tuple[Element, Kid]] = [(element, kid) for kid in reversed(self.kids(element))]
        seen = {element.xref}
        while pending:
            above, kid = pending.pop()
            if isinstance(kid, MarkedContent):
                named = (found.page_xref for found in above.lineage if found.page_xref)
                return kid.page_xref or next(named, 0)
            if kid.xref not in seen:
                seen.add(kid.xref)
                pending += [(kid, inner) for inner in reversed(self.kids(kid))]
        return 0

    def place(self, element: Element) -> int:
        """Which child of its parent an element is, counted from 0. Raises UnsoundTagsError for one that is none."""
        above = element.parent
        key = above.xref if above else self._root_xref
        if key not in self._places:
            kids = mupdf.pdf_dict_gets(mupdf.pdf_new_indirect(self.pdf, key, 0), "K")
            if mupdf.pdf_is_array(kids):
                count = self._count_of(kids)
                numbers = [mupdf.pdf_to_num(mupdf.pdf_array_get(kids, index)) for index in range(count)]
            else:
                numbers = [mupdf.pdf_to_num(kids)]
            self._places[key] = {number: index for index, number in reversed(list(enumerate(numbers))) if number}
        try:
            return self._places[key][element.xref]
        except KeyError:
            raise UnsoundTagsError("an element that its parent doesn't know") from None

    def cell_attributes(self, element: Element) -> CellAttributes:
        rows, columns, scope = 1, 1, ""
        for attributes in self._attributes(element):
            rows = _span(attributes, "RowSpan", rows)
            columns = _span(attributes, "ColSpan", columns)
            scope = mupdf.pdf_to_name(mupdf.pdf_dict_gets(attributes, "Scope")) or scope
        return CellAttributes(rows, columns, scope)

    def box(self, element: Element) -> Rect | None:
        """The box that a figure says it has, in the page's own coordinates (origin bottom left)."""
        for attributes in self._attributes(element):
            box = mupdf.pdf_dict_gets(attributes, "BBox")
            if mupdf.pdf_array_len(box) == 4:
                x0, y0, x1, y1 = (mupdf.pdf_to_real(mupdf.pdf_array_get(box, index)) for index in range(4))
                return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
        return None

    def _count_of(self, kids: Any) -> int:
        count: int = mupdf.pdf_array_len(kids)
        self._kids_seen += count
        if count > MAX_KIDS or self._kids_seen > MAX_KIDS_IN_ALL:
            raise UnsoundTagsError("elements with too many children")
        return count

    def _attributes(self, element: Element) -> Sequence[Any]:
        found = mupdf.pdf_dict_gets(mupdf.pdf_new_indirect(self.pdf, element.xref, 0), "A")
        if mupdf.pdf_is_dict(found):
            return [found]
        items = [mupdf.pdf_array_get(found, index) for index in range(min(mupdf.pdf_array_len(found), 16))]
        return [item for item in items if mupdf.pdf_is_dict(item)]

    def _made(self, xref: int, pointer: Any, above: Element | None) -> Element:
        if len(self._elements) >= MAX_ELEMENTS:
            raise UnsoundTagsError(f"more than {MAX_ELEMENTS} elements")
        depth = above.depth + 1 if above else 0
        if depth > MAX_DEPTH:
            raise UnsoundTagsError(f"elements nested more than {MAX_DEPTH} deep")
        role = mupdf.ll_pdf_to_name(mupdf.ll_pdf_dict_gets(pointer, "S"))
        if role not in self._roles:
            self._roles[role] = standard_role(role, self.role_map)
        page = mupdf.ll_pdf_dict_gets(pointer, "Pg")
        # Most elements say no more than type, parent, children and page: counting their entries is cheaper than asking.
        more = mupdf.ll_pdf_dict_len(pointer) - _FEWEST_ENTRIES - bool(page)
        if more > 0 and mupdf.ll_pdf_dict_gets(pointer, "Type"):
            more -= 1
        texts = [_text(pointer, key, length) for key, length in _TEXTS] if more > 0 else ("", "", "", "")
        made = Element(xref, self._roles[role], above, depth, mupdf.ll_pdf_to_num(page), *texts)
        self._elements[xref] = made
        return made


def language_at_top(document: Any) -> str:
    """The language that the outermost elements of a tagged document name, "" for none."""
    tree = StructureTree.of(document)
    if tree is None:
        return ""
    kids = mupdf.pdf_dict_gets(tree.root, "K")
    items = [mupdf.pdf_array_get(kids, index) for index in range(min(mupdf.pdf_array_len(kids), 16))] or [kids]
    return next((found for item in items if (found := _text(item.m_internal, "Lang", MAX_LANGUAGE_CHARACTERS))), "")


def _is_true(dictionary: Any, key: str) -> bool:
    return bool(mupdf.pdf_to_bool(mupdf.pdf_dict_gets(dictionary, key)))


def _span(attributes: Any, key: str, otherwise: int) -> int:
    value = mupdf.pdf_dict_gets(attributes, key)
    return min(MAX_SPAN, max(1, mupdf.pdf_to_int(value))) if value.m_internal else otherwise


def _text(pointer: Any, key: str, max_characters: int) -> str:
    value = mupdf.ll_pdf_dict_gets(pointer, key)
    return clean_string(mupdf.ll_pdf_to_text_string(value), max_characters) if value else ""
