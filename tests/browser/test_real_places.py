"""Marks on real documents against the letters of the PDFs themselves: a rule book, an annual report, Arabic, a form.

Slow: the documents are processed by the running worker. They are found through PDF_CORPUS_DIR.
"""

import os
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

import pymupdf
import pytest
from playwright.sync_api import Page

from answers.passage_sentences import plain, sentence_ranges
from answers.snippets import page_of
from composition.parts import Parts
from development_stack.up import Everything
from tests.browser.conftest import document_id, open_page
from tests.support.places import Box, hull, overlap, strong_boxes, word_boxes
from vector_stores.points import Hit
from web.highlights import highlight_on

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(2_400)]

CORPUS = Path(os.environ.get("PDF_CORPUS_DIR", Path(__file__).resolve().parents[3] / "shared" / "corpus"))
REPORTS = CORPUS.parent / "quality" / "questions" / "pdfs"
#: Document → how many of its sentences are looked at; a form has few.
SCAN = CORPUS / "good" / "huck-finn-scan.pdf"
#: Sentences of its first page, with boxes set by hand on a picture of it, in points.
BY_HAND: dict[str, list[Box]] = {
    "When we was passing by the kitchen I fell over a root and made a noise.": [
        (198.0, 149.5, 369.0, 160.0), (198.0, 163.0, 369.0, 172.5),
    ],
    "Well, likely it was minutes and minutes that there warn't a sound, and we all there so close together.": [
        (262.0, 340.0, 370.5, 351.0), (200.0, 354.0, 370.5, 363.5), (200.0, 368.0, 370.5, 378.5),
        (200.0, 381.5, 237.0, 392.0),
    ],
    "There was a place on my ankle that got to itching; and next my back, right between my shoulders.": [
        (251.0, 381.5, 370.5, 392.0), (200.0, 395.0, 370.5, 405.0), (21.0, 410.0, 370.5, 421.0),
        (21.0, 424.0, 110.0, 434.0),
    ],
}  # fmt: skip
DOCUMENTS = {
    CORPUS / "good" / "srd-5.1-cc-by.pdf": 20,
    REPORTS / "3M_2022_10K.pdf": 20,
    CORPUS / "good" / "arabic-babel.pdf": 8,
    CORPUS / "good" / "irs-form-1040-schedule-e.pdf": 2,
}
LEAST_OVERLAP = 0.7
LEAST_PLACES = 40
#: A sentence whose words the PDF has in another order, or that stands twice on its page, is measured against the wrong
#: letters now and then.
LEAST_SHARE = 0.9
#: Sentences that say too little to be told from others.
LEAST_CHARACTERS = 30
PROCESSING_SECONDS = 900


def processed(page: Page, running: Everything, parts: Parts, paths: Sequence[Path]) -> dict[Path, str]:
    """The documents' ids, when all can be searched."""
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        pytest.skip(f"not there: {', '.join(missing)}")
    for path in paths:
        parts.artifacts.upload_source(path, parts.artifacts.pdf_prefix + path.name)
    for path in paths:
        open_page(page, running, f"/?q={path.name}")
        ended = page.locator("#list tr", has_text=path.name).locator(".state:is(.succeeded, .degraded)")
        ended.wait_for(timeout=PROCESSING_SECONDS * 1_000)
    return {path: document_id(parts.artifacts, path.name) for path in paths}


def sentences(parts: Parts, name: str, count: int) -> Iterator[tuple[str, Hit]]:
    """Sentences of the document and the passages that hold them; the same ones each time."""
    store = parts.stores["semantic"]
    wanted = store.filter(document_id=name, active=True)
    hits = sorted(
        (store.hit(point, 0.0) for point in store.scroll(wanted, ["text", "metadata"])),
        key=lambda hit: hit.metadata["chunk_index"],
    )
    chance = random.Random(7)
    chance.shuffle(hits)
    for hit in hits:
        start, end = chance.choice(list(sentence_ranges(hit.text)) or [(0, 0)])
        text = plain(hit.text[start:end], is_in_row=hit.text.startswith("|", start))
        if len(text) >= LEAST_CHARACTERS and highlight_on(page_of(text, hit), text, hit).sentences:
            yield text, hit
            count -= 1
        if not count:
            return


def test_marks_cover_the_words_of_their_sentences(page: Page, running: Everything, parts: Parts) -> None:
    """A sentence is looked up as a question; the reader's strong boxes must be where its letters are in the PDF."""
    overlaps: list[tuple[float, str, int, str]] = []
    for path, name in processed(page, running, parts, list(DOCUMENTS)).items():
        with pymupdf.open(path) as pdf:
            for text, hit in sentences(parts, name, DOCUMENTS[path]):
                number = page_of(text, hit)
                query = urlencode({"q": text[:2_000], "passage": hit.id})
                open_page(page, running, f"/documents/{name}/pages/{number}?{query}")
                marked = strong_boxes(page)
                highlight = highlight_on(number, text, hit)
                assert sorted(marked) == sorted(highlight.strong), f"{path.name}, page {number}"
                words: list[Box] = []
                for sentence in highlight.sentences:
                    found = word_boxes(pdf[number - 1], sentence.text)
                    words += hull(found) if " · " in sentence.text else found
                if words:
                    overlaps.append((overlap(marked, words), path.name, number, text[:60]))
    good = [found for found in overlaps if found[0] >= LEAST_OVERLAP]
    worst = sorted(overlaps)[:5]
    assert len(good) >= LEAST_PLACES, worst
    assert len(good) >= LEAST_SHARE * len(overlaps), worst


def test_marks_on_a_scan_cover_what_a_person_marked(page: Page, running: Everything, parts: Parts) -> None:
    if shutil.which("tesseract") is None:
        pytest.skip("the scan needs tesseract")
    name = processed(page, running, parts, [SCAN])[SCAN]
    for text, by_hand in BY_HAND.items():
        open_page(page, running, f"/documents/{name}/pages/1?{urlencode({'q': text})}")
        place = max(strong_groups(page), key=lambda boxes: overlap(boxes, by_hand))
        assert overlap(place, by_hand) >= LEAST_OVERLAP, text


def strong_groups(page: Page) -> list[list[Box]]:
    """The strong boxes from each of them to each later one: a sentence's boxes follow each other."""
    boxes = strong_boxes(page)
    return [boxes[first:last] for first in range(len(boxes)) for last in range(first + 1, len(boxes) + 1)]
