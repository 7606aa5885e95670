"""Sets a text as a PDF: the first line is the title, every `## ` begins a page with a heading, blank lines part
paragraphs."""

from html import escape
from pathlib import Path

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 595, 842, 60
_CSS = "h1 {font-size: 22px} h2 {font-size: 16px} p {font-size: 11px; line-height: 1.5}"


def typeset(text: str, path: Path) -> int:
    """Write the PDF and give its number of pages. MuPDF's own fonts have the letters of all scripts that it falls back
    to. Raises ValueError when a section doesn't fit its page."""
    import pymupdf

    title, *sections = text.strip().split("\n## ")
    with pymupdf.open() as document:
        for number, section in enumerate(sections):
            heading, _, body = section.partition("\n")
            front = f"<h1>{escape(title.removeprefix('# '))}</h1>" if number == 0 else ""
            paragraphs = "".join(f"<p>{escape(part)}</p>" for part in body.split("\n\n") if part.strip())
            page = document.new_page(width=PAGE_WIDTH, height=PAGE_HEIGHT)
            box = pymupdf.Rect(MARGIN, MARGIN, PAGE_WIDTH - MARGIN, PAGE_HEIGHT - MARGIN)
            html = f"{front}<h2>{escape(heading)}</h2>{paragraphs}"
            spare, scale = page.insert_htmlbox(box, html, css=_CSS, scale_low=1)
            if spare < 0 or scale < 1:
                raise ValueError(f"the section {heading!r} doesn't fit its page")
        document.subset_fonts()
        document.save(path, garbage=3, deflate=True)
        return len(sections)
