"""The path in force at the start of every page of a long real document, against its outline read in another way.

The truth knows nothing of sections and offsets: an entry is in force after the page that it points to, and on that page
only if its title begins the page's text. Entries whose own title isn't printed there (letters of an alphabet, a chapter
above its first section) may be passed over on the way to one that is.
"""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from pdf_reader.document import OutlineEntry
from tests.support.structures import StructuredPages, read_structure

#: From this entry on the outline is an index by subject, out of the document's order.
INDEX_TITLE = "Tables"
RUNNING_TEXT = "system reference document 5 1"

Words = tuple[str, ...]


def words(text: str) -> Words:
    """So that line breaks and quotation marks don't matter."""
    return tuple(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def body(text: str) -> Words:
    """A page's words without the running header and the page number, which stand before or after them."""
    found = words(text)
    header = words(RUNNING_TEXT)
    found = found[len(header) :] if found[: len(header)] == header else found
    return found[1:] if found[:1] and found[0].isdigit() else found


def paths_of(outline: list[OutlineEntry]) -> list[tuple[Words, ...]]:
    paths: list[tuple[Words, ...]] = []
    for entry in outline:
        above = paths[-1][: entry.level - 1] if paths else ()
        paths.append((*above, words(entry.title)))
    return paths


def opening(paths: list[tuple[Words, ...]], text: Words) -> Iterator[tuple[Words, ...]]:
    """Of the paths of a page's entries those whose titles begin it: the first one and those right below it."""
    passed = False
    for path in paths:
        title = path[-1]
        if text[: len(title)] == title:
            yield path
            text, passed = text[len(title) :], True
        elif passed:
            return


def wrong_pages(read: StructuredPages) -> list[int]:
    outline = list(read.facts.outline)
    outline = outline[: [entry.title for entry in outline].index(INDEX_TITLE)]
    paths = paths_of(outline)
    wrong = []
    for page in read.pages:
        before = [path for entry, path in zip(outline, paths, strict=True) if entry.page < page.number]
        here = [path for entry, path in zip(outline, paths, strict=True) if entry.page == page.number]
        allowed = list(opening(here, body(page.text))) or before[-1:]
        found = tuple(words(title) for title in read.structure.path_at(page.number))
        if found not in allowed:
            wrong.append(page.number)
    return wrong


@pytest.mark.parametrize(("pages", "most_wrong"), [(100, 3), pytest.param(403, 4, marks=pytest.mark.slow)])
def test_the_path_is_right_on_nearly_all_pages_of_the_srd(
    pages: int, most_wrong: int, corpus: Path, tmp_path: Path
) -> None:
    """On 99 of 100 of the whole document; among its first pages are most of those where it isn't."""
    srd = read_structure(corpus / "good" / "srd-5.1-cc-by.pdf", tmp_path, pages=pages)
    wrong = wrong_pages(srd)
    assert len(srd.pages) == pages
    assert len(wrong) <= most_wrong, wrong
