"""The queue, runs and costs as an operator uses them: pausing, redriving, running the failed again, figures to keep."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from composition.parts import Parts
from development_stack.up import Everything
from ledger import DocumentState
from ledger.costs import Costs
from scripts.screenshots import drop_files, wait_for_state
from tests.browser.conftest import SAMPLES, document_id, open_page
from tests.support.panel import put_document

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("processed")]


@pytest.fixture
def resumed_at_last(parts: Parts) -> Iterator[None]:
    yield
    parts.operator_pauses.resume()


@pytest.mark.usefixtures("resumed_at_last")
def test_workers_are_paused_and_resumed_by_an_operator(
    page: Page, running: Everything, parts: Parts, tmp_path: Path
) -> None:
    """Nothing is begun meanwhile; everybody sees who wanted it and why; a reload changes nothing."""
    open_page(page, running, "/queue")
    page.get_by_role("button", name="Pause workers").click()
    page.get_by_label("Your name").fill("Ann <b>")
    page.get_by_label("Why").fill("moving Qdrant")
    page.keyboard.press("Enter")
    notice = page.locator("#paused-workers")
    expect(notice).to_contain_text("Workers are paused by Ann <b> since")
    expect(notice).to_contain_text("moving Qdrant")
    expect(page.get_by_role("button", name="Resume")).to_be_focused()
    page.reload()
    page.locator("html[data-ready]").wait_for()
    expect(notice).to_contain_text("Workers are paused by Ann <b>")
    page.wait_for_timeout(31_000)  # by then every worker knows
    waiting = tmp_path / "while-paused.pdf"
    waiting.write_bytes((SAMPLES / "notice-to-mariners.pdf").read_bytes())
    open_page(page, running, "/")
    expect(page.get_by_role("link", name="workers are paused")).to_be_visible()
    drop_files(page, [waiting])
    wait_for_state(page, "while-paused.pdf", "queued")
    page.wait_for_timeout(5_000)
    wait_for_state(page, "while-paused.pdf", "queued")
    page.get_by_role("link", name="workers are paused").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause workers")).to_be_focused()
    assert parts.operator_pauses.current() is None
    open_page(page, running, "/")
    wait_for_state(page, "while-paused.pdf", "succeeded")


def test_workers_are_shown_with_what_they_do(page: Page, running: Everything, parts: Parts) -> None:
    put_document(parts, "at-work/atlas.pdf", DocumentState.PROCESSING, pages_done=3, pages_total=12)
    open_page(page, running, "/queue")
    row = page.locator("#workers tr", has_text="test-worker")
    expect(row).to_contain_text("at-work/atlas.pdf")
    expect(row).to_contain_text("read 3 / 12 pages")


def test_what_went_through_is_shown_by_hour_and_by_day(page: Page, running: Everything, parts: Parts) -> None:
    parts.queue_hours.count(time.time(), 400.0, False)
    open_page(page, running, "/queue")
    expect(page.locator("#throughput svg")).to_have_attribute("aria-label", re.compile("last 24 hours"))
    page.get_by_role("button", name="14 days").click()
    expect(page.locator("#waits svg")).to_have_attribute("aria-label", re.compile("last 14 days"))
    assert page.locator("#waits svg g").count() == 14
    expect(page.locator("#waits svg title").last).to_contain_text("waited up to 15 min")
    expect(page.locator("#throughput svg title").last).to_contain_text("failed")


def test_redriving_all_asks_and_says_how_many(page: Page, running: Everything, parts: Parts) -> None:
    for name in ("one", "two"):
        body = json.dumps({"s3_key": f"source-pdfs/never/{name}.pdf"})
        parts.aws.sqs.send_message(QueueUrl=parts.settings.sqs_dlq_url, MessageBody=body)
    sent: list[Any] = []

    def take(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.fulfill(json={"redriven": 2})

    page.route("**/api/admin/dead-letters/redrive", take)
    open_page(page, running, "/queue")
    documents = page.locator("#letters tbody tr").count()
    page.get_by_role("button", name="Redrive all").click()
    expect(page.locator("dialog")).to_contain_text(f"{documents} documents get another try")
    page.locator("dialog").get_by_role("button", name="Don't").click()
    assert sent == []
    page.get_by_role("button", name="Redrive all").click()
    page.locator("dialog").get_by_role("button", name="Redrive").click()
    expect(page.locator("#toasts")).to_contain_text("2 back in the queue")
    assert sent == [{"all": True}]


RUN = {
    "run_id": "a-run", "state": "running", "queued": 10, "ended": 4, "left": 6, "tokens_in": 0, "tokens_out": 0,
    "cost_usd": 0.0, "request": {}, "ends": {"succeeded": 3, "failed": 1},
}  # fmt: skip


def show_run(page: Page, running: Everything, run: dict[str, Any], documents: list[Any]) -> None:
    answer = {"documents": documents, "run": run, "total": len(documents)}
    page.route("**/api/admin/status?*", lambda route: route.fulfill(json=answer))
    page.route(
        "**/api/admin/process_stream/*", lambda route: route.fulfill(status=200, content_type="text/event-stream")
    )
    open_page(page, running, "/runs/a-run")


def test_a_run_says_how_long_it_still_takes(page: Page, running: Everything) -> None:
    """At the pace so far: four in two minutes, so that six take three."""
    page.clock.set_fixed_time("2026-03-04T10:02:00Z")
    show_run(page, running, {**RUN, "started_at": "2026-03-04T10:00:00Z"}, [])
    expect(page.locator("#run")).to_contain_text("about 3 min left")


def test_only_the_failed_of_a_run_are_run_again(page: Page, running: Everything) -> None:
    sent: list[Any] = []

    def take(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.fulfill(json={"run_id": "next-run"}, status=202)

    page.route("**/api/admin/process", take)
    failed = page.request.get(running.url + "/api/admin/status").json()["documents"][:1]
    show_run(page, running, {**RUN, "state": "done", "left": 0, "started_at": "2026-03-04T10:00:00Z"}, failed)
    page.get_by_role("button", name="Run the 1 failed again").click()
    page.wait_for_url("**/runs/next-run")
    assert sent == [{"s3_keys": [failed[0]["s3_key"]], "cache_behavior": "use"}]


def test_costs_are_a_plot_by_day_and_model_and_a_file(page: Page, running: Everything, parts: Parts) -> None:
    usage = {"tokens_in": 1_000, "tokens_out": 50, "cost_usd": 0.25, "questions": 1}
    for model in ("dear-model", "=cheap"):
        Costs(parts.table).add(model, usage)
    open_page(page, running, "/costs")
    expect(page.locator("#plot .legend")).to_contain_text("dear-model")
    assert page.locator("#plot rect.bar").count() >= 2
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0] == "day,model,tokens_in,tokens_out,cost_usd,documents,questions"
    assert any(",dear-model,1000,50,0.25,0,1" in line for line in lines)
    assert any(",'=cheap," in line for line in lines), "a spreadsheet would compute it"


def test_the_stages_of_a_document_are_a_time_line_with_costs(
    refused_page: Page, running: Everything, parts: Parts
) -> None:
    """What was put into the ledger a moment ago may not be known for a second."""
    page = refused_page
    open_page(page, running, f"/documents/{document_id(parts.artifacts, 'harbour-handbook.pdf')}")
    rows = page.locator("#stages tbody tr")
    expect(rows.first).to_contain_text("Fetch the PDF")
    expect(page.locator("#stages")).to_contain_text("Describe")
    starts = [float(text.removesuffix(" s")) for text in page.locator("#stages td:nth-child(3)").all_inner_texts()]
    assert starts == sorted(starts)
    assert starts[-1] > starts[0]
    places = page.locator("#stages rect").evaluate_all("(all) => all.map((bar) => bar.getBoundingClientRect().left)")
    assert places == sorted(places)
    assert places[-1] > places[0]
    priced = put_document(
        parts, "priced.pdf", seconds=10.0, cost_usd=0.3, stage_seconds={"read": 4.0, "enrich": 8.0, "index": 5.0},
        stage_starts={"read": 0.0, "enrich": 1.0, "index": 4.0}, stage_costs_usd={"enrich": 0.25, "index": 0.05},
    )  # fmt: skip
    open_page(page, running, f"/documents/{priced}")
    expect(page.locator("#stages tr", has_text="Describe")).to_contain_text("$0.25")
    expect(page.locator("#stages tr", has_text="Cut and embed")).to_contain_text("$0.05")
    old = put_document(parts, "old.pdf", seconds=3.0, stage_seconds={"read": 3.0})
    open_page(page, running, f"/documents/{old}")
    expect(page.locator("#stages")).to_contain_text("An older version processed it")
