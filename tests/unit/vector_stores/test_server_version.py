"""Which Qdrant servers are new enough."""

import pytest

from vector_stores.server_version import version_fault


@pytest.mark.parametrize("version", ["1.17.0", "1.18.3", "1.20.0-dev", "2.0.0", "v1.17.1", "", "dev", None])
def test_new_and_unknown_servers_are_taken(version: str | None) -> None:
    assert version_fault(version) is None


@pytest.mark.parametrize("version", ["1.16.3", "1.9.0", "0.11.0"])
def test_old_servers_are_named_with_what_is_needed(version: str) -> None:
    assert version_fault(version) == f"Qdrant {version} is too old: searches need 1.17 or newer"
