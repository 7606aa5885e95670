"""Reads the tags of a document's pages. Whatever is wrong with them costs them, and says so in a note."""

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from pdf_reader.blocks import Rect
from pdf_reader.child.deep_structure import has_structure, hidden_where_deep
from pdf_reader.child.mupdf import mupdf, pymupdf
from pdf_reader.child.text import RawBlock
from pdf_reader.tags.elements import Element, UnsoundTagsError
from pdf_reader.tags.marked_text import MarkedTextReader
from pdf_reader.tags.page_tags import PageTags, table_elements
from pdf_reader.tags.table_shape import TableShape, shape_of
from pdf_reader.tags.tree import StructureTree

#: A page with more lines, or more that is marked, is not looked at.
MAX_LINES = 2_000
MAX_MARKED_LINES = 6_000
#: After so many pages on end whose tags were no good, those of the rest are not looked at.
MAX_BAD_PAGES = 5


class TagReader:
    """For one opened document, in the process that reads its pages."""

    def __init__(self, document: Any) -> None:
        #: Whether there is a structure tree at all, be it one that is used or one that is only to be hidden.
        self.has_structure = has_structure(document)
        self._tree = StructureTree.of(document)
        self._text = MarkedTextReader(self._tree) if self._tree else None
        self._shapes: dict[int, TableShape | str] = {}
        self._bad_pages = 0
        #: Of the page that was run last: the objects of its elements, or why there are none.
        self._objects: Sequence[Any] = ()
        self._failure: Exception | None = None

    @contextmanager
    def numbered(self, page: Any) -> Iterator[None]:
        """The block runs with the page's marked content numbered, so that what is recorded of it can be `read`."""
        self._objects, self._failure = (), None
        with ExitStack() as stack:
            if self._tree is not None and self._text is not None and self._bad_pages < MAX_BAD_PAGES:
                try:
                    key = self._tree.struct_parents(page)
                    objects = self._tree.marked_objects(key) if key >= 0 else []
                    if objects:
                        stack.enter_context(self._text.numbered(page, key, objects))
                    self._objects = objects
                except Exception as error:  # noqa: BLE001 (MuPDF's errors have no common base)
                    self._failure = error
            if not self._objects:
                stack.enter_context(hidden_where_deep(page))
            yield

    def read(self, page: Any, drawing: Any, blocks: Sequence[RawBlock], notes: list[str]) -> PageTags | None:
        """The tags of a page, `blocks` being its visible lines; None when it has none, or none that are sound.

        `drawing` is the display list that was made while the page was `numbered`; None when that broke off. What is
        worth knowing goes to `notes`. Raises what went wrong while it was numbered, and what MuPDF raises.
        """
        if self._failure is not None:
            self._bad_pages += 1
            raise self._failure
        if self._tree is None or self._text is None or not self._objects or drawing is None:
            return None
        if sum(map(len, blocks)) > MAX_LINES:
            return None
        try:
            found = self._read(self._tree, self._text, page, drawing)
        except UnsoundTagsError as unsound:
            notes.append(f"tags not used: {unsound}")
        except (ValueError, KeyError, json.JSONDecodeError):
            notes.append("tags not used: they can't be read")
        else:
            if len(found.text.lines) > MAX_MARKED_LINES:
                notes.append("tags not used: too many pieces on the page")
            elif found.keep_visible(blocks):
                notes += found.notes
                self._bad_pages = 0
                return found
            else:
                notes.append("tags not used: too little of the page's text is tagged")
        self._bad_pages += 1
        return None

    def _read(self, tree: StructureTree, reader: MarkedTextReader, page: Any, drawing: Any) -> PageTags:
        elements = [tree.element(item) for item in self._objects]
        text = reader.read(page, drawing, len(self._objects))
        own = mupdf.pdf_to_num(mupdf.pdf_page_from_fz_page(page.this).obj())
        found = PageTags(elements, text, tree.place, lambda element: tree.first_page(element) not in (0, own))
        found.boxes = _figure_boxes(tree, elements, page)
        shapes: dict[int, TableShape] = {}
        for table in table_elements(elements):
            if table.xref not in self._shapes:
                try:
                    self._shapes[table.xref] = shape_of(tree, table)
                except UnsoundTagsError as unsound:
                    self._shapes[table.xref] = str(unsound)
            shape = self._shapes[table.xref]
            if isinstance(shape, str):
                found.notes.append(f"tags of a table not used: {shape}")
            else:
                shapes[table.xref] = shape
        found.shapes = shapes
        return found


def _figure_boxes(tree: StructureTree, elements: Sequence[Element | None], page: Any) -> dict[int, Rect]:
    """The boxes that figures say they have, as far as they are on the page."""
    found: dict[int, Rect] = {}
    width, height = page.rect.width, page.rect.height
    for element in elements:
        for figure in element.lineage if element else ():
            if figure.role != "Figure" or figure.xref in found or not figure.alternate:
                continue
            box = tree.box(figure)
            if box is None or not all(map(math.isfinite, box)):
                continue
            shown = (pymupdf.Rect(*box) * page.transformation_matrix) * page.rotation_matrix
            x0, y0 = max(0.0, min(shown.x0, shown.x1)), max(0.0, min(shown.y0, shown.y1))
            x1, y1 = min(width, max(shown.x0, shown.x1)), min(height, max(shown.y0, shown.y1))
            if x0 < x1 and y0 < y1:
                found[figure.xref] = (x0, y0, x1, y1)
    return found
