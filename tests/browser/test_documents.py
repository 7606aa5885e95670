"""The list of documents as an administrator uses it: found again after a reload, true while documents change."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from composition.parts import Parts
from development_stack.up import Everything
from ledger import DocumentState
from ledger.records import ServedStore
from scripts.screenshots import SIZES, drop_files, wait_for_state
from tests.browser.conftest import SAMPLES, document_id, open_page
from tests.support.panel import put_document

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("processed")]

#: An administrator sees the first document without scrolling.
FIRST_ROW_PIXELS = 390
SERVED: dict[str, Any] = {
    "served": {"semantic": ServedStore(sha256="f", shape="f", generation="000001")},
    "points": {"semantic": 7},
    "processed_at": "2026-01-02T03:04:05Z",
}


def fake_documents(page: Page, running: Everything, count: int) -> None:
    """Answers the list's questions with so many documents."""
    real = page.request.get(running.url + "/api/admin/status").json()

    def answer(route: Route) -> None:
        offset = int(dict(part.split("=") for part in route.request.url.partition("?")[2].split("&")).get("offset", 0))
        first = real["documents"][0]
        rows = [
            {**first, "document_id": f"{n:064x}", "s3_key": f"source-pdfs/{n}.pdf"}
            for n in range(offset, min(offset + 50, count))
        ]
        route.fulfill(json={**real, "documents": rows, "total": count})

    page.route("**/api/admin/status?*", answer)


def test_the_first_document_is_seen_without_scrolling(page: Page, running: Everything) -> None:
    open_page(page, running, "/")
    box = page.locator("#list tbody tr").first.bounding_box()
    assert box
    assert box["y"] < FIRST_ROW_PIXELS
    page.set_viewport_size(SIZES["phone"])  # type: ignore[arg-type]
    expect(page.locator("#list tbody tr .name").first).to_be_in_viewport()


def test_filter_sort_state_and_page_survive_a_reload_and_the_way_back(page: Page, running: Everything) -> None:
    open_page(page, running, "/")
    page.get_by_label("Filter by name").fill("harbour-hand")
    page.get_by_role("button", name="Size").click()
    page.get_by_role("button", name="succeeded").click()
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.reload()
    page.locator("html[data-ready]").wait_for()
    expect(page.get_by_label("Filter by name")).to_have_value("harbour-hand")
    expect(page.get_by_role("button", name="succeeded")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Size")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.get_by_role("link", name="harbour-handbook.pdf").click()
    page.locator("html[data-ready]").wait_for()
    page.go_back()
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.get_by_role("button", name="succeeded")).to_have_attribute("aria-pressed", "false")


def test_latest_first_stays_true_while_documents_are_processed(page: Page, running: Everything, parts: Parts) -> None:
    """Rows were redrawn where they stood."""
    for name in ("order/one.pdf", "order/two.pdf"):
        put_document(parts, name)
    open_page(page, running, "/?q=order%2F")
    first = page.locator("#list tbody tr .name").first
    expect(first).to_have_text("order/two.pdf")
    put_document(parts, "order/one.pdf", DocumentState.PROCESSING)
    expect(first).to_have_text("order/one.pdf")


def test_a_cancelled_attempt_does_not_hide_that_the_document_is_searchable(
    page: Page, running: Everything, parts: Parts
) -> None:
    put_document(parts, "standing/kept.pdf", **SERVED)
    cancelled = put_document(parts, "standing/kept.pdf", DocumentState.CANCELLED)
    put_document(parts, "standing/new.pdf", DocumentState.CANCELLED)
    open_page(page, running, "/?q=standing%2F")
    kept = page.locator("#list tr", has_text="kept.pdf")
    expect(kept.locator(".state")).to_have_text("cancelled")
    expect(kept).to_contain_text("since")
    expect(kept).to_contain_text("the version before is searchable")
    expect(page.locator("#list tr", has_text="new.pdf").locator("[data-label=Searchable]")).to_have_text("no")
    open_page(page, running, f"/documents/{cancelled}")
    expect(page.locator("#standing")).to_contain_text("searchable since")
    expect(page.locator("#standing")).to_contain_text("The version before it is still searchable")


def test_a_degraded_document_without_passages_is_not_called_searchable(
    page: Page, running: Everything, parts: Parts
) -> None:
    empty = {**SERVED, "points": {"semantic": 0}, "degraded": ("9 pages: no text: install tesseract-ocr",)}
    path = f"/documents/{put_document(parts, 'standing/scan.pdf', DocumentState.DEGRADED, **empty)}"
    open_page(page, running, path)
    expect(page.locator("#standing")).to_contain_text("not searchable")
    expect(page.locator("#standing")).to_contain_text("nothing that could be searched")
    expect(page.locator("#standing")).not_to_contain_text("It is searchable")


def test_failures_are_grouped_by_reason_with_what_to_do(page: Page, running: Everything, parts: Parts) -> None:
    for name, code in (("a.pdf", "encrypted"), ("b.pdf", "encrypted"), ("c.pdf", "corrupt")):
        put_document(parts, f"reasons/{name}", DocumentState.FAILED, code=code, message="why")
    open_page(page, running, "/?state=failed&q=reasons%2F")
    reason = page.locator(".reasons li", has_text="encrypted")
    expect(reason).to_contain_text("can only be opened with a password")
    expect(reason.get_by_role("button", name="Run again those that failed with encrypted")).to_be_visible()
    reason.get_by_role("button", name="encrypted", exact=False).first.click()
    expect(page.locator("#list tbody tr")).to_have_count(2)
    page.reload()
    expect(page.locator("#list tbody tr")).to_have_count(2)


