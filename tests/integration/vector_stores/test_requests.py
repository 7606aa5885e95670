"""What a call to Qdrant's server asks for beside its answer."""

import gc
from collections.abc import Iterator
from weakref import WeakSet

import httpx
import pytest
from pytest_httpserver import HTTPServer

from vector_stores.client import connect


@pytest.fixture
def without_search_for_circles() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_search_for_circles")
def test_no_request_stays_in_memory(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a megabyte of points."""
    httpserver.expect_request("/aliases").respond_with_json({"result": {"aliases": []}, "status": "ok", "time": 0.0})
    connection = connect(url=httpserver.url_for("/").rstrip("/"))
    sent: WeakSet[httpx.Request] = WeakSet()
    send = httpx.Client.send

    def sending(client: httpx.Client, request: httpx.Request) -> httpx.Response:
        sent.add(request)
        return send(client, request)

    monkeypatch.setattr(httpx.Client, "send", sending)
    for _ in range(3):
        connection.run(lambda client: client.get_aliases())

    assert len(httpserver.log) == 3
    assert not sent
    connection.close()


def test_answers_are_asked_for_uncompressed(httpserver: HTTPServer) -> None:
    """Qdrant sends a compressed one in pieces, and the second waits until the first is acknowledged: 40 ms."""
    httpserver.expect_request("/aliases").respond_with_json({"result": {"aliases": []}, "status": "ok", "time": 0.0})
    connection = connect(url=httpserver.url_for("/").rstrip("/"), api_key=None)

    assert connection.run(lambda client: client.get_aliases()).aliases == []

    [(request, _)] = httpserver.log
    assert request.headers["Accept-Encoding"] == "identity"
    connection.close()
