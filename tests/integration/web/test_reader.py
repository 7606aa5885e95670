"""The reader over what is stored: marks, text, links, the PDF, and what older versions left."""

import io
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from composition.parts import Parts
from foundation.errors import FailureCode, TransientError
from pdf_reader.link_record import LinkRecord
from tests.support.panel import Visitor, put_document, put_page_file, put_source, store_passage

KEY = "source-pdfs/a.pdf"
TEXT = "The floodgate takes eleven minutes to close. Ask the harbour office."
BOX = {"page": 5, "x0": 50.0, "y0": 100.0, "x1": 350.0, "y1": 124.0}
LINES = [[0, 44, 5, 50.0, 100.0, 350.0, 112.0], [45, len(TEXT), 5, 50.0, 112.0, 300.0, 124.0]]
BLOCKS: list[dict[str, Any]] = [
    {"kind": "heading", "text": "Gates", "level": 1, "boxes": [[50, 60, 350, 80]]},
    {"kind": "paragraph", "text": TEXT, "boxes": [[50, 100, 350, 124]]},
    {"kind": "table", "boxes": [[50, 200, 350, 230]], "table": {"rows": [["Year"], ["2022"]], "header_rows": 1}},
]
QUESTION = "How long does the floodgate take?"


@pytest.fixture
def document_id(parts: Parts) -> str:
    """A document with a file of page 5, its links and its source."""
    put_source(parts, "a.pdf", b"%PDF-1.7 the whole file")
    put_page_file(parts, "a.pdf", 5, BLOCKS)
    links = [
        LinkRecord("See gates", 5, (50, 300, 90, 312), target_page=2),
        LinkRecord("Out", 5, (50, 320, 90, 332), target_url="https://example.org/x"),
        LinkRecord("Bad", 5, (50, 340, 90, 352), target_url="javascript:alert(1)"),
    ]
    parts.artifacts.put_links(KEY, links)
    return put_document(parts, "a.pdf", pages_total=9)


def passage_of(browser: Visitor) -> str:
    """The id of the one passage that is stored, as the search finds it."""
    result = browser.get("/api/search", q=QUESTION).json["results"][0]
    return str(result["id"])


def test_a_passage_is_marked_on_the_image_and_in_the_text(parts: Parts, browser: Visitor, document_id: str) -> None:
    store_passage(parts, TEXT, page=5, boxes=[BOX], line_boxes=LINES)
    page = browser.get(f"/documents/{document_id}/pages/5", q=QUESTION, passage=passage_of(browser)).text
    assert 'data-passage-box="50.0 100.0 350.0 124.0"' in page
    assert 'data-box="50.0 100.0 350.0 112.0"' in page
    assert '<mark class="strong">The floodgate takes eleven minutes to close.' in page
    assert '<th dir="auto">Year</th>' in page
    assert '<h3 dir="auto" class="level-3">Gates</h3>' in page
    assert "<title>The Handbook, p. A-5 · leafmill</title>" in page


def test_links_lead_to_pages_and_out_but_never_run_a_script(browser: Visitor, document_id: str) -> None:
    page = browser.get(f"/documents/{document_id}/pages/5").text
    assert f'href="/documents/{document_id}/pages/2" data-page="2" aria-label="See gates: page A-2"' in page
    assert 'href="https://example.org/x" target="_blank" rel="noopener noreferrer nofollow"' in page
    assert 'href="javascript' not in page


def test_a_turned_page_comes_without_the_frame(browser: Visitor, document_id: str) -> None:
    part = browser.get(f"/documents/{document_id}/pages/5", fragment="true").text
    assert 'id="page-text"' in part
    assert "<html" not in part
    assert "Sign out" not in part


def test_a_link_to_a_passage_that_is_gone_shows_the_pages_own_matches(
    parts: Parts, browser: Visitor, document_id: str
) -> None:
    """After the document was processed again its passages have other ids."""
    store_passage(parts, TEXT, page=5, store="pages", line_boxes=LINES)
    gone = "00000000-0000-5000-8000-000000000000"
    page = browser.get(f"/documents/{document_id}/pages/5", q=QUESTION, passage=gone).text
    assert "processed again since this link was made" in page
    assert 'data-box="50.0 100.0 350.0 112.0"' in page
    assert "data-passage-box" not in page


def test_a_passage_of_another_document_marks_nothing(parts: Parts, browser: Visitor, document_id: str) -> None:
    store_passage(parts, TEXT, page=5, name="other.pdf", boxes=[BOX], line_boxes=LINES)
    page = browser.get(f"/documents/{document_id}/pages/5", passage=passage_of(browser)).text
    assert "data-passage-box" not in page


