"""Which printed text belongs to which piece of marked content of a page, as MuPDF sees it.

MuPDF tells where text stands in the structure tree while it runs the page, by climbing the document's own tree: it
takes time that grows with the tree, and what is damaged in it leads astray. So the page is run with a tree made here:
flat, one element for each piece of marked content. It is in the document only as long as that takes. The page is run
once: its text and its marked content are both had from the display list of that run.

MuPDF also counts what follows a piece of marked content to it, up to the next one. So an empty piece is put behind
each, which takes what belongs to none; what is marked as no part of the text is numbered too.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pdf_reader.blocks import Rect
from pdf_reader.child.cleaning import clean_line
from pdf_reader.child.mupdf import EVERYWHERE, mupdf
from pdf_reader.child.text import TEXT_FLAGS, Turn
from pdf_reader.tags.elements import UnsoundTagsError
from pdf_reader.tags.tree import StructureTree

_FLAGS = TEXT_FLAGS | mupdf.FZ_STEXT_COLLECT_STRUCTURE | mupdf.FZ_STEXT_PRESERVE_IMAGES
#: MuPDF's JSON has whole numbers: hundredths of a point, then.
_SCALE = 100.0
#: More than this of it is no page for people.
MAX_JSON_BYTES = 16 * 1024 * 1024
UNMARKED, ARTIFACT = -1, -2
#: What may stand before and behind the operator that ends marked content.
_BEFORE, _BEHIND = b" \t\r\n\0\f>])", b" \t\r\n\0\f/[<("
#: How content begins that is none of the text (PDF 32000-1, 14.8.2.2).
_ARTIFACT = re.compile(rb"/Artifact\s*(?:(?:<<(?:[^<>]|<[^<>]*>)*>>|/[^\s/<>\[\]()]+)\s*BDC|BMC)(?=[\s/\[<(]|$)")


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line of one piece of marked content, in displayed coordinates. `text` is cleaned, its ends are not stripped."""

    mcid: int
    box: Rect
    text: str


@dataclass(slots=True)
class MarkedText:
    """A page's text by marked content, and the boxes of its images. Lines of `ARTIFACT` are marked as none of its text.

    `UNMARKED` lines have no mark.
    """

    lines: list[MarkedLine] = field(default_factory=list)
    images: dict[int, list[Rect]] = field(default_factory=dict)


class MarkedTextReader:
    """Runs the pages of one document. Raises UnsoundTagsError for a page with too much on it."""

    def __init__(self, tree: StructureTree) -> None:
        self._pdf = tree.pdf
        self._catalog = mupdf.pdf_dict_gets(mupdf.pdf_trailer(tree.pdf), "Root")
        self._real = tree.root
        self._elements: list[Any] = []
        #: Numbers of those that have an /ActualText at the moment.
        self._replaced: set[int] = set()
        self._root = mupdf.pdf_add_object(self._pdf, mupdf.pdf_new_dict(self._pdf, 2))
        self._parents = mupdf.pdf_new_dict(self._pdf, 1)
        self._kids = mupdf.pdf_new_array(self._pdf, 16)
        self._by_number = mupdf.pdf_new_array(self._pdf, 16)
        self._contents = mupdf.pdf_add_object(self._pdf, mupdf.pdf_new_dict(self._pdf, 1))
        mupdf.pdf_dict_puts(self._root, "ParentTree", self._parents)
        mupdf.pdf_dict_puts(self._root, "K", self._kids)

    @contextmanager
    def numbered(self, page: Any, struct_parents: int, objects: Sequence[Any]) -> Iterator[None]:
        """The block runs with a content of the page, and a tree, that tell each piece of text by its number.

        `objects` are those of the page's elements, by number: their /ActualText is the text's.
        """
        numbers = mupdf.pdf_new_array(self._pdf, 2)
        mupdf.pdf_array_push(numbers, mupdf.pdf_new_int(struct_parents))
        mupdf.pdf_array_push(numbers, self._flat(objects))
        mupdf.pdf_dict_puts(self._parents, "Nums", numbers)
        buffer = mupdf.fz_new_buffer_from_copied_data(with_all_numbered(page.read_contents(), len(objects)))
        mupdf.pdf_update_stream(self._pdf, self._contents, buffer, 0)
        own = mupdf.pdf_page_from_fz_page(page.this).obj()
        real_contents = mupdf.pdf_dict_gets(own, "Contents")
        mupdf.pdf_dict_puts(self._catalog, "StructTreeRoot", self._root)
        mupdf.pdf_dict_puts(own, "Contents", self._contents)
        try:
            yield
        finally:
            mupdf.pdf_dict_puts(self._catalog, "StructTreeRoot", self._real)
            mupdf.pdf_dict_puts(own, "Contents", real_contents)

    def read(self, page: Any, drawing: Any, count: int) -> MarkedText:
        """From the display list that was made of the page while it was `numbered`, of `count` elements."""
        found = MarkedText()
        none = {count: UNMARKED, count + 1: ARTIFACT}
        turn = Turn(page)
        for block in json.loads(_printed(page, drawing))["blocks"]:
            if block.get("type") == "structure":
                mcid = none.get(block["index"], block["index"])
                for part in block.get("contents", ()):
                    _add(part, mcid, turn, found)
            else:
                _add(block, UNMARKED, turn, found)
        return found

    def _flat(self, objects: Sequence[Any]) -> Any:
        """The elements by number, as many as any page has had; what they replace is that of this page."""
        for number in range(len(self._elements), len(objects) + 2):
            made = mupdf.pdf_new_dict(self._pdf, 3)
            mupdf.pdf_dict_puts(made, "S", mupdf.pdf_new_name("Span"))
            mupdf.pdf_dict_puts(made, "K", mupdf.pdf_new_int(number))
            mupdf.pdf_dict_puts(made, "P", self._root)
            made = mupdf.pdf_add_object(self._pdf, made)
            mupdf.pdf_array_push(self._kids, made)
            mupdf.pdf_array_push(self._by_number, made)
            self._elements.append(made)
        for number in self._replaced:
            mupdf.pdf_dict_dels(self._elements[number], "ActualText")
        self._replaced = {
            number for number, item in enumerate(objects) if mupdf.ll_pdf_dict_gets(item.m_internal, "ActualText")
        }
        for number in self._replaced:
            instead = mupdf.pdf_dict_gets(objects[number], "ActualText")
            mupdf.pdf_dict_puts(self._elements[number], "ActualText", instead)
        return self._by_number


