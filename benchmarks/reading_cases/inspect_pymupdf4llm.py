"""PyMuPDF4LLM (https://pymupdf.readthedocs.io/en/latest/pymupdf4llm) with its layout model, on one file."""

import contextlib
import io
import sys

import pymupdf4llm
from from_markdown import as_json

with contextlib.redirect_stdout(io.StringIO()):
    pages = pymupdf4llm.to_markdown(sys.argv[1], page_chunks=True)
print(as_json([page["text"] for page in pages]))
