"""moto_server on a free loopback port, for as long as its parent lives.

Prints its address once it accepts connections, then waits for its standard input to end. The operating system closes
that pipe however the parent dies, SIGKILL included, so that no server is ever left behind.
"""

import argparse
import functools
import logging
import os
import sys
import threading
from typing import Any

from moto import backends
from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser  # type: ignore[attr-defined]
from moto.dynamodb.responses import DynamoHandler
from moto.moto_server import threaded_moto_server
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from moto.moto_server.werkzeug_app import MotoRequestHandler

from development_stack.kept_connections import KeptRequestHandler


class KeptMotoHandler(KeptRequestHandler, MotoRequestHandler):
    """Keeps connections, and headers as moto wants them."""


def main() -> None:
    _answer_one_by_one()
    _look_up_once()
    _look_at_what_is_there()
    threaded_moto_server.MotoRequestHandler = KeptMotoHandler  # type: ignore[attr-defined]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int, nargs="?", default=0, help="0, the default, takes a free one")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=parser.parse_args().port, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not a line for every request
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    os._exit(0)  # requests in flight don't matter any more


def _answer_one_by_one() -> None:
    """DynamoDB changes an item as a whole; moto's threads read and write it in steps, and lose one `ADD` of two."""
    lock = threading.Lock()
    answer = DynamoHandler.call_action

    def locked(handler: DynamoHandler) -> Any:
        with lock:
            return answer(handler)

    DynamoHandler.call_action = locked  # type: ignore[method-assign]


def _look_up_once() -> None:
    """With every request moto lists its own folder, and the methods of the class that answers: a fifth of the time."""
    modules = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    for name in ("method_names_from_class", "camelcase_to_underscores"):
        setattr(responses, name, functools.cache(getattr(responses, name)))


def _look_at_what_is_there() -> None:
    """moto looks for each of the ten types of a DynamoDB value under each name that they might have, and asks each
    part of an expression for all kinds of parts: a third of the time."""
    serialize = BaseJSONSerializer._serialize_type_structure

    def serialized(self: Any, made: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name != "AttributeValue" or type(value) is not dict or not key:
            serialize(self, made, value, shape, key)
            return
        wrapper = self.MAP_TYPE()
        for name in value.keys() & shape.members.keys():
            self._serialize_structure_member(wrapper, value, shape.members[name], name)
        self._default_serialize(made, wrapper, shape, key)

    kinds = DepthFirstTraverser.nodes_to_be_processed
    known: dict[type, tuple[type, ...]] = {}

    def kinds_of_class(self: Any) -> tuple[type, ...]:
        if (found := known.get(type(self))) is None:
            found = known[type(self)] = kinds(self)
        return found

    BaseJSONSerializer._serialize_type_structure = serialized  # type: ignore[assignment, method-assign]
    DepthFirstTraverser.nodes_to_be_processed = kinds_of_class


if __name__ == "__main__":
    main()
