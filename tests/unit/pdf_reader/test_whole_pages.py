"""Pages come whole to those who want them so: with the image that they promised, or with why there is none."""

from pathlib import Path

import pytest

from pdf_reader.document import ImageResult, Page, PageImage, PageOutcome
from pdf_reader.sandbox import whole_pages

WITHOUT = Page(1, PageOutcome.TEXT)


def promised(number: int) -> Page:
    return Page(
        number, PageOutcome.TEXT, losses=("links: timed out",), image=PageImage(Path(f"{number}.jpg"), 10, 10, 150)
    )  # fmt: skip


LOST = Page(2, PageOutcome.TEXT, losses=("links: timed out", "image: crashed"))


@pytest.mark.parametrize(
    ("parts", "pages"),
    [
        pytest.param([WITHOUT], [WITHOUT], id="no image"),
        pytest.param([promised(1), ImageResult(1)], [promised(1)], id="an image"),
        pytest.param([promised(2), ImageResult(2, "image: crashed")], [LOST], id="a lost image"),
        pytest.param([promised(1)], [], id="an image that doesn't come"),
        pytest.param(
            [promised(1), promised(2), Page(3, PageOutcome.EMPTY), ImageResult(1), ImageResult(2, "image: crashed")],
            [promised(1), LOST, Page(3, PageOutcome.EMPTY)],
            id="images that come late: pages stay in order",
        ),
    ],
)
def test_pages_wait_for_their_images(parts: list[Page | ImageResult], pages: list[Page]) -> None:
    assert list(whole_pages(parts)) == pages
