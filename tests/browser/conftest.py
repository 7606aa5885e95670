"""One running panel, with worker and stack, for all tests of this folder, and a browser that listens for errors.

Needs Chromium (Debian's package, or `playwright install chromium`) and for accessibility axe-core: the file that
AXE_CORE names, or what npm fetches. Without them tests skip, and fail when CI=true.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

pytest.importorskip("playwright", reason="the browser tests need playwright")

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from composition.parts import Parts
from config import load_settings
from data_ingestion.artifacts import Artifacts
from development_stack.up import Everything, everything
from scripts.screenshots import SIZES, chromium, drop_files, sign_in, wait_for_state

ANSWER = "It takes **eleven minutes** [harbour-handbook.pdf, p. 5]. See the tidal office.<script>alert(1)</script>"
#: A busy machine needs its time; a person would have given up.
PATIENCE_MILLISECONDS = 60_000


#: The pages that need nothing to be shown.
PAGES = ("/", "/search", "/runs", "/queue", "/stores", "/inspector", "/costs", "/settings")
SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def missing(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def model() -> Iterator[HTTPServer]:
    """A server that streams one answer, word by word, whatever it is asked. Asked to check it, it has no verdict."""

    def stream(request: Request) -> Response:
        if not request.get_json().get("stream"):
            message = {"role": "assistant", "content": '{"verdicts": []}'}
            choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
            body = {**_COMPLETION, "object": "chat.completion", "choices": choices}
            return Response(json.dumps(body), content_type="application/json")

        def chunks() -> Iterator[str]:
            for word in ANSWER.split(" "):
                yield _chunk({"content": word + " "})
            yield _chunk({}, "stop")
            usage = {"prompt_tokens": 700, "completion_tokens": 20, "total_tokens": 720}
            yield f"data: {json.dumps({**_COMPLETION, 'choices': [], 'usage': usage})}\n\n"
            yield "data: [DONE]\n\n"

        return Response(chunks(), mimetype="text/event-stream")

    with HTTPServer() as server:
        server.expect_request("/v1/chat/completions", method="POST").respond_with_handler(stream)
        yield server


_COMPLETION = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4.1-mini"}


def _chunk(delta: dict[str, str], finish: str | None = None) -> str:
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return f"data: {json.dumps({**_COMPLETION, 'choices': choices})}\n\n"


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, model: HTTPServer) -> Iterator[Everything]:
    folder = tmp_path_factory.mktemp("up")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", model.url_for("/v1"))
        patch.setenv("EMBEDDING_PROVIDER", "static")
        patch.setenv("ENRICHMENT", "extractive")
        for name in ("APP_PASSWORD", "SECRET_KEY", "OPENAI_API_KEY"):
            patch.delenv(name, raising=False)
        with everything(folder, log=folder / "log") as started:
            yield started


@pytest.fixture(scope="session")
def parts(running: Everything) -> Iterator[Parts]:
    """The running stack's parts, to look behind the panel."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in running.env.items():
            patch.setenv(name, value)
        parts = Parts(load_settings(env_file="no-such-file"))
    yield parts
    parts.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as opened:
            yield opened
    except RuntimeError as error:
        missing(str(error))


@pytest.fixture(scope="session")
def session_cookies(browser: Browser, running: Everything) -> Any:
    context = browser.new_context()
    sign_in(context.new_page(), running.url, running.password)
    cookies = context.cookies()
    context.close()
    return cookies


@pytest.fixture(params=["desktop", "phone"])
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def context(browser: Browser, session_cookies: Any) -> Iterator[BrowserContext]:
    """Signed in, at desktop width."""
    opened = browser.new_context(viewport=SIZES["desktop"], locale="en-GB")  # type: ignore[arg-type]
    opened.add_cookies(session_cookies)
    yield opened
    opened.close()


@pytest.fixture
def refused_page(context: BrowserContext) -> Page:
    """For what is refused on purpose: the browser itself logs that."""
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MILLISECONDS)
    return opened


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Fails its test when the page logged an error or broke its own policy."""
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MILLISECONDS)
    errors: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} {message.location.get('url')}")

    opened.on("console", listen)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    assert errors == []


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core."""
    if named := os.environ.get("AXE_CORE"):
        return Path(named).read_text(encoding="utf-8")
    folder = tmp_path_factory.mktemp("axe")
    try:
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), "axe-core@4"],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        missing(f"axe-core can't be had: {error}")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE_MILLISECONDS)


@pytest.fixture(scope="session")
def processed(browser: Browser, running: Everything, session_cookies: object) -> None:
    """Both samples are there and searchable; dropped onto the page by the first test that needs them."""
    context = browser.new_context(viewport=SIZES["desktop"])  # type: ignore[arg-type]
    context.add_cookies(session_cookies)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(running.url)
    drop_files(page, sorted(SAMPLES.glob("*.pdf")))
    for sample in SAMPLES.glob("*.pdf"):
        wait_for_state(page, sample.name, "succeeded")
    context.close()


def open_page(page: Page, running: Everything, path: str) -> None:
    page.goto(running.url + path)
    page.locator("html[data-ready]").wait_for()


def document_id(artifacts: Artifacts, name: str) -> str:
    return artifacts.document_id(artifacts.pdf_prefix + name)
