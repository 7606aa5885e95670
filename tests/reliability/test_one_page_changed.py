"""A page of a long document changes: what its other pages' vectors cost is not paid again."""

from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

from composition.parts import Parts
from foundation.app_config import APP_CONFIG_KEY
from tests.support.stores import CountingEmbedder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

KEY = "source-pdfs/srd-5.1-cc-by.pdf"
#: In the midst of the spells.
PAGE = 150
MAX_SHARE = 0.03


def rewrite_a_line(pdf: pymupdf.Document) -> None:
    """The first line of running text says something else."""
    page = pdf[PAGE - 1]
    block = max(page.get_text("blocks"), key=lambda found: len(found[4]))
    line = pymupdf.Rect(*block[:4])
    line.y1 = line.y0 + 12
    page.add_redact_annot(line, text="As of this printing, otherwise.", fontsize=9)
    page.apply_redactions()


def insert_a_page(pdf: pymupdf.Document) -> None:
    """All later pages move."""
    page = pdf.new_page(PAGE)
    page.insert_textbox(pymupdf.Rect(72, 72, 500, 700), "A page that was forgotten in the first printing. " * 30)


def remove_a_page(pdf: pymupdf.Document) -> None:
    pdf.delete_page(PAGE)


@pytest.mark.parametrize("change", [rewrite_a_line, insert_a_page, remove_a_page])
def test_only_what_changed_is_embedded_again(
    change: Callable[[pymupdf.Document], None], parts: Parts, corpus: Path, tmp_path: Path
) -> None:
    embedder = CountingEmbedder()
    parts.embedder = embedder
    small = b'{"image_dpi": 36}'  # images are not what this is about
    parts.aws.s3.put_object(Bucket=parts.settings.aws_s3_bucket_name, Key=APP_CONFIG_KEY, Body=small)
    source = corpus / "good" / "srd-5.1-cc-by.pdf"
    parts.artifacts.upload_source(source, KEY)
    parts.processor.process_single_source(KEY)
    first, embedder.asked = embedder.asked, []

    with pymupdf.open(source) as pdf:
        change(pdf)
        pdf.save(tmp_path / "changed.pdf")
    parts.artifacts.upload_source(tmp_path / "changed.pdf", KEY)
    result = parts.processor.process_single_source(KEY)

    share = sum(map(len, embedder.asked)) / sum(map(len, first))
    print(f"{change.__name__}: {len(embedder.asked)} of {len(first)} texts, {share:.2%} of the characters")  # noqa: T201
    assert len(embedder.asked) <= MAX_SHARE * len(first)
    assert share <= MAX_SHARE
    assert result.points["pages"] == result.pages
    if change is not remove_a_page:
        assert embedder.asked
