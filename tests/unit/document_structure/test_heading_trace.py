"""Why a line is a heading or not."""

from document_structure import StructureAnalyser
from pdf_reader.document import DocumentFacts
from tests.support.printing import Sheet


def test_each_line_with_the_words_says_what_spoke_for_and_against_it() -> None:
    pages = [Sheet(n).line(f"Item {n}. Business", bold=True).paragraph() for n in (1, 2, 3)]
    pages[2].line("as Item 2 says, the business goes on", gap=2.0).paragraph()
    analyser = StructureAnalyser(DocumentFacts(3))
    for sheet in pages:
        analyser.add(sheet.page())
    analyser.finish()

    found = analyser.explain("item 2", [sheet.page() for sheet in pages])

    assert [(line.page, line.is_heading) for line in found] == [(2, True), (3, False)]
    assert found[0].verdict.reason == "counted in a series"
    assert ("bold", 1.6) in found[0].signals
    assert found[1].verdict.reason == "printed and placed like the text around it"
