"""A person with a browser: upload, watch, read, ask, change a setting, run, cancel, redrive, delete."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from composition.parts import Parts
from development_stack.up import Everything
from scripts.screenshots import DECODED, QUESTION, drop_files, wait_for_state
from tests.browser.conftest import PATIENCE_MILLISECONDS, SAMPLES, document_id, open_page

pytestmark = pytest.mark.browser


def test_a_wrong_password_is_said_and_the_right_one_lets_in(browser: Browser, running: Everything) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(running.url + "/runs")
    page.get_by_label("Password").fill("a guess")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not the password")
    page.get_by_label("Password").fill(running.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Documents")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    context.close()


def test_whoever_has_never_seen_it_drops_a_pdf_and_finds_a_rule_in_it(
    page: Page, running: Everything, tmp_path: Path
) -> None:
    manual = tmp_path / "fresh-manual.pdf"
    manual.write_bytes((SAMPLES / "harbour-handbook.pdf").read_bytes())
    open_page(page, running, "/")
    drop_files(page, [manual])
    expect(page.locator("#uploads")).to_contain_text("a worker takes it from here")
    wait_for_state(page, "fresh-manual.pdf", "succeeded")
    page.get_by_label("Ask the documents").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("eleven minutes")
    page.locator(".chips .chip", has_text="p. 5").first.click()
    page.locator(".page-image").evaluate(DECODED)
    expect(page.locator("#page-text .strong")).to_contain_text("The floodgate takes eleven minutes to close.")


def test_what_is_no_pdf_is_refused_before_it_is_sent(page: Page, running: Everything, tmp_path: Path) -> None:
    fake = tmp_path / "invoice.pdf"
    fake.write_text("<html>")
    open_page(page, running, "/")
    drop_files(page, [fake])
    expect(page.locator("#uploads .fault")).to_contain_text("not a PDF")


def test_a_bucket_that_refuses_this_page_is_filled_through_the_panel(
    refused_page: Page, running: Everything, parts: Parts, tmp_path: Path
) -> None:
    """As on AWS without a CORS rule: the browser's preflight fails, so that nothing was sent."""
    page = refused_page
    page.route(f"{running.env['AWS_ENDPOINT_URL']}/**", lambda route: route.abort())
    notice = tmp_path / "through-the-panel.pdf"
    notice.write_bytes((SAMPLES / "notice-to-mariners.pdf").read_bytes())
    open_page(page, running, "/")
    page.get_by_label("Folder").fill("late")
    with page.expect_response("**/api/admin/upload", timeout=PATIENCE_MILLISECONDS):
        drop_files(page, [notice])
    wait_for_state(page, "late/through-the-panel.pdf", "succeeded")
    assert parts.artifacts.find_source("source-pdfs/late/through-the-panel.pdf")


@pytest.mark.usefixtures("processed")
def test_several_people_see_a_document_progress_without_reloading(
    page: Page, browser: Browser, session_cookies: object, running: Everything, tmp_path: Path
) -> None:
    other = browser.new_context()
    other.add_cookies(session_cookies)  # type: ignore[arg-type]
    watcher = other.new_page()
    for viewer in (page, watcher):
        open_page(viewer, running, "/")
    copy = tmp_path / "watched.pdf"
    copy.write_bytes((SAMPLES / "notice-to-mariners.pdf").read_bytes())
    drop_files(page, [copy])
    for viewer in (watcher, page):
        wait_for_state(viewer, "watched.pdf", "succeeded")
    page.reload()
    wait_for_state(page, "watched.pdf", "succeeded")
    other.close()


@pytest.mark.usefixtures("processed")
def test_a_documents_page_leads_into_the_reader(page: Page, running: Everything) -> None:
    open_page(page, running, "/")
    page.get_by_label("Filter by name").fill("harbour-hand")
    page.get_by_role("link", name="harbour-handbook.pdf").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The Harbour Keeper's Handbook")
    page.locator(".thumbnails img").first.evaluate(DECODED)
    expect(page.locator("main")).to_contain_text("Attempts")
    page.get_by_role("link", name="5 Emergencies").click()
    expect(page.locator("#page-text")).to_contain_text("The bell in the tower")


