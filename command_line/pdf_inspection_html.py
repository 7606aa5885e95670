"""An inspection as one HTML file: each page's image beside its text, headings, links, tables and chunk starts marked.

The file needs nothing from elsewhere and runs nothing; all of the document's text is escaped.
"""

import base64
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

from command_line.pdf_inspection import Inspection
from pdf_reader.document import Page, Rect

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light; --heading: #0a7d33; --link: #0b5cad; --table: #b35c00; --dim: #6b7280; --line: #d7dbe0; }}
body {{ font: 15px/1.5 system-ui, sans-serif; color: #1b1f24; background: #f4f5f7; margin: 0; }}
header, nav, article {{ background: #fff; border: 1px solid var(--line); border-radius: 8px; margin: 1rem auto;
  max-width: 1500px; padding: 1rem 1.5rem; }}
h1 {{ font-size: 1.3rem; margin: 0; }}
h2 {{ font-size: 1rem; margin: 0 0 .75rem; display: flex; gap: .75rem; flex-wrap: wrap; align-items: baseline; }}
h2 .path {{ color: var(--heading); font-weight: 500; }}
.dim, .running {{ color: var(--dim); }}
.loss {{ color: #9a3412; }}
.columns {{ display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: 1.5rem; align-items: start; }}
@media (max-width: 900px) {{ .columns {{ grid-template-columns: 1fr; }} }}
figure {{ margin: 0; position: sticky; top: .5rem; }}
figure img {{ width: 100%; display: block; border: 1px solid var(--line); }}
figure svg {{ position: absolute; inset: 0; width: 100%; height: 100%; }}
svg rect {{ fill-opacity: .12; stroke-width: 1; vector-effect: non-scaling-stroke; }}
svg .heading {{ fill: var(--heading); stroke: var(--heading); }}
svg .link {{ fill: var(--link); stroke: var(--link); }}
svg .table {{ fill: var(--table); stroke: var(--table); }}
svg .running {{ fill: #6b7280; stroke: #6b7280; stroke-dasharray: 3 3; }}
pre {{ font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }}
pre .heading {{ color: var(--heading); font-weight: 650; }}
pre .link {{ color: var(--link); text-decoration: underline; }}
pre .table {{ display: inline-block; font: 12px/1.5 ui-monospace, monospace; border-left: 3px solid var(--table);
  padding-left: .5rem; }}
.chunk {{ display: inline-block; font-size: 11px; line-height: 1.6; color: #fff; background: #5b4b8a;
  border-radius: 4px; padding: 0 .4rem; margin-right: .3rem; user-select: none; }}
.legend span {{ margin-right: 1rem; }}
.legend .heading {{ color: var(--heading); }} .legend .link {{ color: var(--link); }}
.legend .table {{ color: var(--table); }}
.hidden {{ border-top: 1px dashed var(--line); margin-top: 1rem; padding-top: .5rem; }}
nav ul {{ margin: .25rem 0; padding-left: 1.2rem; columns: 2; }}
nav a {{ color: inherit; }}
</style>
</head>
<body>
"""


class _Mark(NamedTuple):
    """A range of a page's text and what it is; of two that overlap the first in this order wins."""

    start: int
    end: int
    kind: str


def write_html(seen: Inspection, path: Path) -> None:
    """Writes the file; the images are read, one after the other, from where the inspection left them."""
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD.format(title=escape(seen.name)))
        file.write(_document(seen))
        for page in seen.pages:
            file.write(_page(seen, page))
        file.write("</body>\n</html>\n")


def _document(seen: Inspection) -> str:
    facts = seen.facts
    remarks = [f"{facts.page_count} pages", f"{len(seen.structure.sections)} sections from the {seen.structure.source}"]
    remarks += [f"{len(seen.links)} links", f"{len(seen.chunks)} chunks"]
    remarks += ["repaired"] * facts.repaired
    items = "".join(
        f'<li style="margin-left:{section.level - 1}em"><a href="#page-{section.page}">{escape(section.title)}</a>'
        f' <span class="dim">{escape(seen.facts.label(section.page))}</span></li>'
        for section in seen.structure.sections
    )
    return (
        f"<header><h1>{escape(facts.title or seen.name)}</h1><p>{escape(', '.join(remarks))}</p>"
        '<p class="legend"><span class="heading">heading</span><span class="link">link</span>'
        '<span class="table">table</span><span class="running">running header or footer, in no chunk</span>'
        '<span class="chunk">a chunk begins</span></p></header>\n'
        + (f"<nav><details><summary>Sections</summary><ul>{items}</ul></details></nav>\n" if items else "")
    )


def _page(seen: Inspection, page: Page) -> str:
    path = " › ".join(seen.structure.path_at(page.number))
    label = seen.facts.label(page.number)
    remarks = "".join(f'<p class="loss">{escape(loss)}</p>' for loss in page.losses)
    remarks += "".join(f'<p class="dim">{escape(note)}</p>' for note in page.notes)
    hidden = ""
    if page.hidden_text:
        hidden = f'<div class="hidden dim"><p>hidden, in no chunk</p><pre>{escape(page.hidden_text)}</pre></div>'
    return (
        f'<article id="page-{page.number}"><h2>Page {page.number}'
        + (f' <span class="dim">printed {escape(label)}</span>' if label != str(page.number) else "")
        + f' <span class="dim">{page.outcome.value}</span> <span class="path">{escape(path)}</span></h2>{remarks}'
        f'<div class="columns">{_figure(seen, page)}<div><pre dir="auto">{"".join(_text(seen, page))}</pre>{hidden}'
        "</div></div></article>\n"
    )


def _figure(seen: Inspection, page: Page) -> str:
    if page.image is None:
        return '<p class="dim">no image</p>'
    data = base64.b64encode(page.image.path.read_bytes()).decode("ascii")
    marks = _marks(seen, page)
    boxes: list[tuple[str, Rect]] = [("table", table.bbox) for table in page.tables]
    boxes += [("link", link.source_rect) for link in page.links]
    for line in page.lines:
        kinds = {mark.kind for mark in marks if mark.start <= line.start < mark.end}
        boxes += [(kind, line.bbox) for kind in ("heading", "running") if kind in kinds]
    rects = "".join(_rect(kind, box) for kind, box in boxes)
    return (
        f'<figure><img alt="page {page.number}" src="data:image/jpeg;base64,{data}">'
        f'<svg viewBox="0 0 {page.width:.1f} {page.height:.1f}" preserveAspectRatio="none">{rects}</svg></figure>'
    )


def _rect(kind: str, box: Rect) -> str:
    x0, y0, x1, y1 = box
    width, height = max(0.0, x1 - x0), max(0.0, y1 - y0)
    return f'<rect class="{kind}" x="{x0:.1f}" y="{y0:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _marks(seen: Inspection, page: Page) -> list[_Mark]:
    marks = [_Mark(start, end, "running") for start, end in seen.structure.running.get(page.number, ())]
    for section in seen.structure.sections:
        if section.page == page.number:
            end = page.text.find("\n", section.offset)
            marks.append(_Mark(section.offset, len(page.text) if end < 0 else end, "heading"))
    marks += [_Mark(table.start, table.end, "table") for table in page.tables]
    reach = 0  # links come in the order of reading as a rule, and the same word may be linked twice
    for link in page.links:
        x, y = (link.source_rect[0] + link.source_rect[2]) / 2, (link.source_rect[1] + link.source_rect[3]) / 2
        for line in page.lines:
            if line.bbox[0] <= x <= line.bbox[2] and line.bbox[1] <= y <= line.bbox[3] and not line.in_table:
                start = page.text.find(link.link_text, max(line.start, reach), line.end) if link.link_text else -1
                if start >= 0:
                    reach = start + len(link.link_text)
                    marks.append(_Mark(start, reach, "link"))
                break
    return sorted(marks)


def _text(seen: Inspection, page: Page) -> Iterator[str]:
    """The page's text with its marks, and a tag where a chunk begins."""
    tags: dict[int, str] = {}
    for chunk in seen.chunks:
        if chunk.page == page.number:
            path = " › ".join(chunk.heading_path)
            tag = f'<span class="chunk" title="{escape(path)}">chunk {chunk.index}, {chunk.tokens} tokens</span>'
            tags[chunk.offset] = tags.get(chunk.offset, "") + tag
    position = 0
    for mark in _marks(seen, page):
        if mark.start < position:
            continue
        yield from _tagged(page.text, position, mark.start, tags)
        yield tags.pop(mark.start, "")
        yield f'<span class="{mark.kind}">'
        yield from _tagged(page.text, mark.start, mark.end, tags)
        yield "</span>"
        position = mark.end
    yield from _tagged(page.text, position, len(page.text), tags)
    yield tags.pop(len(page.text), "")


def _tagged(text: str, start: int, end: int, tags: dict[int, str]) -> Iterator[str]:
    for offset in sorted(offset for offset in tags if start <= offset < end):
        yield escape(text[start:offset]) + tags.pop(offset)
        start = offset
    yield escape(text[start:end])
