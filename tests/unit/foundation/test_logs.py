"""Logs are events with fields, and never tell what a variable held."""

import io
import json
import logging

import pytest
import structlog

from foundation.logs import bound, configure_logs
from tests.conftest import pytest_runtest_protocol


@pytest.fixture
def lines() -> io.StringIO:
    stream = io.StringIO()
    configure_logs("json", "INFO", stream)
    return stream


def events(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_carries_its_fields_and_those_around_it(lines: io.StringIO) -> None:
    with bound(message_id="m1", s3_key="source-pdfs/猫.pdf"):
        structlog.get_logger("x").info("stage done", stage="read", seconds=1.5)
    (event,) = events(lines)
    assert event["event"] == "stage done"
    assert (event["message_id"], event["s3_key"], event["stage"]) == ("m1", "source-pdfs/猫.pdf", "read")
    assert event["level"] == "info"
    assert str(event["timestamp"]).endswith("Z")


def test_a_traceback_never_shows_what_variables_held(lines: io.StringIO) -> None:
    def fail(document_text: str) -> None:
        raise ValueError("broken")

    try:
        fail("the text of a document")
    except ValueError:
        structlog.get_logger("x").exception("bug")
    assert "ValueError" in lines.getvalue()
    assert "the text of a document" not in lines.getvalue()


def test_libraries_log_through_the_same_door_and_are_quiet(lines: io.StringIO) -> None:
    logging.getLogger("botocore").info("noise")
    logging.getLogger("some.library").warning("careful", extra={"key": 1})
    (event,) = events(lines)
    assert (event["event"], event["level"], event["key"]) == ("careful", "warning", 1)


def test_the_console_format_is_for_people() -> None:
    stream = io.StringIO()
    configure_logs("console", "INFO", stream)
    structlog.get_logger("x").info("stage done", stage="read")
    assert "stage done" in stream.getvalue()
    assert "{" not in stream.getvalue()


def test_a_test_that_sets_up_logs_leaves_them_as_they_were() -> None:
    """Its stream is closed when it ends, and the threads of servers go on to log."""
    before = logging.getLogger().handlers[:]
    around_a_test = pytest_runtest_protocol()
    next(around_a_test)
    configure_logs("json", "INFO", io.StringIO())
    assert logging.getLogger().handlers != before
    with pytest.raises(StopIteration):
        around_a_test.send(None)
    assert logging.getLogger().handlers == before
