"""Asks the tests' moto_server for a copy of a stack (`moto_process.py` answers)."""

import functools

import httpx

#: `PUT /test-stacks/OLD/NEW`
COPIES = "/test-stacks/"


@functools.cache
def _client() -> httpx.Client:
    return httpx.Client(timeout=60)


def copy_stack(endpoint_url: str, old: str, new: str) -> None:
    """Make a stack named `new` that is as `old` was when it was first copied. Names must be of one length."""
    assert len(old) == len(new)
    _client().put(f"{endpoint_url}{COPIES}{old}/{new}").raise_for_status()