@pytest.mark.usefixtures("processed")
def test_an_answer_streams_in_without_the_scripts_in_it_and_its_sources_and_terms_can_be_opened(
    page: Page, running: Everything
) -> None:
    open_page(page, running, "/search")
    page.get_by_label("Question").fill(QUESTION)
    page.keyboard.press("Enter")
    answer = page.locator(".answer")
    expect(answer.locator("strong")).to_have_text("eleven minutes")
    expect(page.locator("article")).to_contain_text("700 tokens in, 20 out")
    assert page.locator(".answer script").count() == 0
    expect(answer.get_by_role("link", name="tidal office")).to_have_attribute("href", "https://example.org/tides")
    # The citation leads to the sentence that supports its own, and the end says how many are supported.
    expect(page.locator("article .foot")).to_contain_text("supported")
    cited = answer.locator(".support").get_by_role("link", name="harbour-handbook.pdf, p. 5")
    expect(cited).to_have_attribute("href", re.compile(r"/pages/5\?q=The\+floodgate.*&passage="))
    cited.click()
    expect(page.locator("#of")).to_have_text("5 of 6")
    expect(page.locator("[data-box]").first).to_be_attached()
    page.go_back()
    expect(page.locator(".answer strong")).to_have_text("eleven minutes")
    page.get_by_label("Question").fill("quantum chromodynamics")
    page.keyboard.press("Enter")
    expect(page.locator("article").first).to_contain_text("Nothing in the documents answers this.")


def test_a_question_that_is_refused_says_why(refused_page: Page, running: Everything) -> None:
    problem = {"error": {"code": "too_many", "message": "Too many questions. Try again in 9 seconds."}}
    refused_page.route("**/api/chat", lambda route: route.fulfill(status=429, json=problem))
    open_page(refused_page, running, "/search?q=anything&ask=1")
    expect(refused_page.get_by_role("alert").first).to_contain_text("Try again in 9 seconds")


def test_whoever_finds_no_place_to_watch_is_told_and_catches_up(
    refused_page: Page, running: Everything, tmp_path: Path
) -> None:
    """More viewers than places, or a panel that is being replaced: the list comes back by itself."""
    page = refused_page
    page.route("**/api/admin/events", lambda route: route.fulfill(status=503))
    open_page(page, running, "/")
    expect(page.locator("#paused")).to_be_visible()
    late = tmp_path / "uploaded-meanwhile.pdf"
    late.write_bytes((SAMPLES / "notice-to-mariners.pdf").read_bytes())
    drop_files(page, [late])
    page.unroute("**/api/admin/events")
    wait_for_state(page, "uploaded-meanwhile.pdf", "succeeded")
    expect(page.locator("#paused")).to_be_hidden()


def test_whoever_is_offline_is_told_and_everything_comes_back(refused_page: Page, running: Everything) -> None:
    page = refused_page
    open_page(page, running, "/")
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    page.get_by_label("Filter by name").fill("harbour")
    expect(page.locator("#list")).to_contain_text("The panel does not answer")
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    page.get_by_role("button", name="Load again").click()
    expect(page.locator("#list tbody tr, #list .empty").first).to_be_visible()


def test_leaving_while_a_pdf_is_uploaded_is_asked_about(page: Page, running: Everything, tmp_path: Path) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.route("**/api/admin/upload", lambda route: None)  # on its way for as long as the page is open
    slow = tmp_path / "slow.pdf"
    slow.write_bytes((SAMPLES / "notice-to-mariners.pdf").read_bytes())
    open_page(page, running, "/")
    page.get_by_label("Filter by name").click()  # a browser asks only those who have used the page
    drop_files(page, [slow])
    expect(page.locator("#uploads")).to_contain_text("uploading")
    page.get_by_role("link", name="Costs").click()
    expect(page.get_by_role("heading", name="Costs")).to_be_visible()
    assert asked == ["beforeunload"]


@pytest.mark.usefixtures("processed")
def test_the_inspector_shows_scores_and_the_exact_prompt(page: Page, running: Everything) -> None:
    open_page(page, running, "/inspector")
    page.get_by_label("Question").fill(QUESTION)
    page.get_by_role("button", name="Inspect").click()
    expect(page.locator("#result table")).to_contain_text("sent as 1")
    expect(page.locator("#result pre").last).to_contain_text("<question>")


def test_a_prompt_is_edited_and_a_second_editor_is_told(
    page: Page, browser: Browser, session_cookies: object, running: Everything
) -> None:
    other_context = browser.new_context()
    other_context.add_cookies(session_cookies)  # type: ignore[arg-type]
    other = other_context.new_page()
    for editor in (page, other):
        open_page(editor, running, "/settings")
    before = page.get_by_label("Prompt for answers").input_value()
    page.get_by_label("Prompt for answers").fill(before + " Be brief.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#changes")).to_contain_text("Prompt for answers")
    other.get_by_label("Passages for a question").fill("7")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("alert")).to_contain_text("Somebody else saved")
    other.get_by_role("button", name="Load what is saved now").click()
    expect(other.get_by_label("Prompt for answers")).to_have_value(before + " Be brief.")
    other_context.close()


