"""What is sent compressed, to whom, and that it is the same."""

import gzip

import pytest

from tests.support.panel import Visitor

GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.mark.parametrize("path", ["/", "/static/style.css", "/static/documents.mjs", "/api/admin/config"])
def test_texts_are_compressed_and_the_same(guest: Visitor, path: str) -> None:
    plain = guest.client.get(path)
    packed = guest.client.get(path, headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < 0.6 * len(plain.data)
    unpacked = gzip.decompress(packed.data)
    assert unpacked == plain.data or b"csrf-token" in unpacked
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_a_browser_that_has_it_is_told_so(guest: Visitor) -> None:
    first = guest.client.get("/static/style.css", headers=GZIP)
    again = guest.client.get("/static/style.css", headers={**GZIP, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_what_another_site_asks_for_is_not_compressed(guest: Visitor) -> None:
    """Its size would tell about the secret in the page."""
    answer = guest.client.get("/search?q=guess", headers={**GZIP, "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_small_answers_are_left_alone(guest: Visitor) -> None:
    assert "Content-Encoding" not in guest.client.get("/health", headers=GZIP).headers
