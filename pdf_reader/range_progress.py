"""How far the children that read a range of pages have come: what is passed on of what they send, once each.

Plain state without threads or processes; `driver.py` carries it out.

    child sends   page 1 ─ image 1 ─ page 2 ─ dies
    next child                       page 2 ─ image 2        the text of page 2 was passed on already: this one isn't
"""

from collections.abc import Mapping
from dataclasses import replace

from pdf_reader import faults
from pdf_reader.document import ImageResult, Page
from pdf_reader.wire import ReadTask, Step

Part = Page | ImageResult


class RangeProgress:
    """One range. Every page is passed on once, and so is the result of every image that was promised."""

    def __init__(self, task: ReadTask) -> None:
        self._task = task
        self._deaths: list[faults.Death] = []
        self._without: Mapping[Step, str] = {}
        self._has_text = False
        #: The page that is to come, or whose image is.
        self.number = task.first

    @property
    def is_done(self) -> bool:
        return self.number > self._task.last

    def rest(self, distrusted: Mapping[Step, str]) -> ReadTask:
        """What is left to be read, without the steps that the whole document does without."""
        return replace(
            self._task, first=self.number, without=frozenset(distrusted), first_without=frozenset(self._without)
        )

    def take(self, part: Part, distrusted: Mapping[Step, str]) -> Part | None:
        """What to pass on of what a child has sent, with what the steps that were left out have cost."""
        if isinstance(part, ImageResult):
            self._go_on()
            return part
        page = _with_losses(part, {**distrusted, **self._without})
        has_text, self._has_text = self._has_text, True
        if page.image is None:
            self._go_on()
        if not has_text:
            return page
        return None if page.image else ImageResult(page.number, _image_loss_of(page))

    def lose_child(self, death: faults.Death) -> tuple[Part | None, Step | None]:
        """What to pass on now that a child has died, and the step that is left out for it."""
        self._deaths.append(death)
        number = self.number
        if self._has_text:
            loss = faults.image_loss(self._deaths)
            if loss is None:
                return None, None
            self._go_on()
            return ImageResult(number, loss), death.step
        decision = faults.decide(self._deaths)
        if isinstance(decision, faults.GiveUp):
            self._go_on()
            return Page(number, decision.outcome, losses=(decision.loss,)), None
        self._without = decision.without
        # Not for what may have been an accident.
        return None, death.step if death.step in decision.without else None

    def _go_on(self) -> None:
        self.number += 1
        self._deaths, self._without, self._has_text = [], {}, False


def _with_losses(page: Page, reasons: Mapping[Step, str]) -> Page:
    """Tags are no loss: what is printed is read without them."""
    if not reasons:
        return page
    lost = [f"{step}: {reason}" for step, reason in sorted(reasons.items()) if step is not Step.TAGS]
    notes = [f"tags not used: {reasons[Step.TAGS]}"] if Step.TAGS in reasons else []
    return replace(page, losses=(*page.losses, *lost), notes=(*page.notes, *notes))


def _image_loss_of(page: Page) -> str:
    """Why a page that had promised an image promises none now that it was read again."""
    return next((loss for loss in page.losses if loss.startswith(f"{Step.IMAGE}:")), f"{Step.IMAGE}: failed")