def with_all_numbered(content: bytes, mcid: int) -> bytes:
    """The content of a page with an empty piece of marked content, of this number, behind each outermost one, and the
    next number for what is marked as none of the text."""
    end = b"EMC /Span << /MCID %d >> BDC EMC" % mcid
    artifact = b"/Artifact << /MCID %d >> BDC" % (mcid + 1)
    depth = 0
    written = bytearray()
    pieces = content.split(b"EMC")
    for index, piece in enumerate(pieces):
        begun = piece.count(b"BDC") + piece.count(b"BMC")
        written += _ARTIFACT.sub(artifact, piece, count=1) if not depth and b"/Artifact" in piece else piece
        if index == len(pieces) - 1:
            break
        depth += begun
        is_operator = (not piece or piece[-1] in _BEFORE) and (not pieces[index + 1] or pieces[index + 1][0] in _BEHIND)
        if not depth or not is_operator:
            written += b"EMC"
            continue
        depth -= 1
        written += b"EMC" if depth else end
    return bytes(written)


def _printed(page: Any, drawing: Any) -> bytes:
    # As `pdf_reader.child.text` does, but for the structure.
    unrotated = mupdf.FzMatrix(*page.derotation_matrix)
    stext = mupdf.FzStextPage(mupdf.fz_transform_rect(mupdf.fz_bound_page(page.this), unrotated))
    options = mupdf.FzStextOptions()
    options.flags = _FLAGS
    device = mupdf.fz_new_stext_device(stext, options)
    mupdf.fz_run_display_list(drawing, device, unrotated, EVERYWHERE, mupdf.FzCookie())
    mupdf.fz_close_device(device)
    buffer = mupdf.fz_new_buffer(1 << 16)
    output = mupdf.FzOutput(buffer)
    mupdf.fz_print_stext_page_as_json(output, stext, _SCALE)
    output.fz_close_output()
    printed = mupdf.fz_buffer_extract(buffer)
    if len(printed) > MAX_JSON_BYTES:
        raise UnsoundTagsError("too much tagged text on one page")
    return bytes(printed)


def _add(block: Any, mcid: int, turn: Turn, found: MarkedText) -> None:
    if block.get("type") == "image":
        if mcid != UNMARKED and (box := _box(block, turn)):
            found.images.setdefault(mcid, []).append(box)
        return
    if block.get("type") == "structure":
        for part in block.get("contents", ()):
            _add(part, mcid, turn, found)
        return
    for line in block.get("lines", ()):
        text = clean_line(line["text"])
        if text.strip() and (box := _box(line, turn)):
            found.lines.append(MarkedLine(mcid, box, text))


def _box(item: Any, turn: Turn) -> Rect | None:
    box = item["bbox"]
    x, y, width, height = (box[key] / _SCALE for key in ("x", "y", "w", "h"))
    found = turn.box((x, y, x + width, y + height))
    return found if math.isfinite(sum(found)) else None
