"""Every page for everybody: axe-core finds nothing in it, and it fits its window, in both themes and widths."""

import pytest
from playwright.sync_api import Browser, Page, expect

from composition.parts import Parts
from development_stack.up import Everything
from ledger import DocumentState
from scripts.screenshots import QUESTION, SIZES, sign_in
from tests.browser.conftest import PAGES, PATIENCE_MILLISECONDS, document_id, open_page
from tests.support.panel import put_document

pytestmark = pytest.mark.browser


@pytest.mark.usefixtures("processed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_accessibility_faults_or_scrolls_sideways(
    browser: Browser, session_cookies: object, running: Everything, parts: Parts, axe: str, size: str, scheme: str
) -> None:
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)  # type: ignore[arg-type]
    context.add_cookies(session_cookies)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    document = f"/documents/{document_id(parts.artifacts, 'harbour-handbook.pdf')}"
    put_document(parts, "axe/broken.pdf", DocumentState.FAILED, code="encrypted", message="why")
    run_id = start_run(page, running)
    faults: list[str] = []
    for path in (
        *PAGES, document, f"/runs/{run_id}", "/?state=failed", "/documents/" + "0" * 64,
        f"/search?q={QUESTION}", f"/search?q={QUESTION}&ask=1", f"{document}/pages/5?q={QUESTION}",
    ):  # fmt: skip
        open_page(page, running, path)
        if path.endswith("ask=1"):
            expect(page.get_by_label("Follow-up")).to_be_visible()
        if path == "/queue":
            page.get_by_role("button", name="Pause workers").click()
            faults += axe_faults(page, axe, "pausing")
            page.keyboard.press("Escape")
        faults += axe_faults(page, axe, path)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            faults.append(f"{path}: scrolls sideways")
    context.close()
    assert faults == []


def start_run(page: Page, running: Everything) -> str:
    """A run of one document, which may go on."""
    open_page(page, running, "/runs")
    page.get_by_label("Only documents under").fill("notice")
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url("**/runs/*")
    return page.url.rsplit("/", 1)[-1]


def axe_faults(page: Page, axe: str, what: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("axe.run().then((result) => result.violations)")
    return [
        f"{what}: {fault['id']} ({fault['impact']}) at {fault['nodes'][0]['target']}:"
        f" {fault['nodes'][0]['failureSummary'][:200]}"
        for fault in found
    ]


def test_the_sign_in_page_is_accessible(browser: Browser, running: Everything, axe: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(running.url)
    assert axe_faults(page, axe, "sign-in") == []
    sign_in(page, running.url, running.password)
    context.close()
