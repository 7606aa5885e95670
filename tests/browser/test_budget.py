"""What a page takes over the wire, images aside: few requests, few bytes, so that it is quick on a slow line too."""

import pytest
from playwright.sync_api import Page, Response, expect

from composition.parts import Parts
from development_stack.up import Everything
from scripts.screenshots import DECODED, QUESTION
from tests.browser.conftest import PAGES, document_id, open_page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("processed")]

MOST_BYTES = 120_000
MOST_REQUESTS = 12
#: Of a page that is turned to, beside its image.
MOST_BYTES_A_TURN = 30_000


def test_pages_stay_within_their_budget(page: Page, running: Everything, parts: Parts) -> None:
    document = f"/documents/{document_id(parts.artifacts, 'harbour-handbook.pdf')}"
    taken: dict[str, tuple[int, int]] = {}
    for path in (*PAGES, f"/search?q={QUESTION}", document, f"{document}/pages/5?q={QUESTION}"):
        answers: list[Response] = []

        def listen(answer: Response, answers: list[Response] = answers) -> None:
            answers.append(answer)

        page.on("response", listen)
        open_page(page, running, path)
        page.wait_for_timeout(500)
        page.remove_listener("response", listen)
        counted = [answer for answer in answers if answer.request.resource_type not in ("image", "eventsource")]
        sizes = [answer.request.sizes() for answer in counted]
        taken[path] = (len(counted), sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes))
    too_much = {path: found for path, found in taken.items() if found[0] > MOST_REQUESTS or found[1] > MOST_BYTES}
    assert too_much == {}
    assert all(found[0] >= 3 for found in taken.values()), "nothing was counted"


def test_turning_to_a_page_far_away_is_one_small_request(page: Page, running: Everything, parts: Parts) -> None:
    open_page(page, running, f"/documents/{document_id(parts.artifacts, 'harbour-handbook.pdf')}/pages/1")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.get_by_label("Page", exact=True).fill("6")
    page.keyboard.press("Enter")
    expect(page.locator("#of")).to_have_text("6 of 6")
    page.locator(".page-image").evaluate(DECODED)
    page.wait_for_timeout(500)
    # The tab's icon may come as late as this.
    [turned] = [answer for answer in answers if answer.request.resource_type not in ("image", "other")]
    sizes = turned.request.sizes()
    assert sizes["responseBodySize"] + sizes["responseHeadersSize"] <= MOST_BYTES_A_TURN
    assert sum("get_pdf_image" in answer.url and "width=" not in answer.url for answer in answers) == 1