def test_a_value_goes_back_to_what_the_profile_says(page: Page, running: Everything) -> None:
    open_page(page, running, "/settings")
    field = page.locator(".field", has_text="Weight of headings")
    before = field.get_by_label("Weight of headings").input_value()
    field.get_by_label("Weight of headings").fill("0.4")
    page.get_by_role("button", name="Save").click()
    field.get_by_role("button", name="back to the profile").click()
    expect(page.locator("#dirty")).to_contain_text("1 changed")
    page.get_by_role("button", name="Save").click()
    expect(field).to_contain_text("from the profile")
    expect(field.get_by_label("Weight of headings")).to_have_value(before)


def test_a_value_out_of_bounds_is_told_at_its_field(refused_page: Page, running: Everything) -> None:
    open_page(refused_page, running, "/settings")
    refused_page.get_by_label("Passages for a question").fill("0")
    refused_page.get_by_role("button", name="Save").click()
    expect(refused_page.locator("#retrieval_k-fault")).to_contain_text("greater than or equal to 1")


@pytest.mark.usefixtures("processed")
def test_a_bulk_run_says_beforehand_what_it_takes_and_is_watched_to_its_end(page: Page, running: Everything) -> None:
    open_page(page, running, "/runs")
    page.get_by_label("are done again").check()
    page.get_by_label("Only documents under").fill("notice")
    page.get_by_role("button", name="What would it take?").click()
    expect(page.locator("#estimate")).to_contain_text("1 documents of 1")
    page.get_by_role("button", name="Start the run").click()
    expect(page.locator("#run .state")).to_have_text("done")
    expect(page.locator("#list")).to_contain_text("notice-to-mariners.pdf")
    open_page(page, running, "/runs")
    expect(page.locator("#history")).to_contain_text("1 / 1")


@pytest.fixture
def worker_asleep(running: Everything) -> Iterator[int]:
    """The worker, stopped in its tracks; the test wakes it with SIGCONT, or else this does."""
    worker = running.processes[0].pid
    os.kill(worker, signal.SIGSTOP)
    yield worker
    os.kill(worker, signal.SIGCONT)


@pytest.mark.usefixtures("processed")
def test_a_run_is_cancelled_before_its_documents_begin(page: Page, running: Everything, worker_asleep: int) -> None:
    open_page(page, running, "/runs")
    page.get_by_label("are done again").check()
    page.get_by_label("Only documents under").fill("harbour")
    page.get_by_role("button", name="Start the run").click()
    page.get_by_role("button", name="Cancel the run").click()
    page.locator("dialog").get_by_role("button", name="Cancel the run").click()
    expect(page.locator("#run .state").first).to_have_text("cancelled")
    os.kill(worker_asleep, signal.SIGCONT)
    expect(page.locator("#run .tile", has_text="cancelled").locator("b")).to_have_text("1")


def test_a_dead_letter_is_shown_with_its_reason_and_redriven(page: Page, running: Everything, parts: Parts) -> None:
    key = "source-pdfs/never-was-there.pdf"
    parts.aws.sqs.send_message(QueueUrl=parts.settings.sqs_queue_url, MessageBody=json.dumps({"s3_key": key}))
    open_page(page, running, "/")
    wait_for_state(page, "never-was-there.pdf", "failed")
    page.get_by_role("link", name="never-was-there.pdf").click()
    expect(page.locator(".notice")).to_contain_text("Upload it again, or delete the entry")
    open_page(page, running, "/queue")
    row = page.locator("#letters tr", has_text="never-was-there.pdf")
    expect(row).to_contain_text("source_missing")
    parts.artifacts.upload_source(SAMPLES / "notice-to-mariners.pdf", key)
    row.get_by_role("button", name="Redrive").click()
    expect(page.locator("#toasts")).to_contain_text("1 back in the queue")
    open_page(page, running, "/")
    wait_for_state(page, "never-was-there.pdf", "succeeded")


def test_a_deleted_document_is_gone_with_everything_made_of_it(
    page: Page, running: Everything, parts: Parts, tmp_path: Path
) -> None:
    doomed = tmp_path / "doomed.pdf"
    doomed.write_bytes((SAMPLES / "notice-to-mariners.pdf").read_bytes())
    open_page(page, running, "/")
    drop_files(page, [doomed])
    wait_for_state(page, "doomed.pdf", "succeeded")
    assert len(list(parts.artifacts.image_keys("source-pdfs/doomed.pdf"))) == 1
    page.get_by_role("button", name="Delete source-pdfs/doomed.pdf").click()
    expect(page.locator("#list")).not_to_contain_text("doomed.pdf")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#list")).to_contain_text("doomed.pdf")
    page.get_by_role("button", name="Delete source-pdfs/doomed.pdf").click()
    expect(page.locator("#toasts")).to_contain_text("Deleted; a worker removes what was made of it.")
    page.goto(running.url + f"/documents/{document_id(parts.artifacts, 'doomed.pdf')}")
    expect(page.locator("#standing .state")).to_have_text("deleted")
    assert len(list(parts.artifacts.image_keys("source-pdfs/doomed.pdf"))) == 0
