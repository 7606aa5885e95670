"""The sandbox's face: opens and reads PDFs in child processes, so that no document can harm the worker.

    caller's thread            drivers (threads)                    children (processes)
    open(), read()  -> Schedule -> one range at a time -> socket -> MuPDF, Tesseract
         ^                            |
         +------- pages in order <----+      a child that hangs or dies is replaced, and its page decided upon

A page range is small, and a document gets only so far ahead of the caller that takes its pages: memory and disk space
are flat in the number of pages, and documents take turns.
"""

import shutil
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from foundation.errors import CancelledWorkError
from pdf_reader.document import DocumentFacts, ImageResult, Page, ReadOptions, SandboxLimits
from pdf_reader.driver import Driver
from pdf_reader.precheck import refuse_what_is_no_pdf
from pdf_reader.schedule import RANGE_PAGES, OpenJob, Reading, Schedule
from pdf_reader.wire import OpenTask, ReadTask

#: How often a waiting reader asks whether it is still wanted.
CHECK_SECONDS = 0.2
#: Ranges that each process may be ahead of the reader.
RANGES_AHEAD = 2


class PdfSandbox:
    """Up to `processes` child processes, started when there is work for them, or by `warm_up`. Thread-safe.

    Several documents may be read at once, each by a thread of its own.
    """

    def __init__(self, limits: SandboxLimits, processes: int) -> None:
        self._limits = limits
        self._processes = processes
        self._pages_ahead = RANGE_PAGES * (RANGES_AHEAD * processes + 1)
        self._schedule = Schedule()
        self._changed = threading.Condition()
        self._drivers: list[Driver] = []
        self._idle = 0
        self._warms_up = False
        self._closed = False

    def warm_up(self) -> None:
        """Start the children, for a caller that will bring documents: the first at once, each other one when the one
        before it is ready, as a long document is read by all of them."""
        with self._changed:
            self._warms_up = True
            if not self._drivers and not self._closed:
                self._hire()

    def open(self, path: Path, *, password: str | None = None) -> DocumentFacts:
        """What the document says about itself.

        Raises errors.PermanentError with a sentence for a person: `empty_file`, `not_a_pdf`, `encrypted`, `corrupt`,
        `no_pages`, `too_large`, `too_many_pages`, and `extraction_timeout` when opening alone takes too long.
        """
        refuse_what_is_no_pdf(path, self._limits.max_pdf_megabytes)
        job = OpenJob(OpenTask(path.absolute(), password))
        with self._changed:
            self._add(job)
        return job.facts.result()

    def read(
        self,
        path: Path,
        facts: DocumentFacts,
        options: ReadOptions,
        working_folder: Path,
        check: Callable[[], None],
        *,
        password: str | None = None,
    ) -> Iterator[Page]:
        """All pages in order, each as soon as it, its image and those before it are there; images are files in that
        folder. Otherwise as `read_texts_first`."""
        with closing(self.read_texts_first(path, facts, options, working_folder, check, password=password)) as parts:
            yield from whole_pages(parts)

    def read_texts_first(
        self,
        path: Path,
        facts: DocumentFacts,
        options: ReadOptions,
        working_folder: Path,
        check: Callable[[], None],
        *,
        password: str | None = None,
    ) -> Generator[Page | ImageResult, None, None]:
        """All pages in order, each as soon as it and those before it have been read, and no later for its image.

        What became of the image that a page promises comes later, also in order: it is a file in that folder, or lost.
        A page that can't be read comes with an outcome that says so. `check` is called between pages and while
        waiting; what it raises ends the reading, and the children at work on it. Raises errors.PermanentError
        (`extraction_timeout`) when the document's bad pages have cost more than `max_lost_seconds`.
        """
        whole = ReadTask(
            path.absolute(),
            password,
            1,
            facts.page_count,
            options,
            working_folder.absolute(),
            shutil.which("tesseract"),
        )
        reading = Reading(whole, self._pages_ahead)
        with self._changed:
            self._add(reading)
        try:
            while not reading.is_complete:
                yield self._wait_for_part(reading, check)
        finally:
            self._end(reading)

    @property
    def child_pids(self) -> list[int]:
        """The processes that are alive now, for those that watch their memory."""
        with self._changed:
            return [driver.child_pid for driver in self._drivers if driver.child_pid is not None]

    def close(self) -> None:
        """End all children. Who is still waiting gets a CancelledWorkError."""
        with self._changed:
            self._closed = True
            error = CancelledWorkError("the PDF sandbox was closed")
            for job in self._schedule.clear():
                if isinstance(job, Reading):
                    job.failure = error
                else:
                    job.facts.set_exception(error)
            drivers = list(self._drivers)
            self._changed.notify_all()
        for driver in drivers:
            driver.kill()
        for driver in drivers:
            driver.join()

    def _wait_for_part(self, reading: Reading, check: Callable[[], None]) -> Page | ImageResult:
        while True:
            check()
            with self._changed:
                part = reading.take()
                if part is not None:
                    # The reader has moved on: there may be another range to read.
                    self._call_for_drivers()
                    return part
                if reading.failure:
                    raise reading.failure
                self._changed.wait(CHECK_SECONDS)

    def _end(self, reading: Reading) -> None:
        """Returns when no child works on the document any more: its file and working folder may be deleted.

        A document that was read to its end needs no force.
        """
        with self._changed:
            reading.ended = True
            if not self._closed:
                self._schedule.remove(reading)
            if reading.is_complete:
                return
            while busy := [driver for driver in self._drivers if driver.reading is reading]:
                for driver in busy:
                    driver.kill()
                self._changed.wait(CHECK_SECONDS)

    def _add(self, job: OpenJob | Reading) -> None:
        if self._closed:
            raise CancelledWorkError("the PDF sandbox was closed")
        self._schedule.add(job)
        self._call_for_drivers()

    def _call_for_drivers(self) -> None:
        """Wake a driver, or hire one: only when there is work that nobody is free for."""
        if not self._schedule.has_work:
            return
        if self._idle:
            self._changed.notify_all()
        elif len(self._drivers) < self._processes:
            self._hire()

    def _hire(self) -> None:
        driver = Driver(self._limits, self._changed, self._next_job)
        self._drivers.append(driver)
        driver.start()

    def _next_job(self) -> OpenJob | tuple[Reading, ReadTask] | None:
        """For drivers, with the lock held: the next task, waited for; None when the sandbox is closed.

        A driver that asks has its child at hand.
        """
        if self._warms_up and not self._closed and len(self._drivers) < self._processes:
            self._hire()
        while not self._closed:
            if job := self._schedule.next():
                self._call_for_drivers()
                return job
            self._idle += 1
            self._changed.wait()
            self._idle -= 1
        return None


def whole_pages(parts: Iterable[Page | ImageResult]) -> Iterator[Page]:
    """The pages of what `read_texts_first` gives, each when its image is there, or is known to be lost."""
    waiting: deque[Page] = deque()
    for part in parts:
        if isinstance(part, Page):
            waiting.append(part)
        else:
            page = waiting.popleft()
            yield replace(page, image=None, losses=(*page.losses, part.loss)) if part.loss else page
        while waiting and waiting[0].image is None:
            yield waiting.popleft()
