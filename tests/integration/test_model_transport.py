"""What becomes of a call whose server is away, hangs up, says nothing, or ends in the middle of its answer."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from model_api.faults import Fault, FaultKind
from model_api.transport import OpenAiTransport

Connection = socket.socket
HALF_AN_ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"choices": ['


def hang_up(connection: Connection) -> None:
    connection.recv(1 << 16)


def say_half(connection: Connection) -> None:
    connection.recv(1 << 16)
    connection.sendall(HALF_AN_ANSWER)


def say_nothing(connection: Connection) -> None:
    while connection.recv(1 << 16):
        pass


@contextmanager
def server(serve: Callable[[Connection], None]) -> Iterator[int]:
    """A port whose connections `serve` gets, one after the other."""
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                with listening.accept()[0] as connection:
                    serve(connection)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    with closing(listening):
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


async def ask(port: int, timeout_seconds: float = 30.0) -> object:
    transport = OpenAiTransport("a-key", f"http://127.0.0.1:{port}/v1", timeout_seconds, 2)
    try:
        return await transport.send({"model": "test-model", "messages": []})
    finally:
        await transport.close()


@pytest.mark.parametrize("serve", [hang_up, say_half])
def test_a_lost_connection_is_no_answer_that_came_late(serve: Callable[[Connection], None]) -> None:
    with server(serve) as port:
        fault = asyncio.run(ask(port))

    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.UNREACHABLE
    assert fault.reason.startswith("no connection to the model's server (")


def test_a_server_that_is_not_there_is_named_so() -> None:
    with server(hang_up) as port:
        pass

    fault = asyncio.run(ask(port))

    assert fault == Fault(FaultKind.UNREACHABLE, "no connection to the model's server (ClientConnectorError)")


def test_a_server_that_says_nothing_is_waited_for_as_long_as_was_said() -> None:
    with server(say_nothing) as port:
        fault = asyncio.run(ask(port, timeout_seconds=0.2))

    assert fault == Fault(FaultKind.TIMED_OUT, "the model did not answer in time")
