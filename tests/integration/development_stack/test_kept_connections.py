"""The development servers keep a client's connection, whatever they are asked."""

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from development_stack.qdrant_server.server import MAX_BODY_BYTES, Server

BUCKET = "/kept-connections"
SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request"}


def connected(url: str) -> http.client.HTTPConnection:
    address = urlsplit(url)
    return http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)


@pytest.fixture
def connection(moto_endpoint: str) -> Iterator[http.client.HTTPConnection]:
    """To a server that has the bucket."""
    connection = connected(moto_endpoint)
    ask(connection, "PUT", BUCKET)
    assert connection.sock is not None, "closed with the first answer"
    yield connection
    connection.close()


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, bytes]:
    """Status and body. `chunked=...` sends the body without its length."""
    chunked = headers.pop("chunked", "") != ""
    connection.request(method, path, body, {**SIGNED, **headers}, encode_chunked=chunked)  # type: ignore[arg-type]
    response = connection.getresponse()
    return response.status, response.read()


def test_answers_with_and_without_a_body_leave_the_connection_open(connection: http.client.HTTPConnection) -> None:
    socket = connection.sock
    assert ask(connection, "PUT", f"{BUCKET}/key", b"twelve bytes") == (200, b"")
    assert ask(connection, "GET", f"{BUCKET}/key") == (200, b"twelve bytes")
    assert ask(connection, "HEAD", f"{BUCKET}/key") == (200, b"")
    assert ask(connection, "GET", f"{BUCKET}/missing")[0] == 404
    assert ask(connection, "HEAD", f"{BUCKET}/missing") == (404, b"")
    assert ask(connection, "DELETE", f"{BUCKET}/key") == (204, b"")
    assert ask(connection, "GET", f"{BUCKET}/key")[0] == 404
    assert connection.sock is socket


def test_a_body_that_moto_does_not_read_is_not_taken_for_the_next_request(
    connection: http.client.HTTPConnection,
) -> None:
    socket = connection.sock
    ask(connection, "GET", f"{BUCKET}/missing", b"GET / HTTP/1.1\r\n\r\n" * 1_000)
    assert ask(connection, "PUT", f"{BUCKET}/after", b"it") == (200, b"")
    assert ask(connection, "GET", f"{BUCKET}/after") == (200, b"it")
    assert connection.sock is socket


def test_a_body_in_chunks_is_read_to_its_end(connection: http.client.HTTPConnection) -> None:
    socket = connection.sock
    sent = {"chunked": "yes", "Transfer-Encoding": "chunked"}
    assert ask(connection, "PUT", f"{BUCKET}/chunks", iter([b"first ", b"second"]), **sent) == (200, b"")
    assert ask(connection, "GET", f"{BUCKET}/chunks") == (200, b"first second")
    assert connection.sock is socket


def test_who_asks_before_sending_is_told_once(connection: http.client.HTTPConnection) -> None:
    """botocore does so with every object; a second interim answer would stand before the next answer."""
    connection.putrequest("PUT", f"{BUCKET}/asked")
    for name, value in {**SIGNED, "Expect": "100-continue", "Content-Length": "4"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.sock.recv(1_000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.send(b"body")
    answer = connection.sock.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"100 Continue" not in answer


def test_the_vector_store_keeps_its_connections_until_it_is_closed(tmp_path: Path) -> None:
    server = Server(tmp_path)
    connection = connected(server.url)
    ask(connection, "GET", "/collections")
    socket = connection.sock
    assert ask(connection, "GET", "/collections/missing")[0] == 404
    assert ask(connection, "PUT", "/collections/points", b"no JSON", **{"Content-Type": "application/json"})[0] == 400
    assert ask(connection, "GET", "/healthz")[0] == 200
    assert connection.sock is socket is not None
    server.close()
    assert connection.sock.recv(1) == b""
    connection.close()


def test_a_body_that_is_too_long_ends_the_connection(tmp_path: Path) -> None:
    """It is refused without being kept in memory, and what is left of it is not taken for the next request."""
    server = Server(tmp_path)
    connection = connected(server.url)
    status, answer = ask(connection, "PUT", "/collections/points", b" " * (MAX_BODY_BYTES + 1))
    assert (status, b"larger than allowed" in answer) == (400, True)
    assert connection.sock is None
    assert ask(connection, "GET", "/collections")[0] == 200
    connection.close()
    server.close()
