"""A reader who follows a citation: led to the place, turning pages, finding the way back; by mouse and by keys."""

import re

import pymupdf
import pytest
from playwright.sync_api import Page, expect

from composition.parts import Parts
from development_stack.up import Everything
from scripts.screenshots import DECODED, QUESTION
from tests.browser.conftest import SAMPLES, document_id, open_page
from tests.support.places import overlap, strong_boxes, word_boxes

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("processed")]

#: What shows only a part of its rows has far fewer than these in the page.
MOST_ROWS = 120


def open_result(page: Page, running: Everything) -> None:
    open_page(page, running, f"/search?q={QUESTION}")
    # Other tests leave copies of it under other names.
    page.locator(".result", has_text="harbour-handbook.pdf").first.locator("h3 a").click()
    page.locator("html[data-ready]").wait_for()


def test_a_question_leads_by_its_citation_to_the_marked_place(page: Page, running: Everything) -> None:
    open_page(page, running, "/search")
    page.get_by_label("Question or words").fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator(".answer").get_by_role("link", name="harbour-handbook.pdf, p. 5").click()
    page.locator("html[data-ready]").wait_for()
    expect(page.locator("#page-text .strong")).to_contain_text("The floodgate takes eleven minutes to close.")
    expect(page.locator("[data-box]").first).to_be_in_viewport()
    marked = strong_boxes(page)
    with pymupdf.open(SAMPLES / "harbour-handbook.pdf") as pdf:
        words = word_boxes(pdf[4], page.locator("#page-text .strong").inner_text())
    assert overlap(marked, words) >= 0.85


def test_the_way_back_leads_to_results_and_answer(page: Page, running: Everything) -> None:
    open_result(page, running)
    page.keyboard.press("j")
    expect(page.locator("#of")).to_have_text("6 of 6")
    page.go_back()
    expect(page.locator("#of")).to_have_text("5 of 6")
    expect(page.locator("[data-box]").first).to_be_visible()
    page.get_by_role("link", name="← Results").click()
    expect(page.locator(".result").first).to_contain_text("eleven minutes")
    expect(page.get_by_label("Question or words")).to_have_value(QUESTION)


def test_pages_are_turned_by_keys_box_outline_and_links(page: Page, running: Everything, parts: Parts) -> None:
    open_page(page, running, f"/documents/{document_id(parts.artifacts, 'harbour-handbook.pdf')}/pages/1")
    at = page.locator("#of")
    for key, expected in (("ArrowRight", 2), ("j", 3), ("k", 2), ("ArrowLeft", 1), ("k", 1)):
        page.keyboard.press(key)
        expect(at).to_have_text(f"{expected} of 6")
    page.get_by_label("Page", exact=True).fill("4")
    page.keyboard.press("Enter")
    expect(at).to_have_text("4 of 6")
    expect(page).to_have_url(re.compile("/pages/4$"))
    page.get_by_label("Page", exact=True).fill("4000")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("There are pages 1 to 6")
    page.get_by_label("Filter the outline").fill("overboard")
    expect(page.locator("#outline a")).to_have_count(1)
    page.locator("#outline a").click()
    expect(at).to_have_text("5 of 6")
    page.get_by_label("Filter the outline").fill("")
    page.locator("#page-box").fill("1")
    page.keyboard.press("Enter")
    page.locator("svg a[data-page='5']").first.click()
    expect(at).to_have_text("5 of 6")
    page.keyboard.press("Tab")
    page.locator("#page-text").focus()
    page.keyboard.press("/")
    expect(page.get_by_label("Search in this document")).to_be_focused()


def test_the_image_is_zoomed_and_the_mark_stays_in_sight(page: Page, running: Everything) -> None:
    open_result(page, running)
    page.locator(".page-image").evaluate(DECODED)
    pane = page.locator("#sheet")
    page.get_by_role("button", name="200 %").click()
    assert page.locator(".page-image").bounding_box()["width"] > 1.9 * (pane.bounding_box()["width"] - 40)  # type: ignore[index]
    expect(page.locator("[data-box]").first).to_be_in_viewport()
    page.get_by_role("button", name="Width").click()
    assert page.locator(".page-image").bounding_box()["width"] <= pane.bounding_box()["width"]  # type: ignore[index]


def test_a_quotation_is_copied_with_where_it_is_from(page: Page, running: Everything) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_result(page, running)
    page.get_by_role("button", name="Copy with citation").click()
    expect(page.locator("#toasts")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "The floodgate takes eleven minutes to close." in copied
    assert "The Harbour Keeper's Handbook, p. 5 (harbour-handbook.pdf)" in copied
    assert "/pages/5?q=" in copied


def test_pdf_and_markdown_are_at_hand(page: Page, running: Everything) -> None:
    open_result(page, running)
    link = page.get_by_role("link", name="Open PDF at this page")
    assert (link.get_attribute("href") or "").endswith("/pdf#page=5")
    with page.expect_download() as download:
        page.get_by_role("link", name="Markdown").click()
    assert download.value.suggested_filename == "harbour-handbook.md"
    assert "# 5 Emergencies" in download.value.path().read_text(encoding="utf-8")


def test_a_long_document_keeps_its_lists_short(refused_page: Page, running: Everything, parts: Parts) -> None:
    """A thousand pages and seven thousand sections: only the rows in sight are in the page."""
    page = refused_page
    contents = {
        "outline": [[1 + number % 3, f"Section {number}", 1 + number // 7] for number in range(7_000)],
        "labels": [str(number) for number in range(1, 1_001)],
        "version": "1",
    }
    page.route("**/contents", lambda route: route.fulfill(json=contents))
    open_page(page, running, f"/documents/{document_id(parts.artifacts, 'harbour-handbook.pdf')}/pages/1")
    expect(page.locator("#outline a").first).to_be_visible()
    assert page.locator("#outline li").count() < MOST_ROWS
    page.locator("#outline").evaluate("(box) => { box.scrollTop = box.scrollHeight; }")
    expect(page.locator("#outline")).to_contain_text("Section 6999")
    assert page.locator("#outline li").count() < MOST_ROWS
    page.get_by_role("button", name="Pages").click()
    expect(page.locator("#thumbnails a").first).to_be_visible()
    assert page.locator("#thumbnails li").count() < MOST_ROWS
    assert page.evaluate("document.querySelectorAll('*').length") < 1_500


def test_on_a_phone_the_marked_place_is_in_sight(page: Page, running: Everything) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_result(page, running)
    expect(page.locator("[data-box]").first).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
