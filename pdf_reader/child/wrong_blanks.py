"""Takes blanks out of words, in the spans of lines that look as if they had some: what to look at, and where it is."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any

from pdf_reader.child import spacing
from pdf_reader.child.mupdf import mupdf

#: Of a span's flags.
BOLD = 16
#: Type so much larger than most of the page's is that of titles.
_LARGER = 1.05


def take_out_wrong_blanks(stext: Any, raw_blocks: Sequence[Sequence[dict[str, Any]]]) -> None:
    """Blanks inside words, in the spans of lines that look as if they had some."""
    texts: list[tuple[tuple[int, int], dict[str, Any], str]] = []
    sizes: dict[float, int] = {}
    for number, lines in enumerate(raw_blocks):
        for index, line in enumerate(lines):
            spans = line["spans"]
            if not spans:
                continue
            for span in spans:
                sizes[span["size"]] = sizes.get(span["size"], 0) + len(span["text"])
            text = spans[0]["text"] if len(spans) == 1 else "".join(span["text"] for span in spans)
            texts.append(((number, index), line, text))
    body_size = max(sizes, key=lambda size: sizes[size], default=0.0)
    suspects = {}
    for place, line, text in texts:
        first = line["spans"][0]
        title_like = bool(first["flags"] & BOLD) or first["size"] > _LARGER * body_size or text.isupper()
        if spacing.is_suspicious(text, title_like=title_like):
            suspects[place] = line
    for place, found in islice(_stext_lines(stext, suspects), spacing.MAX_LINES_LOOKED_AT):
        spans = suspects[place]["spans"]
        glyphs = spacing.glyphs_of(found)
        if "".join(glyph.text for glyph in glyphs) != "".join(span["text"] for span in spans):
            continue
        wrong = set(spacing.wrong_blanks(glyphs, spans[0]["size"]))
        begin = 0
        for span in spans if wrong else ():
            text = span["text"]
            span["text"] = "".join(c for index, c in enumerate(text, begin) if index not in wrong)
            begin += len(text)


def _stext_lines(stext: Any, wanted: Collection[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], Any]]:
    """MuPDF's own lines at these places: the number of the block of text, and of the line in it."""
    blocks = {number for number, _ in wanted}
    number = -1
    block = stext.m_internal.first_block if wanted else None
    while block:
        if block.type == mupdf.FZ_STEXT_BLOCK_TEXT:
            number += 1
            if number in blocks:
                for index, line in enumerate(mupdf.FzStextBlock(block)):
                    if (number, index) in wanted:
                        yield (number, index), line.m_internal
        block = block.next
