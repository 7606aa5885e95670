"""Words that a line's end broke, in a document that writes them whole elsewhere: pages are final, chunks are not."""

from pathlib import Path

import pymupdf

from data_ingestion.document_export import PageSpool, markdown_of, page_files
from document_structure import StructureAnalyser
from document_structure.chunking import PageText, chunk_document
from pdf_reader.document import ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

FIRST = ["The keeper of the upper mill has a water-", "wheel of oak, and beside it runs a snow-", "broth channel."]
SECOND = ["A waterwheel turns by itself.", "The snow-broth comes in March. Snow-broth is cold."]
THIRD = ["Every Water-", "wheel and every house-", "boat was counted."]


def test_a_word_is_spelled_as_the_rest_of_the_document_does(tmp_path: Path) -> None:
    document = pymupdf.open()
    for lines in (FIRST, SECOND, THIRD):
        page = document.new_page()
        for index, line in enumerate(lines):
            page.insert_text((60, 90 + 13 * index), line, fontsize=10, fontname="tiro")
    path = tmp_path / "made.pdf"
    document.save(path)
    sandbox = PdfSandbox(SandboxLimits(), 1)
    try:
        facts = sandbox.open(path)
        options = ReadOptions(images=False, ocr=False)
        pages = list(sandbox.read(path, facts, options, tmp_path, lambda: None))
    finally:
        sandbox.close()
    analyser, spool = StructureAnalyser(facts), PageSpool()
    for page in pages:
        analyser.add(page)
        spool.add(page)
    structure = analyser.finish()
    texts = [PageText.of(page) for page in pages]

    chunks = " ".join(chunk.text for chunk in chunk_document(texts, structure, max_tokens=200, overlap_tokens=0))
    files = " ".join(block.text for file in page_files(spool, facts, structure) for block in file.blocks)

    for text in (chunks, files, "".join(markdown_of(texts, structure))):
        words = " ".join(text.split())
        assert "has a waterwheel of oak, and beside it runs a snow-broth channel" in words
        assert "Every Waterwheel and every house" in words
    assert pages[0].text.startswith("The keeper of the upper mill has a water")
