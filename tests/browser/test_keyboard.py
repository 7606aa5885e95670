"""Everything with the keyboard alone: Tab, Enter, Space, arrows and the pages' own keys."""

import pytest
from playwright.sync_api import Locator, Page, expect

from composition.parts import Parts
from development_stack.up import Everything
from scripts.screenshots import QUESTION
from tests.browser.conftest import PAGES, document_id, open_page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("processed")]

#: More steps than any page's way from its top to what is looked for.
MOST_TABS = 200
#: What a keyboard has to reach: what can be clicked and is shown.
CONTROLS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')].filter((one) =>
    one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.type !== 'hidden' && one.tabIndex >= 0
    && !one.closest('.visually-hidden, .window') && one.type !== 'radio').length"""
#: The element that has the focus, with whether that can be seen.
FOCUS = """() => { const one = document.activeElement; if (one === document.body) return null;
    const style = getComputedStyle(one); one.dataset.reached ??= String(Math.random());
    return [one.dataset.reached, style.outlineStyle !== 'none' || one.matches('.overlay a') || one.tagName === 'MAIN',
    one.outerHTML.slice(0, 80), one.matches('a[href], button, input, select, textarea, summary')
    && !one.closest('.window') && one.type !== 'radio' && !one.closest('.visually-hidden')]; }"""


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("(one) => one === document.activeElement"):
            return
    raise AssertionError(f"the Tab key never comes to {target}")


@pytest.mark.parametrize("path", [*PAGES, "document", "reader", f"/search?q={QUESTION}"])
def test_every_control_of_every_page_is_reached_and_its_focus_is_seen(
    page: Page, running: Everything, parts: Parts, path: str
) -> None:
    document = f"/documents/{document_id(parts.artifacts, 'harbour-handbook.pdf')}"
    open_page(page, running, {"document": document, "reader": f"{document}/pages/5?q={QUESTION}"}.get(path, path))
    page.wait_for_timeout(300)
    page.evaluate("document.activeElement.blur()")
    controls = page.evaluate(CONTROLS)
    reached: set[str] = set()
    unseen: list[str] = []
    for _ in range(controls * 2 + MOST_TABS):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        if found is None:
            if len(reached) >= controls:
                break
            continue
        if found[3]:
            reached.add(found[0])
        if not found[1]:
            unseen.append(found[2])
    assert unseen == []
    assert len(reached) >= controls, f"{len(reached)} of {controls}"


def test_a_question_is_asked_followed_to_its_place_and_back_without_a_mouse(page: Page, running: Everything) -> None:
    open_page(page, running, "/search")
    expect(page.get_by_label("Question or words")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_contain_text("700 tokens in")
    tab_to(page, page.locator(".answer").get_by_role("link", name="harbour-handbook.pdf, p. 5"))
    page.keyboard.press("Enter")
    expect(page.locator("#page-text .strong")).to_contain_text("eleven minutes")
    page.locator("html[data-ready]").wait_for()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#of")).to_have_text("6 of 6")
    tab_to(page, page.get_by_role("button", name="200 %"))
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="200 %")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("/")
    expect(page.get_by_label("Search in this document")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("k")
    expect(page.locator("#of")).to_have_text("5 of 6")
    tab_to(page, page.get_by_role("link", name="← Results"))
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_contain_text("eleven minutes")


def test_a_dialog_takes_the_focus_and_gives_it_back(page: Page, running: Everything) -> None:
    open_page(page, running, "/queue")
    button = page.get_by_role("button", name="Pause workers")
    tab_to(page, button)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(button).to_be_focused()


def test_the_list_can_be_used_by_keyboard_alone(page: Page, running: Everything) -> None:
    open_page(page, running, "/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "harbour-handbook.pdf":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Handbook")
