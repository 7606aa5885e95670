"""What MuPDF muttered while it read a page: whether the page's content was damaged, and whether memory ran out."""

import re

from pdf_reader.child.mupdf import pymupdf

#: Warnings that mean lost content; MuPDF also warns of much that does no harm.
_DAMAGE = re.compile(
    r"zlib|inflate|premature end|lzw|ascii85|asciihex|syntax error|cannot (?:find|load|parse|read)"
    r"|non-page object|too many nested",
    re.IGNORECASE,
)
_MEMORY = re.compile(r"\b[mc]alloc\b|\brealloc\b|out of memory|bad_alloc", re.IGNORECASE)


def forget() -> None:
    """Begin a new page."""
    pymupdf.TOOLS.reset_mupdf_warnings()


def seen() -> bool:
    """Whether content of the page was damaged, by what MuPDF has warned of since `forget`."""
    return bool(_DAMAGE.search(pymupdf.TOOLS.mupdf_warnings(reset=False)))


def is_want_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or bool(_MEMORY.search(str(error)))
