"""An event as it is sent: a CloudEvent 1.0 in JSON, whose schema is `document-event.schema.json` beside this module.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.events import EventRecord

SCHEMA_FILE = Path(__file__).parent / "document-event.schema.json"
#: Names the schema, with its version: attributes may be added to one version, never changed or taken away.
SCHEMA_URI = "urn:leafmill:document-event:1"


@dataclass(frozen=True, slots=True)
class EventSource:
    """Where events come from. `panel_url` is the panel's address without a slash at the end, if there is a panel."""

    bucket: str
    panel_url: str | None = None


def cloud_event(event: EventRecord, source: EventSource) -> dict[str, Any]:
    """Pure. The same event gives the same message, however often it is sent."""
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": f"s3://{source.bucket}",
        "type": event.type,
        "subject": event.s3_key,
        "time": event.time,
        "datacontenttype": "application/json",
        "dataschema": SCHEMA_URI,
        "data": {
            "document_id": event.document_id,
            "bucket": source.bucket,
            "s3_key": event.s3_key,
            "sequence": event.sequence,
            "previous_sequence": event.previous_sequence,
            "generation": event.generation,
            "state": str(event.state),
            "reasons": list(event.reasons),
            "pages": event.pages,
            "is_searchable": event.is_searchable,
            "content_sha256": event.content_sha256,
            "run_id": event.run_id,
            "panel_url": f"{source.panel_url}/documents/{event.document_id}" if source.panel_url else None,
        },
    }


def read_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the message."""
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return schema