def test_what_version_0_1_0_stored_is_readable_and_says_how_to_get_a_highlight(parts: Parts, browser: Visitor) -> None:
    """It has points without boxes, and no files."""
    old = put_document(parts, "old.pdf", pages_total=9)
    store_passage(parts, TEXT, page=5, name="old.pdf")
    store_passage(parts, "<b>" + TEXT, page=5, name="old.pdf", store="pages")
    page = browser.get(f"/documents/{old}/pages/5", q=QUESTION, passage=passage_of(browser)).text
    assert "there is no highlight yet. Run it again" in page
    assert "&lt;b&gt;The floodgate" in page
    assert "data-box" not in page


def test_a_page_is_shown_unmarked_while_the_vector_store_is_away(
    app: Flask, browser: Visitor, document_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_away(*_: object) -> None:
        raise TransientError(FailureCode.STORE_FAILED, "no answer", dependency="qdrant")

    monkeypatch.setattr(app.extensions["panel"].reader, "_passage", is_away)
    passage = "00000000-0000-5000-8000-000000000000"
    page = browser.get(f"/documents/{document_id}/pages/5", q=QUESTION, passage=passage)
    assert page.status_code == 200
    assert "The vector store does not answer" in page.text
    assert "Ask the harbour office" in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("5?q=a", 200),
        ("6", 404),
        ("10", 404),
        ("0", 404),
        ("99999999999999999999", 404),
        ("5?passage=x", 400),
        ("x", 404),
    ],
)
def test_pages_that_are_not_there_are_said_to_be_so(browser: Visitor, document_id: str, path: str, status: int) -> None:
    assert browser.get(f"/documents/{document_id}/pages/{path}").status_code == status
    assert browser.get(f"/documents/{'0' * 64}/pages/1").status_code == 404


def test_contents_are_the_outline_and_the_printed_numbers(browser: Visitor, document_id: str) -> None:
    contents = browser.get(f"/api/documents/{document_id}/contents").json
    assert contents["outline"] == [[1, "Gates", 2]]
    assert contents["labels"][:2] == ["A-1", "A-2"]
    assert len(contents["labels"]) == 9


def test_the_pdf_is_shown_whole_and_in_parts(browser: Visitor, document_id: str) -> None:
    whole = browser.get(f"/documents/{document_id}/pdf")
    assert (whole.data, whole.mimetype) == (b"%PDF-1.7 the whole file", "application/pdf")
    assert whole.headers["Content-Disposition"].startswith("inline")
    part = browser.client.get(f"/documents/{document_id}/pdf", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, b"%PDF")


def test_markdown_is_a_download_and_missing_where_there_is_none(
    parts: Parts, browser: Visitor, document_id: str
) -> None:
    assert browser.get(f"/documents/{document_id}/markdown").status_code == 404
    key = parts.artifacts.markdown_key(KEY, "000001")
    parts.aws.s3.put_object(Bucket=parts.artifacts.bucket, Key=key, Body=b"# Gates")
    answer = browser.get(f"/documents/{document_id}/markdown")
    assert answer.data == b"# Gates"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a.md"


def test_a_place_is_a_small_picture(parts: Parts, app: Flask, browser: Visitor) -> None:
    sha = "f" * 64
    put_page_file(parts, "a.pdf", 5, BLOCKS)
    document_id = put_document(parts, "a.pdf", pages_total=9, content_sha256=sha)
    image = io.BytesIO()
    Image.new("RGB", (800, 1_200), "white").save(image, "JPEG")
    key = parts.artifacts.image_key(KEY, sha, 5, "jpeg")
    parts.aws.s3.put_object(Bucket=parts.artifacts.bucket, Key=key, Body=image.getvalue())
    query = {"document_id": document_id, "page": 5}
    picture = browser.get("/api/page_place", **query, boxes="50,100,350,112;50,112,300,124")
    assert picture.mimetype == "image/jpeg"
    assert Image.open(io.BytesIO(picture.data)).width == 480
    assert Image.open(io.BytesIO(browser.get("/api/get_pdf_image", **query, width=120).data)).size == (120, 180)
    assert browser.get("/api/page_place", **query, boxes="1,2,3").status_code == 400
    assert browser.get("/api/page_place", **query, boxes="1,2,3,1.2.3").status_code == 400
    assert browser.get("/api/page_place", document_id=document_id, page=77).status_code == 404
