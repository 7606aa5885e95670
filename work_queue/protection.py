"""ECS task scale-in protection: protect, then receive; drop it when idle, while paused, and when a new task waits.

Without it a service that scales in kills busy workers. It is a courtesy between worker and scheduler, not what keeps
documents safe (leases do), so that a broken agent delays receiving a little and never stops it.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
"""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import structlog

log = structlog.get_logger("work_queue")

PATH = "/task-protection/v1/state"
#: Long enough to survive a throttled agent, short enough that a hung worker isn't kept for hours.
EXPIRES_IN_MINUTES = 30
RENEW_AFTER_SECONDS = EXPIRES_IN_MINUTES * 60 / 3
#: The agent waits 4 s for ECS's answer: who hangs up before does not learn that the protection was granted.
TIMEOUT_SECONDS = 6.0
#: Ask again this long after a denial or an unclear answer.
RETRY_SECONDS = 5.0
#: After this long without a clear answer the worker goes on unprotected, and keeps asking.
PATIENCE_SECONDS = 30.0
UNPROTECTED_SECONDS = 60.0


class Verdict(Enum):
    """What the agent's answer means."""

    GRANTED = auto()
    #: The service has as many protected tasks as it shall have tasks. In a deployment the new tasks hear this while
    #: the old ones are busy; so do the old ones once the new ones are protected.
    DENIED = auto()
    UNCLEAR = auto()  # throttled, timed out: ask again
    IMPOSSIBLE = auto()  # not a service's task, or no permission: it will not get better soon


@dataclass(frozen=True, slots=True)
class Answer:
    verdict: Verdict
    reason: str = ""


def judge(answer: Mapping[str, Any], *, wanted: bool) -> Answer:
    """Pure: what a JSON answer of the agent means when `wanted` was asked for."""
    if "protection" in answer:
        granted = bool(answer["protection"].get("ProtectionEnabled")) == wanted
        return Answer(Verdict.GRANTED) if granted else Answer(Verdict.UNCLEAR, "the agent did something else")
    if "failure" in answer:
        reason = str(answer["failure"].get("Reason"))
        return Answer(Verdict.DENIED if reason == "DEPLOYMENT_BLOCKED" else Verdict.IMPOSSIBLE, reason)
    code = str(answer.get("error", {}).get("Code", "no known answer"))
    impossible = code in ("AccessDeniedException", "UnsupportedFeatureException", "InvalidParameterException")
    return Answer(Verdict.IMPOSSIBLE if impossible else Verdict.UNCLEAR, code)


class TaskProtection:
    """Thread-safe. Without `agent_uri` (not on ECS) everything is allowed and nothing is asked."""

    def __init__(self, agent_uri: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = agent_uri.rstrip("/") + PATH if agent_uri else None
        self._clock = clock
        self._lock = threading.Lock()
        self._granted_at: float | None = None
        self._unclear_since: float | None = None
        self._ask_at = 0.0
        self._may_receive = True
        self._protected_since: float | None = None
        self._was_granted = False
        self._is_denied = False

    @property
    def is_enabled(self) -> bool:
        return self._url is not None

    @property
    def protected_seconds(self) -> float:
        """Since the last time that the scheduler could have had this task; 0 while it can."""
        return 0.0 if self._protected_since is None else self._clock() - self._protected_since

    @property
    def was_granted(self) -> bool:
        """At least once."""
        return self._was_granted

    @property
    def is_denied(self) -> bool:
        """The last answer was that other tasks have to give theirs up first."""
        return self._is_denied

    def acquire(self) -> bool:
        """May we receive? Asks the agent when needed, and not again before `RETRY_SECONDS` when it said no."""
        if not self._url:
            return True
        with self._lock:
            if self._is_granted() and not self._is_renewal_due():
                return True
            if self._clock() >= self._ask_at:
                self._ask()
            return self._is_granted() or self._may_receive

    def renew_if_due(self, _seconds: float = 0.0) -> None:
        """Keep what was granted while documents are worked on; a hook of their leases' beats."""
        if not self._url:
            return
        with self._lock:
            if self._granted_at is not None and self._is_renewal_due() and self._clock() >= self._ask_at:
                self._ask()

    def release(self) -> None:
        """Let the scheduler have this task, at the latest when the protection expires."""
        if not self._url:
            return
        with self._lock:
            if self._granted_at is None:
                return
            answer = self._put(wanted=False)
            if answer.verdict is not Verdict.GRANTED:
                log.warning("protection not dropped", reason=answer.reason)
            self._granted_at = self._protected_since = None
            self._ask_at = 0.0

    def _is_granted(self) -> bool:
        return self._granted_at is not None and self._clock() < self._granted_at + EXPIRES_IN_MINUTES * 60

    def _is_renewal_due(self) -> bool:
        return self._granted_at is None or self._clock() >= self._granted_at + RENEW_AFTER_SECONDS

    def _ask(self) -> None:
        now = self._clock()
        answer = self._put(wanted=True)
        self._is_denied = answer.verdict is Verdict.DENIED
        if answer.verdict is Verdict.GRANTED:
            self._was_granted = True
            self._protected_since = now if self._protected_since is None else self._protected_since
            self._granted_at, self._unclear_since, self._may_receive, self._ask_at = now, None, True, now
            return
        log.warning("protection not granted", reason=answer.reason, verdict=answer.verdict.name.lower())
        self._ask_at = now + RETRY_SECONDS
        if answer.verdict is Verdict.DENIED:
            self._may_receive = False
        elif answer.verdict is Verdict.IMPOSSIBLE:
            self._may_receive, self._ask_at = True, now + UNPROTECTED_SECONDS
        else:
            self._unclear_since = now if self._unclear_since is None else self._unclear_since
            self._may_receive = now - self._unclear_since >= PATIENCE_SECONDS
            if self._may_receive:
                self._ask_at = now + UNPROTECTED_SECONDS

    def _put(self, *, wanted: bool) -> Answer:
        body: dict[str, object] = {"ProtectionEnabled": wanted}
        if wanted:
            body["ExpiresInMinutes"] = EXPIRES_IN_MINUTES
        request = urllib.request.Request(  # noqa: S310 (the address is ECS's own)
            str(self._url), json.dumps(body).encode(), {"Content-Type": "application/json"}, method="PUT"
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            answer = _read_json(error)
        except (OSError, ValueError) as error:
            return Answer(Verdict.UNCLEAR, type(error).__name__)
        return judge(answer if isinstance(answer, dict) else {}, wanted=wanted)


def _read_json(error: urllib.error.HTTPError) -> Any:
    """Throttling and refusals come with a status, and say in the body what they are."""
    try:
        return json.load(error)
    except (OSError, ValueError):
        return {"error": {"Code": f"HTTP {error.code}"}}
