"""What becomes of a message: a closed set of outcomes, decided by pure functions.

| what happened | outcome |
|---|---|
| done, or called off by a person | `Done`: delete |
| the lease is lost, whatever else happened | `Abandon`: touch nothing, SQS has already given it to somebody |
| the worker is stopping | `Retry` at once, and `Renew` before receives run out |
| another worker holds the document | `Retry` when its claim may have ended, later each time |
| the world is at fault | `Retry` with exponential delay and full jitter (`outage.py` pauses polling) |
| the deployment is at fault, or what failed was known to be down | `Retry`, and `Renew` before receives run out |
| the document is at fault | `Quarantine` |
| a bug | `Retry` a few times, then `Quarantine` |
| any other retry that SQS would not survive (12 h, retention, redrive policy) | `Quarantine` |
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foundation.errors import (
    BusyError,
    CancelledByPersonError,
    CancelledWorkError,
    DeploymentError,
    FailureCode,
    IngestionError,
    PermanentError,
    TransientError,
)
from work_queue.queue import MAX_RECEIVE_SECONDS

#: Work that ran into a bug is tried this often: bugs that depend on timing deserve it, others waste money.
MAX_BUG_RECEIVES = 3
BASE_DELAY_SECONDS = 5.0
MAX_DELAY_SECONDS = 900.0
#: Nine waits that grow like this outlast the 12 hours for which another worker can hold a document.
BASE_BUSY_SECONDS = 5.0
BUSY_GROWTH = 2.6
#: Somebody else took the document although the message is ours: let them finish.
SUPERSEDED_DELAY_SECONDS = 30.0
#: Messages that are not to blame are sent anew when this share of their receives is used up: workers that are killed
#: use up some as well.
RENEW_SHARE = 0.5
#: What fails only while something is known to be down is not blamed for this long; later it may be its own fault after
#: all (a document that a server can't bear looks like an outage).
BLAMELESS_SECONDS = 86_400.0
#: A message is rescued from the queue in the last part of its retention, before SQS would drop it for its age.
RETENTION_MARGIN = 0.05


@dataclass(frozen=True, slots=True)
class Done:
    """Everything that the message asked for is done: delete it."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """The message is not ours any more: leave it alone."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Make the message visible again after `delay_seconds`."""

    delay_seconds: float
    reason: str
    code: FailureCode | None = None


@dataclass(frozen=True, slots=True)
class Renew:
    """Send the message anew, with no receives counted, to be visible after `delay_seconds`; then delete it."""

    delay_seconds: float
    reason: str
    code: FailureCode


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Move the message to the dead-letter queue. `is_recorded`: the document half has told the ledger already."""

    code: str
    reason: str
    is_recorded: bool = False


Outcome = Done | Abandon | Retry | Renew | Quarantine


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """What is known of the delivery when its work ends. `max_receive_count` None: the queue has no redrive policy.

    `known_seconds` is since the message first came, in this life or an earlier one; `was_down`: something was known to
    be down when this delivery began.
    """

    receive_count: int
    age_seconds: float
    held_seconds: float
    is_lease_lost: bool
    retention_seconds: float
    max_receive_count: int | None
    known_seconds: float = 0.0
    was_down: bool = False


def decide(error: BaseException | None, facts: DeliveryFacts, random: Callable[[], float]) -> Outcome:
    """What becomes of a message whose work ended with `error`, or well with None. `random` gives 0 to 1."""
    if facts.is_lease_lost:
        return Abandon()
    outcome = _judge(error, facts, random)
    if not isinstance(outcome, Retry):
        return outcome
    if _is_blameless(error, facts) and _wears_out(facts, outcome.delay_seconds):
        return Renew(outcome.delay_seconds, outcome.reason, outcome.code or FailureCode.INTERNAL)
    return _survivable(outcome, facts)


def combine(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of a message with several documents: it ends only when each of them has.

    A retry does all of them again; for those that were done there is nothing to do.
    """
    for kind in (Abandon, Renew, Retry, Quarantine):
        found = [outcome for outcome in outcomes if isinstance(outcome, kind)]
        if found:
            return max(found, key=lambda one: one.delay_seconds if isinstance(one, Retry | Renew) else 0.0)
    return Done()


