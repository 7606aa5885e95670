"""What a call to Qdrant's server asks for beside its answer."""

from pytest_httpserver import HTTPServer

from vector_stores.client import connect


def test_answers_are_asked_for_uncompressed(httpserver: HTTPServer) -> None:
    """Qdrant sends a compressed one in pieces, and the second waits until the first is acknowledged: 40 ms."""
    httpserver.expect_request("/aliases").respond_with_json({"result": {"aliases": []}, "status": "ok", "time": 0.0})
    connection = connect(url=httpserver.url_for("/").rstrip("/"), api_key=None)

    assert connection.run(lambda client: client.get_aliases()).aliases == []

    [(request, _)] = httpserver.log
    assert request.headers["Accept-Encoding"] == "identity"
    connection.close()