def test_turning_the_list_keeps_the_focus_on_the_button(refused_page: Page, running: Everything) -> None:
    page = refused_page
    fake_documents(page, running, 120)
    open_page(page, running, "/")
    forward = page.get_by_role("button", name="Next")
    forward.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#range")).to_have_text("51 to 100 of 120")
    expect(forward).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#range")).to_have_text("101 to 120 of 120")
    expect(forward).to_be_focused()
    page.reload()
    expect(page.locator("#range")).to_have_text("101 to 120 of 120")


def test_many_are_chosen_with_shift_and_run_again(refused_page: Page, running: Everything) -> None:
    page = refused_page
    fake_documents(page, running, 40)
    sent: list[Any] = []

    def take(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "{}"))
        route.fulfill(json={"run_id": "a-run"}, status=202)

    page.route("**/api/admin/process", take)
    open_page(page, running, "/")
    boxes = page.locator("#list .choose[data-part=choose]")
    boxes.nth(2).click()
    boxes.nth(5).click(modifiers=["Shift"])
    expect(page.locator("#chosen")).to_have_text("4 documents selected")
    boxes.nth(3).focus()
    page.keyboard.press("Space")
    expect(page.locator("#chosen")).to_have_text("3 documents selected")
    expect(boxes.nth(3)).to_be_focused()
    page.get_by_role("button", name="Run again").click()
    page.locator("dialog").get_by_role("button", name="Run again").click()
    page.wait_for_url("**/runs/a-run")
    assert sent[0]["s3_keys"] == [f"source-pdfs/{n}.pdf" for n in (2, 4, 5)]


def test_replacing_a_document_is_asked_about(page: Page, running: Everything, tmp_path: Path) -> None:
    again = tmp_path / "harbour-handbook.pdf"
    again.write_bytes((SAMPLES / "harbour-handbook.pdf").read_bytes())
    open_page(page, running, "/")
    drop_files(page, [again])
    page.locator("dialog").get_by_role("button", name="Keep").click()
    expect(page.locator("#uploads")).to_contain_text("the one that is there was kept")


def test_what_is_deleted_while_the_page_is_left_is_deleted(
    refused_page: Page, running: Everything, parts: Parts, tmp_path: Path
) -> None:
    page = refused_page  # the picture in the row may be asked for when the document is gone
    doomed = tmp_path / "left-behind.pdf"
    doomed.write_bytes((SAMPLES / "notice-to-mariners.pdf").read_bytes())
    open_page(page, running, "/")
    drop_files(page, [doomed])
    wait_for_state(page, "left-behind.pdf", "succeeded")
    page.get_by_role("button", name="Delete source-pdfs/left-behind.pdf").click()
    page.get_by_role("link", name="Costs").click()
    page.goto(running.url + f"/documents/{document_id(parts.artifacts, 'left-behind.pdf')}")
    expect(page.locator("#standing .state")).to_have_text("deleted")


def test_points_are_found_by_a_part_of_a_documents_name(page: Page, running: Everything) -> None:
    """The whole key was asked for."""
    open_page(page, running, "/stores")
    page.get_by_label("Only documents with this in their name").fill("BOUR-hand")
    expect(page.locator("#points .passage").first).to_contain_text("harbour-handbook.pdf")
    page.reload()
    page.locator("html[data-ready]").wait_for()
    expect(page.locator("#points .passage").first).to_contain_text("harbour-handbook.pdf")
    page.get_by_label("Only documents with this in their name").fill("no such name")
    expect(page.locator("#points")).to_contain_text("No points")


def test_letters_of_one_document_are_one_row_with_its_history(page: Page, running: Everything, parts: Parts) -> None:
    """Each re-run that failed added a row, and redriving them all made as many again."""
    key = "source-pdfs/never/thrice.pdf"
    for _ in range(3):
        body = json.dumps({"s3_key": key})
        parts.aws.sqs.send_message(QueueUrl=parts.settings.sqs_dlq_url, MessageBody=body)
    open_page(page, running, "/queue")
    row = page.locator("#letters tr", has_text="thrice.pdf")
    expect(row).to_have_count(1)
    row.get_by_text("3 times").click()
    expect(row.locator("li")).to_have_count(3)
    row.get_by_role("button", name="Redrive").click()
    expect(page.locator("#toasts")).to_contain_text("1 back in the queue")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_placeholders_can_be_read(page: Page, running: Everything, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    open_page(page, running, "/")
    colours = page.locator("#filter").evaluate(
        """(input) => [getComputedStyle(input, "::placeholder"), getComputedStyle(input)].flatMap(
            (style, at) => [at ? style.backgroundColor : style.color, style.opacity])"""
    )
    assert contrast(colours[0], colours[2]) >= 4.5
    assert colours[1] == "1"


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours as `rgb(r, g, b)`."""
    lights = sorted(_luminance(colour) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
