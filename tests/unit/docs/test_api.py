"""docs/panel.md lists every address of the panel, and docs/events.md every type of event."""

import re
from pathlib import Path

import pytest

from ledger.events import EventType

DOCS = Path(__file__).resolve().parents[3] / "docs"
#: What the page writes in the place of an address's parameters.
PARAMETERS = {
    "<run_id>": "RUN",
    "<document_id>": "ID",
    "<int:page>": "N",
    "<int:number>": "T",
    "<any(csv, json):kind>": "csv",
}


def addresses() -> set[str]:
    views = "".join(path.read_text(encoding="utf-8") for path in sorted((DOCS.parent / "web" / "views").rglob("*.py")))
    found = set(re.findall(r'^@\w+\.\w+\(\s*"(/[^"]*)"', views, re.MULTILINE))
    for parameter, written in PARAMETERS.items():
        found = {address.replace(parameter, written) for address in found}
    return found


def section(begin: str, end: str) -> str:
    page = (DOCS / "panel.md").read_text(encoding="utf-8")
    return page[page.index(begin) : page.index(end)]


def test_every_address_for_programs_is_documented() -> None:
    wanted = {address for address in addresses() if address.startswith("/api/")}
    assert wanted
    # A row's later addresses leave out what they share with its first: `…/config/history`.
    written = set(re.findall(r"(?:/api|…)/[\w/-]+", section("## For machines", "## What it costs to look")))
    short = {one: {f"…/{one.removeprefix('/api/admin/')}", f"…/{one.rpartition('/')[2]}"} for one in wanted}
    assert sorted(one for one in wanted if written.isdisjoint({one, *short[one]})) == []


def test_every_page_is_documented() -> None:
    wanted = {address for address in addresses() if not address.startswith("/api/")}
    assert {"/", "/search"} <= wanted
    written = set(re.findall(r"`(?:GET )?(/[\w/.-]*)", section("## What is where", "## What it costs to look")))
    assert sorted(wanted - written) == []


@pytest.mark.parametrize("kind", EventType)
def test_every_type_of_event_is_documented(kind: str) -> None:
    assert re.search(rf"^\| `{kind}` \| \w", (DOCS / "events.md").read_text(encoding="utf-8"), re.MULTILINE)
