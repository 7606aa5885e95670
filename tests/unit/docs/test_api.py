"""docs/panel.md lists every address that programs may call."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
PAGE = REPOSITORY / "docs" / "panel.md"
#: What the page writes in the place of an address's parameters.
PARAMETERS = {"<run_id>": "RUN", "<document_id>": "ID"}


def test_every_address_of_the_api_is_documented() -> None:
    views = "".join(path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "web").rglob("*.py")))
    routes = set(re.findall(r'^@\w+\.(?:get|post|route)\(\s*"(/api/[^"]+)"', views, re.MULTILINE))
    assert routes
    for parameter, written in PARAMETERS.items():
        routes = {route.replace(parameter, written) for route in routes}
    page = PAGE.read_text(encoding="utf-8")
    section = page[page.index("## For machines") : page.index("## What it costs to look")]
    # A row's later addresses leave out what they share with its first: `…/config/history`.
    written = set(re.findall(r"(?:/api|…)/[\w/-]+", section))
    short = {route: {f"…/{route.removeprefix('/api/admin/')}", f"…/{route.rpartition('/')[2]}"} for route in routes}
    missing = [route for route in routes if written.isdisjoint({route, *short[route]})]
    assert sorted(missing) == []
