"""Which Qdrant servers are new enough."""

import re
import tomllib
from pathlib import Path

import pytest

from vector_stores.server_version import MIN_VERSION, version_fault

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("version", ["1.17.0", "1.18.3", "1.20.0-dev", "2.0.0", "v1.17.1", "", "dev", None])
def test_new_and_unknown_servers_are_taken(version: str | None) -> None:
    assert version_fault(version) is None


@pytest.mark.parametrize("version", ["1.16.3", "1.9.0", "0.11.0"])
def test_old_servers_are_named_with_what_is_needed(version: str) -> None:
    assert version_fault(version) == f"Qdrant {version} is too old: searches need 1.17 or newer"


def test_no_client_is_installed_that_cannot_ask_what_servers_must_answer() -> None:
    """A client of 1.16 knows no weights of a fusion and refuses them."""
    wanted = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    [bounds] = [one.removeprefix("qdrant-client") for one in wanted if one.startswith("qdrant-client")]
    lowest = re.match(r">=(\d+)\.(\d+)", bounds)
    assert lowest
    assert tuple(map(int, lowest.groups())) >= MIN_VERSION
