"""Settings as people say them: what they are, what a change does, and nothing that is lost unseen."""

import pytest
from playwright.sync_api import Browser, Page, expect

from development_stack.up import Everything
from scripts.screenshots import SIZES
from tests.browser.conftest import PATIENCE_MILLISECONDS, open_page

pytestmark = pytest.mark.browser


def test_settings_are_found_where_people_look_and_where_they_were(page: Page, running: Everything) -> None:
    for path in ("/settings", "/config"):
        open_page(page, running, path)
        expect(page).to_have_url(running.url + "/settings")
        expect(page.get_by_label("Passages for a question")).to_have_value("10")


def test_every_setting_has_a_name_help_and_effect_and_none_is_raw_json(page: Page, running: Everything) -> None:
    open_page(page, running, "/settings")
    fields = page.locator("#form .field")
    for index in range(fields.count()):
        field = fields.nth(index)
        assert field.locator("label, .label").inner_text().strip()
        assert len(field.locator(".effect").first.inner_text()) > 10
    assert page.locator("#form textarea.mono").count() == 0


def test_prices_are_a_table_and_a_wrong_one_is_told(refused_page: Page, running: Everything) -> None:
    page = refused_page
    open_page(page, running, "/settings")
    prices = page.locator("#prices")
    prices.get_by_role("button", name="Add a model").click()
    page.keyboard.type("own-model")
    page.keyboard.press("Tab")
    page.keyboard.type("cheap")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#prices-fault")).to_contain_text("own-model: a price is a number")
    prices.locator("tbody tr").last.get_by_label("Input").fill("0.5")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#changes")).to_contain_text("Prices by model")
    open_page(page, running, "/settings")
    assert "own-model" in page.locator("#prices tbody input").evaluate_all("(all) => all.map((one) => one.value)")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_conflict_is_told_beside_the_button_that_caused_it(
    browser: Browser, session_cookies: object, running: Everything, size: str
) -> None:
    """The message stood at the top of a page that was scrolled to its end."""
    context = browser.new_context(viewport=SIZES[size])  # type: ignore[arg-type]
    context.add_cookies(session_cookies)  # type: ignore[arg-type]
    one, other = context.new_page(), context.new_page()
    for editor in (one, other):
        editor.set_default_timeout(PATIENCE_MILLISECONDS)
        open_page(editor, running, "/settings")
    for editor, value in ((one, "8" if size == "phone" else "9"), (other, "7")):
        editor.get_by_label("Passages for a question").fill(value)
        editor.get_by_role("button", name="Save").click()
        if editor is one:
            expect(editor.locator("#toasts")).to_contain_text("Saved")
    alert = other.get_by_role("alert")
    expect(alert).to_contain_text("Somebody else saved")
    expect(alert).to_be_in_viewport(ratio=0.9)
    expect(other.get_by_label("Passages for a question")).to_have_value("7")
    other.get_by_role("button", name="Load what is saved now").click()
    expect(other.get_by_label("Passages for a question")).not_to_have_value("7")
    one.get_by_label("Passages for a question").fill("10")
    one.get_by_role("button", name="Save").click()
    expect(one.locator("#dirty")).to_have_text("")
    context.close()


def test_unsaved_work_is_guarded(page: Page, running: Everything) -> None:
    open_page(page, running, "/settings")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_label("Passages for a question").fill("5")
    page.get_by_role("link", name="Costs").click()
    expect(page.get_by_role("heading", name="Costs")).to_be_visible()
    assert asked == ["beforeunload"]
