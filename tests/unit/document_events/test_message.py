"""The message is what its schema says, and the schema is narrow enough to refuse what it isn't."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from document_events.message import SCHEMA_URI, EventSource, cloud_event, read_schema
from ledger.events import EventRecord, EventType
from ledger.records import DocumentState

SCHEMA = read_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
EVENT = EventRecord(
    id="6f6a2b52-6a0c-4f5e-9c1f-0e8c3f1f5d11", type=EventType.SEARCHABLE, sequence=5, previous_sequence=4,
    time="2026-11-28T14:00:00.000Z", document_id="d" * 64, s3_key="source-pdfs/猫.pdf", state=DocumentState.SUCCEEDED,
    generation=2, pages=3, is_searchable=True, content_sha256="a" * 64, run_id="run-1",
)  # fmt: skip
SOURCE = EventSource("bucket", "https://papers.example.org")
PAGE = Path(__file__).parents[3] / "docs" / "events.md"


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == SCHEMA_URI


@pytest.mark.parametrize("source", [SOURCE, EventSource("bucket")])
@pytest.mark.parametrize("type_", EventType)
def test_a_message_fits_the_schema_and_has_all_of_it(type_: EventType, source: EventSource) -> None:
    message = cloud_event(EVENT.model_copy(update={"type": type_}), source)
    VALIDATOR.validate(message)
    assert set(message) == set(SCHEMA["properties"])
    assert set(message["data"]) == set(SCHEMA["properties"]["data"]["properties"])
    assert set(SCHEMA["required"]) == set(message)
    assert set(SCHEMA["properties"]["data"]["required"]) == set(message["data"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("specversion", "0.3"), ("id", "no uuid"), ("source", "bucket"), ("type", "document.read"), ("subject", ""),
        ("time", "yesterday"), ("dataschema", "urn:other"), ("data.sequence", "5"), ("data.sequence", 0),
        ("data.reasons", ["page 3: it says so"]), ("data.content_sha256", "short"), ("data.state", "processing"),
        ("data.is_searchable", None), ("data.previous_sequence", "4"),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(name: str, value: Any) -> None:
    message = cloud_event(EVENT, SOURCE)
    part, _, attribute = name.rpartition(".")
    (message["data"] if part else message)[attribute] = value
    assert not VALIDATOR.is_valid(message)


def test_the_panel_link_is_the_documents_page() -> None:
    message = cloud_event(EVENT, SOURCE)
    assert message["data"]["panel_url"] == f"https://papers.example.org/documents/{'d' * 64}"
    assert cloud_event(EVENT, EventSource("bucket"))["data"]["panel_url"] is None


def test_the_docs_have_the_schemas_attributes_and_words() -> None:
    rows = dict(re.findall(r"^\| `([a-z0-9_.]+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    properties = SCHEMA["properties"]
    wanted = {name: spec["description"] for name, spec in properties.items() if name != "data"}
    wanted |= {f"data.{name}": spec["description"] for name, spec in properties["data"]["properties"].items()}
    assert {name: rows.get(name) for name in wanted} == wanted
