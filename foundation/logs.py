"""Logs are events with fields: JSON lines for machines, aligned and coloured on a terminal.

Every event carries what `bound(...)` put around it (`message_id`, `s3_key`); never a secret, never a document's text.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, TextIO

import structlog

#: Libraries whose INFO is noise in a worker's log.
_QUIET = (
    "boto3",
    "botocore",
    "urllib3",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "openai",
    "qdrant_client",
    "pebble",
)


def configure_logs(
    log_format: Literal["json", "console"] | None = None, level: str = "INFO", stream: TextIO | None = None
) -> None:
    """Set up structlog and route the standard library's records through it. Without a format: console on a terminal."""
    stream = stream or sys.stderr
    as_console = log_format == "console" or (log_format is None and stream.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if as_console else "iso", utc=not as_console),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if as_console
        else [_tracebacks_without_locals(), structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _tracebacks_without_locals() -> structlog.typing.Processor:
    """Local variables hold keys and documents' texts."""
    transform = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return structlog.processors.ExceptionRenderer(transform)


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Add fields to every event logged inside, in this thread."""
    with structlog.contextvars.bound_contextvars(**fields):
        yield
