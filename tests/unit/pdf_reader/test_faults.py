"""What happens to a page that kills the children which read it."""

import signal

import pytest

from pdf_reader.document import PageOutcome
from pdf_reader.faults import OPTIONAL_STEPS, Cause, Death, GiveUp, ReadAgain, cause_of, decide, image_loss
from pdf_reader.wire import OUT_OF_MEMORY, Step

CRASH, SLOW, BUSY, FULL = Cause.CRASH, Cause.WALL_LIMIT, Cause.CPU_LIMIT, Cause.MEMORY_LIMIT


@pytest.mark.parametrize(
    ("deaths", "without"),
    [
        pytest.param([(Step.TEXT, CRASH)], set(), id="a first crash may be an accident"),
        pytest.param([(Step.LINKS, CRASH)], set(), id="a first crash in an optional step too"),
        pytest.param([(Step.TEXT, FULL)], set(), id="an earlier page may have taken the memory"),
        pytest.param([(Step.LINKS, SLOW)], {Step.LINKS}, id="links that hang are left out"),
        pytest.param([(Step.IMAGE, BUSY)], {Step.IMAGE}, id="an image that eats the CPU is left out"),
        pytest.param([(Step.IMAGE, SLOW), (Step.LINKS, SLOW)], OPTIONAL_STEPS, id="two steps that hang: text alone"),
        pytest.param([(Step.IMAGE, CRASH), (Step.IMAGE, CRASH)], OPTIONAL_STEPS, id="two crashes: text alone"),
    ],
)
def test_a_page_is_read_again_without_what_killed(deaths: list[tuple[Step, Cause]], without: set[Step]) -> None:
    decision = decide([Death(*death) for death in deaths])

    assert isinstance(decision, ReadAgain)
    assert set(decision.without) == set(without)


@pytest.mark.parametrize(
    ("deaths", "outcome"),
    [
        pytest.param([(Step.TEXT, SLOW)], PageOutcome.TIMEOUT, id="text that hangs can't be left out"),
        pytest.param([(Step.TEXT, BUSY)], PageOutcome.TIMEOUT, id="nor text that eats the CPU"),
        pytest.param(
            [(Step.TEXT, CRASH), (Step.TEXT, CRASH)], PageOutcome.CRASHED, id="the second crash is no accident"
        ),
        pytest.param([(Step.TEXT, FULL), (Step.TEXT, FULL)], PageOutcome.TOO_COMPLEX, id="all memory twice"),
        pytest.param([(Step.OPEN, CRASH), (Step.OPEN, SLOW)], PageOutcome.TIMEOUT, id="opening it again hangs"),
        pytest.param(
            [(Step.IMAGE, SLOW), (Step.LINKS, SLOW), (Step.TEXT, CRASH)], PageOutcome.CRASHED, id="third death"
        ),
    ],
)
def test_a_page_is_given_up_with_its_outcome(deaths: list[tuple[Step, Cause]], outcome: PageOutcome) -> None:
    decision = decide([Death(*death) for death in deaths])

    assert isinstance(decision, GiveUp)
    assert decision.outcome is outcome
    assert decision.loss


def test_the_loss_names_the_step_and_why() -> None:
    decision = decide([Death(Step.IMAGE, Cause.WALL_LIMIT)])

    assert isinstance(decision, ReadAgain)
    assert decision.without == {Step.IMAGE: "timed out"}


@pytest.mark.parametrize(
    ("deaths", "loss"),
    [
        pytest.param([(Step.IMAGE, CRASH)], None, id="a first crash may be an accident"),
        pytest.param([(Step.IMAGE, FULL)], None, id="so may be a want of memory"),
        pytest.param([(Step.IMAGE, SLOW)], "image: timed out", id="an image that takes too long"),
        pytest.param([(Step.IMAGE, CRASH), (Step.IMAGE, CRASH)], "image: crashed", id="a second crash"),
        pytest.param([(Step.IMAGE, CRASH), (Step.TEXT, BUSY)], "image: took too much CPU time", id="read again"),
        pytest.param([(Step.TEXT, CRASH), (Step.IMAGE, CRASH)], "image: crashed", id="before and after the text"),
    ],
)
def test_an_image_is_tried_twice_when_its_text_is_there(deaths: list[tuple[Step, Cause]], loss: str | None) -> None:
    assert image_loss([Death(*death) for death in deaths]) == loss


@pytest.mark.parametrize(
    ("exit_code", "overdue", "cause"),
    [
        (-signal.SIGALRM, False, Cause.WALL_LIMIT),
        (-signal.SIGKILL, True, Cause.WALL_LIMIT),
        (-signal.SIGPROF, False, Cause.CPU_LIMIT),
        (-signal.SIGSEGV, False, Cause.CRASH),
        (-signal.SIGKILL, False, Cause.CRASH),
        (1, False, Cause.CRASH),
        (OUT_OF_MEMORY, False, Cause.MEMORY_LIMIT),
    ],
)
def test_the_exit_code_tells_why_a_child_ended(exit_code: int, overdue: bool, cause: Cause) -> None:
    assert cause_of(exit_code, overdue=overdue) is cause
