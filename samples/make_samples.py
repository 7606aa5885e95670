"""Makes the sample PDFs that `make demo` ingests: `python samples/make_samples.py` writes them beside this file.

They hold what the pipeline has to see: chapters with an outline, a ruled table, internal and external links, an image,
a running header and page numbers.
"""

import io
from pathlib import Path
from typing import Any

import pymupdf
from PIL import Image, ImageDraw

FOLDER = Path(__file__).parent
PAGE = pymupdf.paper_rect("a5")
BODY = pymupdf.Rect(48, 60, PAGE.x1 - 48, PAGE.y1 - 56)
CSS = """
body { font-family: serif; font-size: 10.5px; line-height: 1.35; }
h1 { font-family: sans-serif; font-size: 20px; } h2 { font-family: sans-serif; font-size: 14px; }
h3 { font-family: sans-serif; font-size: 11.5px; } .sub { color: #555555; font-size: 12px; } a { color: #0053a3; }
"""
FEES = (
    ("Length", "Summer, a day", "Winter, a day", "Water and power"),
    ("up to 8 m", "9.00", "5.00", "1.50"),
    ("8 to 12 m", "14.00", "8.00", "2.50"),
    ("12 to 20 m", "26.00", "15.00", "4.00"),
    ("20 to 60 m", "70.00", "45.00", "9.00"),
)
NOTICE = """
<h1 id="n1">Notice to mariners</h1>
<p>The eastern quay is closed for repairs from the first of March until further notice. Ships that usually lie there
are sent to berths 14 to 19. The crane stays in service.</p>
<h2 id="n2">Dredging</h2>
<p>The dredger works in the fairway on weekdays from eight to four and shows two balls by day on the side where she may
not be passed. Questions are answered by the <a href="mailto:office@port-amaris.example">harbour office</a>.</p>
"""


def main() -> None:
    handbook = (FOLDER / "handbook.html").read_text(encoding="utf-8")
    before, after = handbook.split("TABLE\n")
    write_pdf("harbour-handbook.pdf", "The Harbour Keeper's Handbook", [before, FEES, after])
    write_pdf("notice-to-mariners.pdf", "Notice to mariners", [NOTICE])


def write_pdf(name: str, title: str, parts: list[str | tuple[tuple[str, ...], ...]]) -> None:
    """Lay the parts out one below the other (HTML, or tuples as a ruled table); add outline and page numbers."""
    html = "".join(part if isinstance(part, str) else table_placeholder(part) for part in parts)
    archive = pymupdf.Archive()
    archive.add(lighthouse(), "lighthouse.png")
    headings: list[tuple[int, str, int, float]] = []
    spot: list[tuple[int, pymupdf.Rect]] = []

    def note(position: Any) -> None:
        if position.open_close & 1 and position.heading:
            # The layout engine drops the blank where a heading breaks over two lines.
            text = title if position.id == "t0" else position.text
            headings.append((position.heading, text, position.page_num, position.rect[1]))
        if position.open_close & 1 and position.id == "fees":
            spot.append((position.page_num, pymupdf.Rect(position.rect)))

    story = pymupdf.Story(html, user_css=CSS, archive=archive)
    document = story.write_with_links(lambda _number, _filled: (PAGE, BODY, None), note)
    for number, rect in spot:
        draw_table(document[number - 1], rect, next(part for part in parts if not isinstance(part, str)))
    for page in document:
        if page.number:
            page.insert_text((48, 36), title, fontsize=8, fontname="helv", color=(0.4, 0.4, 0.4))
        page.insert_text((PAGE.width / 2 - 4, PAGE.height - 28), str(page.number + 1), fontsize=8, fontname="helv")
    document.set_toc(
        [
            [level, text, page, {"kind": pymupdf.LINK_GOTO, "to": pymupdf.Point(48, top)}]
            for level, text, page, top in headings
        ]
    )
    document.set_metadata({"title": title, "author": "Port Amaris Harbour Office", "creationDate": "", "modDate": ""})
    document.save(FOLDER / name, garbage=4, deflate=True, no_new_id=True)


def table_placeholder(rows: tuple[tuple[str, ...], ...]) -> str:
    """Room for the table, which the layout engine does not draw rules for."""
    return f'<div id="fees" style="height: {len(rows) * 18 + 8}px"><p>&nbsp;</p></div>' + "<p>&nbsp;</p>" * (len(rows))


def draw_table(page: pymupdf.Page, rect: pymupdf.Rect, rows: tuple[tuple[str, ...], ...]) -> None:
    width, height = BODY.width / len(rows[0]), 18
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            cell = pymupdf.Rect(0, 0, width, height) + (BODY.x0 + c * width, rect.y0 + r * height) * 2
            page.draw_rect(cell, color=(0, 0, 0), width=0.5, fill=(0.9, 0.9, 0.9) if r == 0 else None)
            page.insert_text((cell.x0 + 4, cell.y1 - 6), text, fontsize=8, fontname="hebo" if r == 0 else "helv")


def lighthouse() -> bytes:
    """A PNG of a lighthouse at dusk, drawn here."""
    image = Image.new("RGB", (300, 400), "#27406b")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 320, 300, 400), fill="#162743")
    draw.polygon(((150, 90), (300, 40), (300, 140)), fill="#e8d27a")
    draw.polygon(((115, 330), (185, 330), (170, 110), (130, 110)), fill="#f2efe9")
    for top in (150, 220, 290):
        draw.polygon(((126, top), (174, top), (178, top + 34), (122, top + 34)), fill="#a83e3e")
    draw.rectangle((132, 74, 168, 110), fill="#e8d27a", outline="#111111", width=4)
    draw.polygon(((124, 74), (176, 74), (150, 48)), fill="#111111")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


if __name__ == "__main__":
    main()
