"""What to do when a child died over a page: a pure decision, made from what that page has done so far."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from pdf_reader.document import PageOutcome
from pdf_reader.wire import OUT_OF_MEMORY, Step

#: A page that has killed this many children is given up.
MAX_DEATHS_PER_PAGE = 3
#: A step that has killed this many children of one document is left out on its later pages.
MAX_DEATHS_PER_STEP = 3

OPTIONAL_STEPS = frozenset(step for step in Step if step.is_optional)


class Cause(Enum):
    """Why a child ended."""

    WALL_LIMIT = "timed out"
    CPU_LIMIT = "took too much CPU time"
    MEMORY_LIMIT = "took too much memory"
    CRASH = "crashed"

    @property
    def outcome(self) -> PageOutcome:
        return _OUTCOMES.get(self, PageOutcome.TIMEOUT)

    @property
    def may_be_an_accident(self) -> bool:
        """Whether another child may read the same page well: an earlier page may have left a mess."""
        return self in _OUTCOMES


_OUTCOMES = {Cause.CRASH: PageOutcome.CRASHED, Cause.MEMORY_LIMIT: PageOutcome.TOO_COMPLEX}


@dataclass(frozen=True, slots=True)
class Death:
    """A child ended over this step of a page."""

    step: Step
    cause: Cause


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """Read the page once more, in a new child; `without` says why steps are left out."""

    without: Mapping[Step, str]


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The page is lost."""

    outcome: PageOutcome
    loss: str


def cause_of(exit_code: int, *, overdue: bool) -> Cause:
    """From the exit code of a child: the kernel's timers end it with signals of their own.

    `overdue` says that it was the worker who ended it, for being late.
    """
    if overdue or exit_code == -signal.SIGALRM:
        return Cause.WALL_LIMIT
    if exit_code in (-signal.SIGPROF, -signal.SIGXCPU):
        return Cause.CPU_LIMIT
    return Cause.MEMORY_LIMIT if exit_code == OUT_OF_MEMORY else Cause.CRASH


def image_loss(deaths: Sequence[Death]) -> str | None:
    """After the last of the `deaths` of a page whose text is there: why its image is lost; None for another try.

    Only a first crash may have been an accident, as in `decide`.
    """
    cause = deaths[-1].cause
    return None if cause.may_be_an_accident and len(deaths) == 1 else f"{Step.IMAGE}: {cause.value}"


def decide(deaths: Sequence[Death]) -> ReadAgain | GiveUp:
    """What to do after the last of a page's `deaths`, oldest first.

    A first crash may have been an accident (the machine ran out of memory, an earlier page left a mess): the page gets
    another try as it is. After that, the step that killed is left out, and then all that can be.
    """
    last = deaths[-1]
    accident = last.cause.may_be_an_accident and len(deaths) == 1
    if len(deaths) >= MAX_DEATHS_PER_PAGE or not (last.step.is_optional or accident):
        return GiveUp(last.cause.outcome, f"{last.step}: {last.cause.value}")
    if accident:
        return ReadAgain({})
    without = {death.step: death.cause.value for death in deaths if death.step.is_optional}
    if len(deaths) == MAX_DEATHS_PER_PAGE - 1:
        without = dict.fromkeys(OPTIONAL_STEPS, "left out, as reading the page failed twice") | without
    return ReadAgain(without)
