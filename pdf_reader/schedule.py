"""Who reads what next: documents take turns, range by range, and none gets far ahead of its caller.

Plain state without locks, threads or processes; `sandbox.py` guards it.
"""

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from pdf_reader import faults
from pdf_reader.document import DocumentFacts, ImageResult, Page
from pdf_reader.wire import OpenTask, ReadTask, Step

#: Pages that are given to a child at a time: enough to be worth it, few enough for a small document not to wait long.
RANGE_PAGES = 8
#: The first times, of a document that is longer.
FIRST_PAGES = 2


def range_pages(given_out: int, page_count: int) -> int:
    """How many pages the next range has: few at first, as pages wait for those before them."""
    if page_count <= RANGE_PAGES:
        return RANGE_PAGES
    return min(RANGE_PAGES, max(FIRST_PAGES, given_out // 2))


@dataclass(frozen=True, slots=True)
class OpenJob:
    """Somebody waits for `facts`."""

    task: OpenTask
    facts: "Future[DocumentFacts]" = field(default_factory=Future)


class Reading:
    """One document that is being read: what was given out, what has come back, and what went wrong.

    `whole` is the task of reading all its pages; `pages_ahead` is how far reading may get ahead of the
    page, and of the image, that is wanted next.
    """

    def __init__(self, whole: ReadTask, pages_ahead: int) -> None:
        self._whole = whole
        self._pages_ahead = pages_ahead
        self._given_out = 0
        self._wanted = 1
        self._come: dict[int, Page] = {}
        #: Pages that were taken and have promised an image, and what became of images.
        self._promised: deque[int] = deque()
        self._results: dict[int, ImageResult] = {}
        self._step_deaths: Counter[Step] = Counter()
        self.lost_seconds = 0.0
        self.failure: Exception | None = None
        self.ended = False

    def give_out(self) -> ReadTask | None:
        """The next range, None when there is none to be read now."""
        if not self.has_more:
            return None
        first = self._given_out + 1
        pages = range_pages(self._given_out, self._whole.last)
        self._given_out = min(self._given_out + pages, self._whole.last)
        return replace(self._whole, first=first, last=self._given_out)

    @property
    def has_more(self) -> bool:
        taken = (self._promised[0] if self._promised else self._wanted) - 1
        last_allowed = min(self._whole.last, taken + self._pages_ahead)
        return not (self.ended or self.failure) and self._given_out < last_allowed

    def put(self, part: Page | ImageResult) -> None:
        if self.ended:
            return
        if isinstance(part, Page):
            self._come[part.number] = part
        else:
            self._results[part.page] = part

    def take(self) -> Page | ImageResult | None:
        """The page that is wanted next, if it has come, else what became of the next image."""
        page = self._come.pop(self._wanted, None)
        if page is not None:
            self._wanted += 1
            if page.image:
                self._promised.append(page.number)
            return page
        result = self._results.pop(self._promised[0], None) if self._promised else None
        if result is not None:
            self._promised.popleft()
        return result

    @property
    def is_complete(self) -> bool:
        """All pages were taken, and the images that they promised."""
        return self._wanted > self._whole.last and not self._promised

    def count_death(self, step: Step) -> None:
        if step.is_optional:
            self._step_deaths[step] += 1

    @property
    def distrusted(self) -> dict[Step, str]:
        """Steps that have killed so many children of this document that its other pages do without; and why."""
        bad = [step for step, deaths in self._step_deaths.items() if deaths >= faults.MAX_DEATHS_PER_STEP]
        return dict.fromkeys(bad, "left out, as it failed on other pages")


class Schedule:
    """The tasks that wait: those who want a document opened first, then the documents in turn."""

    def __init__(self) -> None:
        self._opens: deque[OpenJob] = deque()
        self._readings: deque[Reading] = deque()

    def add(self, job: OpenJob | Reading) -> None:
        if isinstance(job, OpenJob):
            self._opens.append(job)
        else:
            self._readings.append(job)

    def remove(self, reading: Reading) -> None:
        self._readings.remove(reading)

    @property
    def has_work(self) -> bool:
        return bool(self._opens) or any(reading.has_more for reading in self._readings)

    def next(self) -> OpenJob | tuple[Reading, ReadTask] | None:
        if self._opens:
            return self._opens.popleft()
        for _ in range(len(self._readings)):
            reading = self._readings[0]
            self._readings.rotate(-1)
            if task := reading.give_out():
                return reading, task
        return None

    def clear(self) -> Iterator[OpenJob | Reading]:
        """Everything that waits, which is then forgotten."""
        yield from self._opens
        yield from self._readings
        self._opens.clear()
        self._readings.clear()
