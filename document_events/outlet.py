"""Where a deployment's events go out: as CloudEvents of its source, to its target."""

from collections.abc import Sequence
from dataclasses import dataclass

from document_events.message import EventSource, cloud_event
from document_events.targets import Target
from ledger.events import EventRecord


@dataclass(frozen=True, slots=True)
class EventOutlet:
    """A target, and whose events it gets."""

    target: Target
    source: EventSource

    def send(self, events: Sequence[EventRecord]) -> dict[str, str]:
        """As `Target.send`: at most MAX_BATCH; answers and raises the same."""
        return self.target.send([cloud_event(event, self.source) for event in events])
