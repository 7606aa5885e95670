"""A driver: a thread with one child process, which it feeds with tasks and replaces when it hangs, dies or ages."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import structlog

from foundation.errors import FailureCode, PermanentError
from pdf_reader import faults
from pdf_reader.document import DocumentFacts, Page, SandboxLimits
from pdf_reader.process import ChildDefectError, ChildDiedError, ChildProcess
from pdf_reader.schedule import OpenJob, Reading
from pdf_reader.wire import RangeDone, ReadTask, Refusal, Step

_log = structlog.get_logger(__name__)

Job = OpenJob | tuple[Reading, ReadTask]


class Driver(threading.Thread):
    """Works until `next_job` returns None. `changed` guards the tasks, and is notified of every page that has come.

    The child is started by this thread and dies with it.
    """

    def __init__(self, limits: SandboxLimits, changed: threading.Condition, next_job: Callable[[], Job | None]) -> None:
        super().__init__(name="pdf-driver", daemon=True)
        self._limits = limits
        self._changed = changed
        self._next_job = next_job
        self._child: ChildProcess | None = None
        self.reading: Reading | None = None

    @property
    def child_pid(self) -> int | None:
        child = self._child
        return child.pid if child else None

    def kill(self) -> None:
        """End the child, whatever it is doing. Thread-safe."""
        if child := self._child:
            child.kill()

    def run(self) -> None:
        try:
            # Before there is a task: what keeps a child from starting is raised to the caller that brings one.
            with contextlib.suppress(Exception):
                self._child_at_hand()
            while job := self._take():
                if isinstance(job, OpenJob):
                    self._open(job)
                else:
                    self._read(*job)
        finally:
            self._end_child()

    def _take(self) -> Job | None:
        with self._changed:
            if self.reading is not None:
                self.reading = None
                self._changed.notify_all()
            job = self._next_job()
            if isinstance(job, tuple):
                self.reading = job[0]
            return job

    def _open(self, job: OpenJob) -> None:
        try:
            job.facts.set_result(self._facts(job))
        except Exception as error:  # noqa: BLE001 (the caller that waits for the facts gets it)
            self._end_child()
            job.facts.set_exception(error)

    def _facts(self, job: OpenJob) -> DocumentFacts:
        """A first crash may have been an accident; after that, only what reading the document needs is asked for."""
        deaths: list[faults.Death] = []
        while True:
            bare = any(not death.cause.may_be_an_accident for death in deaths) or len(deaths) > 1
            child = self._child_at_hand()
            try:
                child.send(replace(job.task, bare=bare))
                answer = child.receive()
            except ChildDiedError as died:
                self._bury(died)
                deaths.append(died.death)
                if bare:
                    raise _opening_failed(died.death.cause) from None
            else:
                if isinstance(answer, Refusal):
                    raise PermanentError(answer.code, answer.message)
                if not isinstance(answer, DocumentFacts):
                    raise ChildDefectError(f"facts were expected, and {type(answer).__name__} came")
                return answer

    def _read(self, reading: Reading, task: ReadTask) -> None:
        try:
            self._read_all(reading, task)
        except Exception as error:  # noqa: BLE001 (the caller that reads the document gets it)
            self._end_child()
            with self._changed:
                reading.failure = error
                self._changed.notify_all()

    def _read_all(self, reading: Reading, task: ReadTask) -> None:
        """Every page of the task is delivered once, whatever becomes of the children that read it."""
        number = task.first
        deaths: list[faults.Death] = []
        without: Mapping[Step, str] = {}
        while number <= task.last and not reading.ended:
            begun = time.monotonic()
            distrusted = reading.distrusted
            rest = replace(task, first=number, without=frozenset(distrusted), first_without=frozenset(without))
            try:
                for page in self._pages(rest):
                    self._deliver(reading, _with_losses(page, {**distrusted, **without}))
                    number, deaths, without, begun = page.number + 1, [], {}, time.monotonic()
            except ChildDiedError as died:
                self._bury(died, page=number)
                self._charge(reading, time.monotonic() - begun)
                deaths.append(died.death)
                decision = faults.decide(deaths)
                if isinstance(decision, faults.GiveUp):
                    self._deliver(reading, Page(number, decision.outcome, losses=(decision.loss,)))
                    number, deaths, without = number + 1, [], {}
                else:
                    without = decision.without
                    if died.death.step in without:
                        # Not for what may have been an accident.
                        reading.count_death(died.death.step)

    def _pages(self, task: ReadTask) -> Iterator[Page]:
        child = self._child_at_hand()
        child.send(task)
        for number in range(task.first, task.last + 1):
            message = child.receive()
            if isinstance(message, Refusal):
                raise PermanentError(message.code, message.message)
            if not isinstance(message, Page) or message.number != number:
                raise ChildDefectError(f"page {number} was expected, and {type(message).__name__} came")
            child.pages_read += 1
            yield message
        done = child.receive()
        if child.pages_read >= self._limits.pages_per_child or (isinstance(done, RangeDone) and done.worn_out):
            self._end_child()

    def _deliver(self, reading: Reading, page: Page) -> None:
        with self._changed:
            reading.put(page)
            self._changed.notify_all()

    def _charge(self, reading: Reading, seconds: float) -> None:
        with self._changed:
            reading.lost_seconds += seconds
            if reading.lost_seconds > self._limits.max_lost_seconds:
                raise PermanentError(
                    FailureCode.EXTRACTION_TIMEOUT,
                    f"pages that can't be read have cost {reading.lost_seconds:.0f} seconds: given up",
                )

    def _child_at_hand(self) -> ChildProcess:
        if self._child and self._child.was_killed:
            # By a reading that ended in the very moment in which its child was done.
            self._end_child()
        if self._child is None:
            self._child = ChildProcess(self._limits)
        return self._child

    def _bury(self, died: ChildDiedError, **where: int) -> None:
        """Log how the child ended, and let the next task have a new one."""
        death = died.death
        if self.reading is None or not self.reading.ended:
            _log.warning(
                "pdf-child-died", step=death.step.value, cause=death.cause.value, exit_code=died.exit_code, **where
            )
        self._end_child()

    def _end_child(self) -> None:
        if self._child:
            self._child.end()
            self._child = None


def _opening_failed(cause: faults.Cause) -> PermanentError:
    if cause is faults.Cause.CRASH:
        return PermanentError(FailureCode.CORRUPT, "opening the PDF crashes the PDF reader")
    if cause is faults.Cause.MEMORY_LIMIT:
        return PermanentError(FailureCode.CORRUPT, f"opening the PDF {cause.value}")
    return PermanentError(FailureCode.EXTRACTION_TIMEOUT, f"opening the PDF {cause.value}")


def _with_losses(page: Page, reasons: Mapping[Step, str]) -> Page:
    """Tags are no loss: what is printed is read without them."""
    if not reasons:
        return page
    lost = [f"{step}: {reason}" for step, reason in sorted(reasons.items()) if step is not Step.TAGS]
    notes = [f"tags not used: {reasons[Step.TAGS]}"] if Step.TAGS in reasons else []
    return replace(page, losses=(*page.losses, *lost), notes=(*page.notes, *notes))
