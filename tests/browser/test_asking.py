"""Asking on: follow-up questions, the way back through them, and what is said when nothing answers."""

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_httpserver import HTTPServer
from werkzeug import Response

from answers.cited_passages import CitedPassages
from answers.marked_text import with_passages
from composition.parts import Parts
from development_stack.programs import free_port, program
from development_stack.up import Everything
from scripts.screenshots import QUESTION, sign_in
from tests.browser.conftest import PATIENCE_MILLISECONDS, open_page
from tests.support.panel import until
from tests.support.passages import passage
from web.markdown import to_html

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("processed")]

FOLLOW_UP = "And who may do it?"
#: Promised.
TOLD_SECONDS = 10.0


def ask(page: Page, running: Everything) -> None:
    open_page(page, running, "/search")
    page.get_by_label("Question or words").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_contain_text("700 tokens in")


def ask_on(page: Page, question: str) -> None:
    page.get_by_label("Follow-up").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator("article", has_text=question)).to_contain_text("700 tokens in")


def sent(model: HTTPServer) -> str:
    """The words of the last question that the model got."""
    asked = [body for request, _ in model.log if (body := request.get_json()).get("stream")]
    return str(asked[-1]["messages"][1]["content"])


def test_a_follow_up_knows_what_was_said_before(page: Page, running: Everything, model: HTTPServer) -> None:
    ask(page, running)
    assert "<conversation>" not in sent(model)
    ask_on(page, FOLLOW_UP)
    words = sent(model)
    for part in (QUESTION, "It takes **eleven minutes**", FOLLOW_UP, "The floodgate takes eleven minutes to close."):
        assert part in words
    assert words.count("<passage ") >= 1
    expect(page.get_by_label("Follow-up")).to_be_focused()
    ask_on(page, "Why?")
    assert words.count("<turn>") == 1
    assert sent(model).count("<turn>") == 2
    expect(page.locator("article h2")).to_have_text([QUESTION, FOLLOW_UP, "Why?"])


def test_back_forward_and_reload_show_the_conversation_without_asking_again(
    page: Page, running: Everything, model: HTTPServer
) -> None:
    ask(page, running)
    ask_on(page, FOLLOW_UP)
    asked = len(model.log)
    assert parse_qs(urlsplit(page.url).query) == {"q": [QUESTION], "then": [FOLLOW_UP]}
    page.go_back()
    expect(page.locator("article h2")).to_have_text([QUESTION])
    page.go_forward()
    expect(page.locator("article h2")).to_have_text([QUESTION, FOLLOW_UP])
    page.reload()
    page.locator("html[data-ready]").wait_for()
    expect(page.locator("article h2")).to_have_text([QUESTION, FOLLOW_UP])
    page.locator("article").last.get_by_role("link", name="harbour-handbook.pdf, p. 5").first.click()
    expect(page.locator("#of")).to_have_text("5 of 6")
    page.go_back()
    expect(page.locator("article h2")).to_have_text([QUESTION, FOLLOW_UP])
    assert len(model.log) == asked


def test_a_conversation_that_is_sent_on_is_offered_question_by_question(
    page: Page, running: Everything, model: HTTPServer
) -> None:
    asked = len(model.log)
    open_page(page, running, f"/search?q={QUESTION}&then={FOLLOW_UP}")
    expect(page.get_by_role("button", name="Answer this question")).to_be_visible()
    assert len(model.log) == asked
    page.get_by_role("button", name="Answer this question").click()
    expect(page.locator("article h2")).to_have_text([QUESTION])
    expect(page.get_by_label("Follow-up")).to_be_visible()


def test_a_question_from_the_top_begins_anew(page: Page, running: Everything, model: HTTPServer) -> None:
    ask(page, running)
    ask_on(page, FOLLOW_UP)
    page.get_by_label("Question or words").fill("When does the bell ring?")
    page.keyboard.press("Enter")
    expect(page.locator("article h2")).to_have_text(["When does the bell ring?"])
    expect(page.locator("article")).to_contain_text("700 tokens in")
    assert "<conversation>" not in sent(model)
    assert "then" not in page.url


def test_what_a_person_says_of_an_answer_is_kept(page: Page, running: Everything, parts: Parts) -> None:
    ask(page, running)
    page.get_by_role("button", name="Bad answer").click()
    page.get_by_label("A word about the answer").fill("the hour is missing")
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_contain_text("Thank you")
    bucket = parts.artifacts.bucket
    kept = parts.aws.s3.list_objects_v2(Bucket=bucket, Prefix="feedback/answers/")["Contents"]
    said = json.loads(parts.aws.s3.get_object(Bucket=bucket, Key=kept[-1]["Key"])["Body"].read())
    assert (said["question"], said["verdict"], said["word"]) == (QUESTION, "bad", "the hour is missing")
    assert said["sources"][0]["page"] == 5


