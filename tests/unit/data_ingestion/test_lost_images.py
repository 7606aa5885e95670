"""The document names an image that is lost after its page was taken, and nobody is led to it."""

from pathlib import Path

from data_ingestion.reading import DocumentBuilder
from pdf_reader.document import DocumentFacts, Page, PageImage, PageOutcome


def test_a_page_whose_image_is_lost_later_says_so_everywhere(tmp_path: Path) -> None:
    builder = DocumentBuilder(DocumentFacts(3), lambda color: None)
    for number in (1, 2, 3):
        image = PageImage(tmp_path / f"{number}.jpg", 10, 10, 150)
        losses = ("links: timed out",) if number == 2 else ()
        builder.add(Page(number, PageOutcome.TEXT, "Words", losses=losses, image=image), f"images/{number}.jpg")

    builder.lose_image(3, "image: crashed")
    builder.lose_image(2, "image: crashed")
    document = builder.finish()

    assert document.image_keys == {1: "images/1.jpg"}
    assert document.shortcomings() == ["page 2: links: timed out", "pages 2, 3: image: crashed"]
    kept = {page.page: page.losses for page in document.spool.pages()}
    assert kept == {1: (), 2: ("links: timed out", "image: crashed"), 3: ("image: crashed",)}
