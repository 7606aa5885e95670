"""MuPDF, imported once and made quiet. All other modules of the child take it from here."""

import sys
from typing import Any

# PyMuPDF imports its layout model (onnxruntime, 60 MB and half a second) when it finds it; nothing here uses it.
sys.modules["pymupdf.layout"] = None  # type: ignore[assignment]

import pymupdf as _pymupdf  # noqa: E402

#: PyMuPDF's types are too partial to check against.
pymupdf: Any = _pymupdf
mupdf: Any = _pymupdf.mupdf

pymupdf.TOOLS.mupdf_display_errors(False)
pymupdf.TOOLS.mupdf_display_warnings(False)
