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
            if len(spans) == 1:
                span = spans[0]
                text, size = span["text"], span["size"]
                sizes[size] = sizes.get(size, 0) + len(text)
            else:
                for span in spans:
                    sizes[span["size"]] = sizes.get(span["size"], 0) + len(span["text"])
                text = "".join([span["text"] for span in spans])
            texts.append(((number, index), line, text))
    body_size = max(sizes, key=lambda size: sizes[size], default=0.0)
    larger = _LARGER * body_size
    firsts = [line["spans"][0] for _, line, _ in texts]
    title_like = [
        first["flags"] & BOLD != 0 or first["size"] > larger or text.isupper()
        for first, (_, _, text) in zip(firsts, texts, strict=True)
    ]
    found = spacing.suspicious([text for _, _, text in texts], title_like=title_like)
    suspects = {texts[index][0]: texts[index][1] for index in found}
    spaced = _short_words_of_titles(texts)
    suspects |= spaced
    for place, printed in islice(_stext_lines(stext, suspects), spacing.MAX_LINES_LOOKED_AT):
        spans = suspects[place]["spans"]
        glyphs = spacing.glyphs_of(printed)
        if "".join(glyph.text for glyph in glyphs) != "".join(span["text"] for span in spans):
            continue
        wrong = set(spacing.wrong_blanks(glyphs, spans[0]["size"], letterspaced=place in spaced))
        begin = 0
        for span in spans if wrong else ():
            text = span["text"]
            span["text"] = "".join(c for index, c in enumerate(text, begin) if index not in wrong)
            begin += len(text)


def _short_words_of_titles(
    texts: Sequence[tuple[tuple[int, int], dict[str, Any], str]],
) -> dict[tuple[int, int], dict[str, Any]]:
    """Lines such as `O F` beside a letterspaced one: alone they are too short to tell."""
    found = {}
    for index, (place, line, text) in enumerate(texts):
        if len(text) <= spacing.SHORT_LINE_CHARACTERS and spacing.may_be_letterspaced(text):
            near = (*texts[max(0, index - 1) : index], *texts[index + 1 : index + 2])
            if any(other[0][0] == place[0] and spacing.is_letterspaced(other[2]) for other in near):
                found[place] = line
    return found


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