def backoff_seconds(receive_count: int, random: Callable[[], float]) -> float:
    """Exponential with full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/"""
    return random() * min(MAX_DELAY_SECONDS, BASE_DELAY_SECONDS * 2.0 ** min(receive_count, 20))


def busy_seconds(receive_count: int) -> float:
    """How long to leave a document alone that another worker holds: each wait is in proportion to those before, so that
    the receives that the redrive policy allows are not used up by somebody else's long document."""
    return BASE_BUSY_SECONDS * BUSY_GROWTH ** min(receive_count, 20)


def _judge(error: BaseException | None, facts: DeliveryFacts, random: Callable[[], float]) -> Outcome:
    delay_seconds = backoff_seconds(facts.receive_count, random)
    match error:
        case None | CancelledByPersonError():
            return Done()
        case CancelledWorkError(code=FailureCode.LEASE_LOST):
            # The lease is ours but the claim is not: the document went to another message meanwhile.
            return Retry(SUPERSEDED_DELAY_SECONDS + delay_seconds, str(error), FailureCode.LEASE_LOST)
        case CancelledWorkError(code=None):
            return Retry(0.0, str(error))
        case CancelledWorkError(code=code):
            return Quarantine(str(code), str(error))
        case BusyError(retry_after_seconds=wanted):
            return Retry(max(wanted, busy_seconds(facts.receive_count)), str(error))
        case TransientError(retry_after_seconds=wanted):
            return Retry(max(min(wanted or 0.0, MAX_DELAY_SECONDS), delay_seconds), str(error), error.code)
        case PermanentError():
            return Quarantine(error.code, str(error), is_recorded=True)
        case IngestionError():
            return Retry(delay_seconds, str(error), error.code)
    if facts.receive_count >= MAX_BUG_RECEIVES:
        return Quarantine(FailureCode.INTERNAL, _describe(error))
    return Retry(delay_seconds, _describe(error), FailureCode.INTERNAL)


def _is_blameless(error: BaseException | None, facts: DeliveryFacts) -> bool:
    """Whether the failure says nothing about the document."""
    if isinstance(error, DeploymentError) or _is_stopping(error):
        return True
    return isinstance(error, TransientError) and facts.was_down and facts.known_seconds < BLAMELESS_SECONDS


def _is_stopping(error: BaseException | None) -> bool:
    """Whether it was the worker that ended the work: deployments and scaling do, as often as they like."""
    return isinstance(error, CancelledWorkError) and error.code is None


def _wears_out(facts: DeliveryFacts, delay_seconds: float) -> bool:
    """Whether the message nears the end of the receives, or of the time, that the queue gives it."""
    if facts.max_receive_count and facts.receive_count >= facts.max_receive_count * RENEW_SHARE:
        return True
    return facts.age_seconds + delay_seconds >= facts.retention_seconds * (1 - RETENTION_MARGIN)


def _survivable(retry: Retry, facts: DeliveryFacts) -> Outcome:
    """A retry that SQS can carry out, or the quarantine that keeps the message from being lost without a reason."""
    code = retry.code or FailureCode.INTERNAL
    if facts.max_receive_count and facts.receive_count >= facts.max_receive_count:
        return Quarantine(code, f"given up after {facts.receive_count} receives: {retry.reason}")
    if facts.age_seconds + retry.delay_seconds >= facts.retention_seconds * (1 - RETENTION_MARGIN):
        return Quarantine(code, f"given up after {facts.age_seconds / 3_600:.0f} hours in the queue: {retry.reason}")
    longest = max(0.0, MAX_RECEIVE_SECONDS - facts.held_seconds - 1)
    return Retry(min(retry.delay_seconds, longest), retry.reason, retry.code)


def _describe(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}"
