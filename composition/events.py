"""The sender of events from Settings. Imported only where events are on."""

from collections.abc import Callable
from typing import Literal

from composition.aws import make_event_client
from config import Settings
from document_events.message import EventSource
from document_events.outlet import EventOutlet
from document_events.sender import LEASE_SECONDS, EventSender
from document_events.targets import EventBus, Target, Topic
from ledger.events import Events
from ledger.fleet_lease import FleetLease
from ledger.table import Table


def make_sender(
    settings: Settings,
    arn: str,
    table: Table,
    *,
    on_unsent: Callable[[float], object],
    checkpoint: Callable[[str], None],
) -> EventSender:
    """`arn` is that of an EventBridge bus or an SNS topic, as `EVENTS_TARGET_ARN` has to be."""
    return EventSender(
        EventOutlet(_make_target(settings, arn), EventSource(settings.aws_s3_bucket_name, settings.public_url)),
        Events(table),
        FleetLease(table, "events-sending", LEASE_SECONDS),
        on_unsent=on_unsent,
        checkpoint=checkpoint,
    )


def _make_target(settings: Settings, arn: str) -> Target:
    _, _, kind, region, *_ = arn.split(":")
    service: Literal["events", "sns"] = "events" if kind == "events" else "sns"
    client = make_event_client(settings, service, region)
    return EventBus(client, arn) if service == "events" else Topic(client, arn)