def test_while_it_is_written_a_citation_opens_the_source_that_it_means(page: Page, running: Everything) -> None:
    """Of a page with three: the answer means the second. The chip below opens the first, which was found first."""
    texts = {1: "The floodgate closes slowly.", 2: "The tug tows a burning ship.", 3: "Throw the ring."}
    found = [passage(number, text, "a.pdf", 5) for number, text in texts.items()]
    answer = "The tug tows a burning ship [a.pdf, p. 5]."
    place = {"filename": "a.pdf", "page_label": "5", "heading_path": "", "s3_key": "a.pdf", "document_id": "d"}
    sources = [{**place, "id": f"{number}", "number": number, "url": f"/search?q=source-{number}"} for number in texts]
    html = to_html(with_passages(answer, CitedPassages(found).of(answer)))
    events = [("metadata", {"sources": sources, "store": "semantic"}), ("text", {"delta": answer, "html": html})]
    body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    page.route("**/api/chat", lambda route: route.fulfill(content_type="text/event-stream", body=body))
    open_page(page, running, "/search?q=anything&ask=1")
    expect(page.locator(".answer .chip")).to_have_attribute("href", "/search?q=source-2")
    expect(page.locator("article .chips .chip")).to_have_attribute("href", "/search?q=source-1")


@contextmanager
def hung_server() -> Iterator[str]:
    """Takes connections and never answers."""
    with ExitStack() as open_now:
        listener = open_now.enter_context(socket.create_server(("127.0.0.1", 0)))

        def accept() -> None:
            while True:
                try:
                    taken, _ = listener.accept()
                except OSError:
                    return
                open_now.callback(taken.close)

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def another_panel(running: Everything, folder: Path, **changed: str) -> Iterator[str]:
    """A second panel on the same stack, with other services; its address."""
    port = free_port()
    env = {**running.env, "APP_PASSWORD": running.password, **changed}
    with (
        (folder / "panel.log").open("ab") as log,
        program("app", "--bind", f"127.0.0.1:{port}", env=env, stream=log),
    ):

        def is_served() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        until(is_served, tries=PATIENCE_MILLISECONDS // 20)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """A page that is not signed in."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    yield page
    context.close()


def alert_after_asking(page: Page, url: str, running: Everything) -> tuple[str, float]:
    """The first alert that comes, and after how many seconds. Not of a panel's first question, which imports much."""
    sign_in(page, url, running.password)
    page.request.get(f"{url}/api/search?q=gate")
    page.goto(f"{url}/search")
    page.locator("html[data-ready]").wait_for()
    page.get_by_label("Question or words").fill(QUESTION)
    started = time.monotonic()
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert").first
    alert.wait_for()
    return alert.inner_text(), time.monotonic() - started


@pytest.mark.parametrize(
    ("setting", "path", "expected"),
    [("OPENAI_BASE_URL", "/v1", "OPENAI_BASE_URL"), ("QDRANT_URL", "", "vector store")],
)
def test_what_hangs_is_told_in_time_with_what_to_do(
    stranger: Page, running: Everything, tmp_path: Path, setting: str, path: str, expected: str
) -> None:
    with hung_server() as address, another_panel(running, tmp_path, **{setting: address + path}) as url:
        said, seconds = alert_after_asking(stranger, url, running)
        assert expected in said
        assert "You can wait, or stop" in said or "Check that Qdrant runs" in said
        assert seconds <= TOLD_SECONDS
        if setting == "OPENAI_BASE_URL":
            stranger.get_by_role("button", name="Stop").click()
            expect(stranger.locator("article .foot")).to_have_text("Stopped.")
            expect(stranger.locator(".result").first).to_be_visible()


@pytest.mark.parametrize(
    ("setting", "path", "expected"),
    [
        ("OPENAI_BASE_URL", "/v1", "The model's server refuses the key. Give OPENAI_API_KEY a key that it takes"),
        ("QDRANT_URL", "", "Qdrant refuses the key. Give QDRANT_API_KEY a key that it takes"),
    ],
)
def test_a_wrong_key_is_said_to_be_the_key(
    stranger: Page, running: Everything, tmp_path: Path, setting: str, path: str, expected: str
) -> None:
    with HTTPServer() as server:
        server.expect_request(re.compile("^/")).respond_with_response(
            Response('{"error": {"message": "no", "code": "invalid_api_key"}}', 401, content_type="application/json")
        )
        with another_panel(running, tmp_path, **{setting: server.url_for(path)}) as url:
            alert_after_asking(stranger, url, running)
            expect(stranger.get_by_role("alert").filter(has_text=expected).first).to_be_visible()
