"""PyMuPDF4LLM (https://pymupdf.readthedocs.io/en/latest/pymupdf4llm) with its layout model, on one file."""

import os
import sys

from from_markdown import as_json

# It writes remarks to the standard output that it found when it was imported.
output = os.dup(1)
os.dup2(2, 1)

import pymupdf4llm  # noqa: E402

pages = pymupdf4llm.to_markdown(sys.argv[1], page_chunks=True)
with os.fdopen(output, "w", encoding="utf-8") as file:
    print(as_json([page["text"] for page in pages]), file=file)
