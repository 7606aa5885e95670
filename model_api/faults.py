"""What can go wrong with one call to a model, and what to do about it: pure decisions, no clock and no wire."""

from dataclasses import dataclass
from enum import Enum, auto


class FaultKind(Enum):
    """A closed set; `decide` has a rule for each."""

    THROTTLED = auto()  # 429
    SERVER = auto()  # 5xx, 408, 409
    UNREACHABLE = auto()  # no connection
    TIMED_OUT = auto()  # connected, but no answer in time
    CLOSED_TO_US = auto()  # a bad key, no quota, no such model: a person has to act
    TOO_LONG = auto()  # more than the model's context holds
    REJECTED = auto()  # any other 4xx
    REFUSED = auto()  # by the model or a content filter
    TRUNCATED = auto()  # finish_reason "length"
    INVALID = auto()  # not JSON, or not of the schema


@dataclass(frozen=True, slots=True)
class Fault:
    """`reason` is for a person: no secret, nothing of the document. `retry_after_seconds` is the server's wish.

    `parameter` is the one that a REJECTED request was rejected for, if the server named it.
    """

    kind: FaultKind
    reason: str
    retry_after_seconds: float | None = None
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to try. Seconds are those of one question's whole life, attempts those that ended in the same kind."""

    server_attempts: int = 5
    timeout_attempts: int = 2
    refusal_attempts: int = 2
    truncation_attempts: int = 2
    invalid_attempts: int = 3
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 60.0
    throttled_seconds: float = 120.0
    #: When a person has to act first, asking again soon is noise.
    closed_retry_after_seconds: float = 300.0
    #: When the service is down and doesn't say for how long.
    outage_retry_after_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Ask again after `wait_seconds`, with a larger output budget or a correction if so said."""

    wait_seconds: float = 0.0
    larger: bool = False
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """This question gets no answer; the others may."""


@dataclass(frozen=True, slots=True)
class Outage:
    """No question gets an answer now: the document goes back to the queue for `retry_after_seconds`."""

    retry_after_seconds: float


@dataclass(frozen=True, slots=True)
class History:
    """One question so far. `attempts_of_kind` counts this fault; `spread` in [0, 1) keeps waiters apart."""

    attempts_of_kind: int
    seconds: float
    others_are_answered: bool
    spread: float = 0.5


def decide(fault: Fault, history: History, policy: RetryPolicy) -> AskAgain | GiveUp | Outage:
    """What to do after `fault`.

    A 5xx that stays is an outage, unless other questions were answered meanwhile: then this one upsets the server.
    """
    attempts = history.attempts_of_kind
    outage = Outage(fault.retry_after_seconds or policy.outage_retry_after_seconds)
    match fault.kind:
        case FaultKind.THROTTLED:
            wait = fault.retry_after_seconds or _backoff_seconds(history, policy)
            fits = wait <= policy.longest_wait_seconds and history.seconds + wait <= policy.throttled_seconds
            return AskAgain(wait) if fits else outage
        case FaultKind.UNREACHABLE | FaultKind.SERVER:
            wait = fault.retry_after_seconds or _backoff_seconds(history, policy)
            if attempts < policy.server_attempts and wait <= policy.longest_wait_seconds:
                return AskAgain(wait)
            upsets_the_server = fault.kind is FaultKind.SERVER and history.others_are_answered
            return GiveUp() if upsets_the_server else outage
        case FaultKind.CLOSED_TO_US:
            return Outage(fault.retry_after_seconds or policy.closed_retry_after_seconds)
        case FaultKind.TIMED_OUT:
            return AskAgain() if attempts < policy.timeout_attempts else GiveUp()
        case FaultKind.REFUSED:
            return AskAgain() if attempts < policy.refusal_attempts else GiveUp()
        case FaultKind.TRUNCATED:
            return AskAgain(larger=True) if attempts < policy.truncation_attempts else GiveUp()
        case FaultKind.INVALID:
            return AskAgain(corrected=True) if attempts < policy.invalid_attempts else GiveUp()
        case FaultKind.TOO_LONG | FaultKind.REJECTED:
            return GiveUp()


def _backoff_seconds(history: History, policy: RetryPolicy) -> float:
    """Doubling, a quarter more or less by `spread`, so that 32 waiters don't come back at the same instant."""
    doubled = policy.first_wait_seconds * 2.0 ** (history.attempts_of_kind - 1)
    return min(doubled * (0.75 + 0.5 * history.spread), policy.longest_wait_seconds)
