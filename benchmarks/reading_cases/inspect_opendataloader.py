"""opendataloader-pdf (https://opendataloader.org), which runs Java, on one file."""

import contextlib
import io
import sys
import tempfile
from pathlib import Path

import opendataloader_pdf
from from_markdown import as_json

#: No page holds this.
SEPARATOR = "%%--page--%%"

with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
    opendataloader_pdf.convert(
        sys.argv[1],
        output_dir=folder,
        format="markdown",
        quiet=True,
        use_struct_tree=True,
        image_output="off",
        markdown_page_separator=SEPARATOR,
    )
    [written] = Path(folder).glob("*.md")
    pages = written.read_text(encoding="utf-8").split(SEPARATOR)
print(as_json(pages if pages[0].strip() else pages[1:]))
