"""The bus or the topic that events go to, and the events that wait for it; nothing while events are off."""

from collections.abc import Iterator
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from command_line.doctor.findings import Check, Finding, Verdict
from composition.aws import make_event_client
from config import Settings
from foundation.aws import aws_errors, error_code
from ledger.events import Events
from ledger.table import Table

SETTING = "EVENTS_TARGET_ARN"
#: As `UnsentEventsAlarm` in infra/events.yaml.
LATE_SECONDS = 900.0
_REFUSALS = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
_MISSING = {"ResourceNotFoundException", "NotFound", "NotFoundException"}


def event_checks(settings: Settings, table: Table) -> Iterator[Check]:
    """Two requests."""
    if arn := settings.events_target_arn:
        step = "`make deploy-events` makes it on AWS: docs/events.md"
        yield Check("event target", lambda: [_target(settings, arn)], SETTING, arn, None, step)
        yield Check("unsent events", lambda: [_unsent(table)], "STATUS_TABLE_NAME", settings.status_table_name)


def _target(settings: Settings, arn: str) -> Finding:
    kind, region = arn.split(":")[2:4]
    with aws_errors("asking for the target of events"):
        try:
            if kind == "events":
                make_event_client(settings, "events", region).describe_event_bus(Name=arn)
            else:
                make_event_client(settings, "sns", region).get_topic_attributes(TopicArn=arn)
        except ClientError as error:
            if error_code(error) in _REFUSALS:  # who sends need not be able to ask
                return Finding("event target", Verdict.SKIPPED, f"the credentials may not ask for {arn}", SETTING, arn)
            if error_code(error) not in _MISSING:
                raise
            step = f"correct {SETTING}, or `make deploy-events`: docs/events.md"
            return Finding("event target", Verdict.WRONG, f"there is no {arn}", SETTING, arn, None, step)
    return Finding("event target", Verdict.OK, "is there", SETTING, arn)


def _unsent(table: Table) -> Finding:
    oldest = next(Events(table).pending(limit=1), None)
    if oldest is None:
        return Finding("unsent events", Verdict.OK, "none")
    age_seconds = datetime.now(UTC).timestamp() - datetime.fromisoformat(oldest.time).timestamp()
    if age_seconds < LATE_SECONDS:
        return Finding("unsent events", Verdict.OK, f"the oldest has waited for {age_seconds:.0f} s")
    message = f"the oldest has waited for {age_seconds / 60:.0f} minutes"
    return Finding(
        "unsent events", Verdict.WARNING, message, SETTING, None, None,
        "`leafmill events send` says why; docs/runbook.md#unsent-events",
    )  # fmt: skip
