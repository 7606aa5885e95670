"""Who calls a tool or reads a resource, and which documents they may see.

The server sets it for each call; without it nothing is read (`LookupError`), so that no way in is open by oversight.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

#: Of a key of the API: how long to wait until it may ask a question, in words; "" when it may now.
MayAsk = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Caller:
    """`prefix` is what the S3 keys that they may see begin with, "" for all."""

    prefix: str = ""
    refusal_to_ask: MayAsk = lambda: ""


#: Who started the program, or has the token MCP_TOKEN.
EVERYTHING = Caller()

_CALLER: ContextVar[Caller] = ContextVar("caller")


def current_caller() -> Caller:
    """Raises LookupError outside of a call."""
    return _CALLER.get()


@contextmanager
def calling(caller: Caller) -> Iterator[None]:
    """Threads that are started inside see it as well, as `anyio.to_thread` starts them."""
    token = _CALLER.set(caller)
    try:
        yield
    finally:
        _CALLER.reset(token)
