"""Takes the screenshots of `docs/panel.md`: a local stack, the sample PDFs through a worker, every page photographed.

    python scripts/screenshots.py [--out docs/screenshots] [--browser /usr/bin/chromium]

Needs the `playwright` package and a Chromium. The answers are those of `quoting_model.py`, sentences of the samples.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from PIL import Image

from development_stack.up import Everything, everything
from scripts.quoting_model import quoting_model

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REPOSITORY = Path(__file__).resolve().parents[1]

SIZES = {"desktop": {"width": 1_280, "height": 860}, "phone": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")
#: Shown to their end; of the others the first screen.
WHOLE = ("document", "queue", "run")
QUESTION = "How long does it take to close the floodgate?"
PROCESSING_SECONDS = 120
#: Resolves when an image has arrived and can be drawn.
DECODED = "(image) => { image.loading = 'eager'; return image.decode(); }"


@contextmanager
def chromium(executable: str | None = None) -> "Iterator[Browser]":
    """A headless browser: the given one, Debian's, or playwright's own. Raises RuntimeError when there is none."""
    from playwright.sync_api import sync_playwright

    found = executable or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        if not found and not Path(playwright.chromium.executable_path).exists():
            raise RuntimeError("no Chromium: install the package chromium, or run playwright install chromium")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: "Page", url: str, password: str) -> None:
    page.goto(f"{url}/")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Documents").wait_for()


def drop_files(page: "Page", files: list[Path]) -> None:
    """Drop files on the upload zone, as a person does with the mouse."""
    contents = [{"name": file.name, "data": list(file.read_bytes())} for file in files]
    transfer = page.evaluate_handle(
        """(files) => {
            const transfer = new DataTransfer();
            for (const file of files)
                transfer.items.add(new File([new Uint8Array(file.data)], file.name, { type: "application/pdf" }));
            return transfer;
        }""",
        contents,
    )
    for event in ("dragover", "drop"):
        page.dispatch_event("#drop", event, {"dataTransfer": transfer})


def wait_for_state(page: "Page", name: str, state: str, seconds: float = PROCESSING_SECONDS) -> None:
    """On the documents page, until the document of this name is in that state."""
    row = page.locator("#list tr", has_text=name)
    row.locator(f".state.{state}").wait_for(timeout=seconds * 1_000)


def photograph(page: "Page", everything: Everything, out: Path, suffix: str) -> None:
    """Every page, filled."""
    url = everything.url

    def shoot(name: str) -> None:
        page.screenshot(path=out / f"{name}-{suffix}.png", full_page=name in WHOLE)

    def show(name: str, path: str) -> None:
        page.goto(url + path)
        page.locator("html[data-ready]").wait_for()
        for image in page.locator("main img").all():
            if image.is_visible():
                image.evaluate(DECODED)
        shoot(name)

    page.goto(f"{url}/search?q={QUESTION}&ask=1")
    page.get_by_role("button", name="Good answer").wait_for()
    page.locator(".result img").first.evaluate(DECODED)
    shoot("ask")
    place = page.locator(".answer a.chip").first.get_attribute("href")
    page.evaluate("sessionStorage.clear()")  # else the answer is shown again where only the search is meant
    for name, path in (
        ("documents", "/"), ("runs", "/runs"), ("queue", "/queue"), ("stores", "/stores"), ("settings", "/settings"),
        ("costs", "/costs"), ("search", f"/search?q={QUESTION}"),
    ):  # fmt: skip
        show(name, path)
    show("reader", str(place))
    page.goto(url + "/")
    document = page.get_by_role("link", name="harbour-handbook.pdf").get_attribute("href")
    show("document", str(document))
    page.goto(url + "/runs")
    page.get_by_label("Only documents under").fill("notice")
    page.get_by_role("button", name="Start the run").click()
    page.locator("#run .state.done").wait_for(timeout=PROCESSING_SECONDS * 1_000)
    shoot("run")
    page.goto(url + "/inspector")
    page.get_by_label("Question").fill(QUESTION)
    page.get_by_role("button", name="Inspect").click()
    page.get_by_role("heading", name="Retrieved from").wait_for()
    shoot("inspector")


def main(
    out: Annotated[Path, typer.Option(help="Where to put the pictures.")] = REPOSITORY / "docs" / "screenshots",
    browser: Annotated[str | None, typer.Option(help="A Chromium to use.")] = None,
) -> None:
    """Take the screenshots: every page, at both widths, light and dark."""
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="shots-") as folder,
        chromium(browser) as opened,
        answering(),
        everything(Path(folder), log=Path(folder) / "log") as running,
    ):
        context = opened.new_context(viewport=SIZES["desktop"], color_scheme="light", locale="en-GB")  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(running.url)
        page.screenshot(path=out / "sign-in-desktop-light.png")
        sign_in(page, running.url, running.password)
        samples = sorted((REPOSITORY / "samples").glob("*.pdf"))
        drop_files(page, samples)
        for sample in samples:
            wait_for_state(page, sample.name, "succeeded")
        for size, viewport in SIZES.items():
            for scheme in SCHEMES:
                shown = opened.new_context(
                    viewport=viewport,  # type: ignore[arg-type]
                    color_scheme=scheme,  # type: ignore[arg-type]
                    locale="en-GB",
                    is_mobile=size == "phone",
                )
                shown.add_cookies(context.cookies())  # type: ignore[arg-type]
                photograph(shown.new_page(), running, out, f"{size}-{scheme}")
                shown.close()
    for picture in out.glob("*.png"):
        shrink(picture)


@contextmanager
def answering() -> Iterator[None]:
    """A stack that starts within the block asks the quoting model, and describes documents without one."""
    before = dict(os.environ)
    with quoting_model() as address:
        os.environ |= {"OPENAI_BASE_URL": address, "EMBEDDING_PROVIDER": "static", "ENRICHMENT": "extractive"}
        os.environ.pop("OPENAI_API_KEY", None)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def shrink(picture: Path) -> None:
    """To 256 colours: a third of the bytes, and nobody sees it."""
    with Image.open(picture) as opened:
        opened.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    typer.run(main)
