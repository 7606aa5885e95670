"""MuPDF, imported once and made quiet. All other modules of the child take it from here."""

import sys
from typing import Any

# PyMuPDF imports its layout model and its Markdown writer when it finds them, and either of them imports onnxruntime.
# Nothing here uses them, and every child would start with them: a fifth more CPU and 24 MB.
for _unused in ("pymupdf.layout", "pymupdf4llm"):
    sys.modules[_unused] = None  # type: ignore[assignment]

import pymupdf as _pymupdf  # noqa: E402

#: PyMuPDF's types are too partial to check against.
pymupdf: Any = _pymupdf
mupdf: Any = _pymupdf.mupdf

#: Of a display list: all that is in it.
EVERYWHERE: Any = mupdf.FzRect(mupdf.FzRect.Fixed_INFINITE)

pymupdf.TOOLS.mupdf_display_errors(False)
pymupdf.TOOLS.mupdf_display_warnings(False)


def run_page(page: Any, content: Any, device: Any, matrix: Any, *, area: Any = EVERYWHERE, cookie: Any = None) -> None:
    """Run a `pymupdf.Page` into a device, with what lies over its content, and close the device.

    `content` is the display list of the page's content, None where it is to be interpreted; of the list, what is
    outside of `area` is left out. `cookie` can stop it.
    """
    if cookie is None:
        cookie = mupdf.FzCookie()
    if content is None:
        mupdf.fz_run_page(page.this, device, matrix, cookie)
    else:
        mupdf.fz_run_display_list(content, device, matrix, area, cookie)
        mupdf.fz_run_page_annots(page.this, device, matrix, cookie)
        mupdf.fz_run_page_widgets(page.this, device, matrix, cookie)
    mupdf.fz_close_device(device)


def pdf_document(document: Any) -> Any:
    """The `mupdf.PdfDocument` of a `pymupdf.Document`.

    MuPDF's own wrapper of this makes an empty document for a moment, and where a document goes, MuPDF forgets the
    glyphs that it has drawn: asked for each page, each page would draw all its letters anew.
    """
    pointer = mupdf.ll_pdf_document_from_fz_document(document.this.m_internal)
    return mupdf.PdfDocument(mupdf.ll_pdf_keep_document(pointer))
