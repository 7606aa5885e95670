"""Keeps MuPDF from climbing a structure tree that has no end.

A display list gets the structure of what it records: MuPDF climbs from every piece of marked content to the root.
Nobody asks the list for it (`pdf_reader/tags` reads the tree), so that it is hidden where it is too deep.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pdf_reader.child.mupdf import mupdf, pdf_document

#: Elements above one another; those of real documents are below 30.
MAX_DEPTH = 100
#: A page with more pieces of marked content is recorded without its structure.
MAX_PIECES = 10_000


@contextmanager
def hidden_where_deep(page: Any) -> Iterator[None]:
    """The block runs without the document's structure tree if that of this `pymupdf.Page` is too deep or goes round."""
    catalog, root = _structure(page.parent)
    if not root.m_internal or not _is_deep(page, root):
        yield
        return
    mupdf.pdf_dict_dels(catalog, "StructTreeRoot")
    try:
        yield
    finally:
        mupdf.pdf_dict_puts(catalog, "StructTreeRoot", root)


def has_structure(document: Any) -> bool:
    """Whether a `pymupdf.Document` has a structure tree, however bad."""
    return bool(_structure(document)[1].m_internal)


def _structure(document: Any) -> tuple[Any, Any]:
    """The catalog and the root of the structure tree, a null object where there is none."""
    pdf = pdf_document(document)
    catalog = mupdf.pdf_dict_gets(mupdf.pdf_trailer(pdf), "Root")
    return catalog, mupdf.pdf_dict_gets(catalog, "StructTreeRoot")


def _is_deep(page: Any, root: Any) -> bool:
    key = mupdf.pdf_dict_gets(mupdf.pdf_page_from_fz_page(page.this).obj(), "StructParents")
    pieces = mupdf.pdf_lookup_number(mupdf.pdf_dict_gets(root, "ParentTree"), mupdf.pdf_to_int(key))
    if not mupdf.pdf_is_array(pieces):
        return False
    count = mupdf.pdf_array_len(pieces)
    shallow: set[int] = set()
    return count > MAX_PIECES or any(
        _climbs_without_end(mupdf.pdf_array_get(pieces, index), shallow) for index in range(count)
    )


def _climbs_without_end(element: Any, shallow: set[int]) -> bool:
    """`shallow` are the numbers of objects that are known not to, and is added to."""
    passed: list[int] = []
    for _ in range(MAX_DEPTH):
        number = mupdf.pdf_to_num(element)
        if number in shallow or not mupdf.pdf_is_dict(element):
            shallow.update(passed)
            return False
        if number:
            passed.append(number)
        element = mupdf.pdf_dict_gets(element, "P")
    return True
