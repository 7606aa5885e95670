"""Stores end with the test that opened them; those that a module shares stay."""

from collections.abc import Iterator

import pytest

from tests.support.stores import dropped_stores


@pytest.fixture(autouse=True)
def _dropped_stores() -> Iterator[None]:
    with dropped_stores():
        yield
