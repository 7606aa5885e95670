"""What a PDF, its name, its metadata or a model's answer says makes nothing happen in the panel."""

import json
from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest
from playwright.sync_api import Page, expect

from composition.parts import Parts
from development_stack.up import Everything
from scripts.screenshots import drop_files, wait_for_state
from tests.browser.conftest import document_id, open_page
from web.markdown import to_html

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("processed")]

MARK = "<img src=x onerror=\"document.title='taken'\">"
NAME = "a'\"><img src=x onerror=document.title=1>&amp;.pdf"
ANSWER = f"""# Title {MARK}

[a link](javascript:document.title='taken') ![picture](https://evil.example/p.png) <svg onload="document.title='taken'">

<iframe src="https://evil.example"></iframe><form action="https://evil.example"><input name="password"></form>

<style>body {{ display: none }}</style> | a | {MARK} |
"""


@pytest.fixture
def watched(page: Page, running: Everything) -> Iterator[Page]:
    """Fails its test when a dialog opens, a script of the content runs, or another server is asked for anything."""
    elsewhere: list[str] = []
    own = (running.url, running.env["AWS_ENDPOINT_URL"], "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(own) else elsewhere.append(request.url))
    page.on("dialog", lambda dialog: (elsewhere.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.add_init_script("window.taken = false")
    yield page
    assert elsewhere == []
    assert "taken" not in page.title()


def hostile_pdf(folder: Path) -> Path:
    """Its title, outline, text and links are markup, and it wants to run a script when it is opened."""
    path = folder / NAME
    with pymupdf.open() as pdf:
        page = pdf.new_page()
        page.insert_text((72, 100), f"The lighthouse keeper {MARK} signs here.", fontsize=11)
        page.insert_text((72, 130), "</article></main><script>document.title='taken'</script> lighthouse", fontsize=11)
        page.insert_link(
            {"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(70, 90, 300, 105), "uri": "javascript:alert(1)"}
        )
        pdf.set_toc([[1, f"Chapter {MARK}", 1]])
        pdf.set_metadata({"title": f"Lighthouse {MARK}", "author": MARK, "keywords": MARK})
        pdf.save(path)
    return path


def test_a_hostile_pdf_with_a_hostile_name_does_nothing_on_any_page(
    watched: Page, running: Everything, parts: Parts, tmp_path: Path
) -> None:
    page = watched
    open_page(page, running, "/")
    drop_files(page, [hostile_pdf(tmp_path)])
    wait_for_state(page, NAME, "succeeded")
    document = f"/documents/{document_id(parts.artifacts, NAME)}"
    for path in (
        "/?q=onerror", document, f"{document}/pages/1?q=lighthouse%20keeper", "/search?q=lighthouse%20keeper%20signs",
        "/stores?q=onerror", "/queue", "/runs", "/costs",
    ):  # fmt: skip
        open_page(page, running, path)
        assert page.locator("img[onerror], [onload], script:not([src]), a[href^='javascript:']").count() == 0, path
    open_page(page, running, f"{document}/pages/1?q=lighthouse%20keeper")
    expect(page.locator("#page-text")).to_contain_text("onerror")
    expect(page.locator(".reader-bar h1")).to_contain_text("<img src=x")
    open_page(page, running, f"/search?q=lighthouse%20keeper%20signs&document={document.rsplit('/', 1)[-1]}")
    expect(page.locator(".result").first).to_contain_text("<img src=x")


def test_hostile_markdown_of_an_answer_does_nothing(watched: Page, running: Everything) -> None:
    """As the panel renders it: the model's words come through its sanitiser."""
    page = watched
    events = [
        ("metadata", {"sources": [], "store": "semantic"}),
        ("text", {"delta": ANSWER, "html": to_html(ANSWER)}),
        ("links", [{"text": "Title", "url": "javascript:alert(1)", "source": "k", "category": MARK}]),
        ("done", {"reason": None, "message": "", "model": MARK, "tokens_in": 1, "tokens_out": 1, "cost_usd": None}),
    ]
    body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    page.route("**/api/chat", lambda route: route.fulfill(content_type="text/event-stream", body=body))
    open_page(page, running, "/search?q=anything&ask=1")
    answer = page.locator(".answer")
    expect(answer).to_contain_text("Title")
    hostile = "img, svg, iframe, form, style, script, [onerror], [onload], [style]"
    assert answer.locator(hostile).count() == 0
    assert page.locator(".answer a[href^='javascript:']").count() == 0
    expect(page.locator("article .foot")).to_contain_text("<img src=x")
