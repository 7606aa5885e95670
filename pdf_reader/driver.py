"""A driver: a thread with one child process, which it feeds with tasks and replaces when it hangs, dies or ages."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import structlog

from foundation.errors import FailureCode, PermanentError
from pdf_reader import faults
from pdf_reader.document import DocumentFacts, ImageResult, Page, SandboxLimits
from pdf_reader.process import ChildDefectError, ChildDiedError, ChildProcess
from pdf_reader.range_progress import Part, RangeProgress
from pdf_reader.schedule import OpenJob, Reading
from pdf_reader.wire import RangeDone, ReadTask, Refusal

_log = structlog.get_logger(__name__)

Job = OpenJob | tuple[Reading, ReadTask]


class Driver(threading.Thread):
    """Works until `next_job` returns None. `changed` guards the tasks, and is notified of all that has come.

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
        progress = RangeProgress(task)
        while not (progress.is_done or reading.ended):
            begun = time.monotonic()
            distrusted = reading.distrusted
            try:
                for part in self._parts(progress.rest(distrusted)):
                    number = progress.number
                    self._deliver(reading, progress.take(part, distrusted))
                    if progress.number != number:
                        begun = time.monotonic()
            except ChildDiedError as died:
                self._bury(died, page=progress.number)
                self._charge(reading, time.monotonic() - begun)
                part_instead, left_out = progress.lose_child(died.death)
                self._deliver(reading, part_instead)
                if left_out:
                    reading.count_death(left_out)

    def _parts(self, task: ReadTask) -> Iterator[Part]:
        child = self._child_at_hand()
        child.send(task)
        for number in range(task.first, task.last + 1):
            page = child.receive()
            if isinstance(page, Refusal):
                raise PermanentError(page.code, page.message)
            if not isinstance(page, Page) or page.number != number:
                raise ChildDefectError(f"page {number} was expected, and {type(page).__name__} came")
            child.pages_read += 1
            yield page
            if page.image:
                result = child.receive()
                if not isinstance(result, ImageResult) or result.page != number:
                    raise ChildDefectError(f"the image of page {number} was expected, and {type(result).__name__} came")
                yield result
        done = child.receive()
        if child.pages_read >= self._limits.pages_per_child or (isinstance(done, RangeDone) and done.worn_out):
            self._end_child()

    def _deliver(self, reading: Reading, part: Part | None) -> None:
        if part is not None:
            with self._changed:
                reading.put(part)
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
