"""Whatever becomes of the children that read a range: each text and each promised image is passed on once."""

from pathlib import Path

import pytest

from pdf_reader.document import ImageResult, Page, PageImage, PageOutcome, ReadOptions
from pdf_reader.faults import Cause, Death
from pdf_reader.range_progress import Part, RangeProgress
from pdf_reader.wire import ReadTask, Step

TASK = ReadTask(Path("a.pdf"), None, 1, 2, ReadOptions(), Path("working_folder"))
#: What happens to children, in order: one sends something or dies.
Event = Part | Death
CRASH, SLOW = Cause.CRASH, Cause.WALL_LIMIT


def text(number: int, *losses: str) -> Page:
    return Page(number, PageOutcome.TEXT, losses=losses)


def promised(number: int, *losses: str) -> Page:
    return Page(number, PageOutcome.TEXT, losses=losses, image=PageImage(Path(f"{number}.jpg"), 10, 10, 150))


def passed_on(events: list[Event]) -> list[Part]:
    """What a driver delivers."""
    progress = RangeProgress(TASK)
    found = []
    for event in events:
        assert not progress.is_done
        found.append(progress.lose_child(event)[0] if isinstance(event, Death) else progress.take(event, {}))
    assert progress.is_done
    return [part for part in found if part is not None]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(
            [promised(1), ImageResult(1), promised(2), ImageResult(2)],
            [promised(1), ImageResult(1), promised(2), ImageResult(2)],
            id="nothing happens",
        ),
        pytest.param([text(1), text(2)], [text(1), text(2)], id="pages without images"),
        pytest.param(
            [promised(1), Death(Step.IMAGE, CRASH), promised(1), ImageResult(1), text(2)],
            [promised(1), ImageResult(1), text(2)],
            id="an accident between text and image: the text isn't doubled",
        ),
        pytest.param(
            [promised(1), Death(Step.IMAGE, CRASH), promised(1), Death(Step.IMAGE, CRASH), text(2)],
            [promised(1), ImageResult(1, "image: crashed"), text(2)],
            id="two crashes: the image is lost, and said to be",
        ),
        pytest.param(
            [promised(1), Death(Step.IMAGE, SLOW), text(2)],
            [promised(1), ImageResult(1, "image: timed out"), text(2)],
            id="an image that takes too long",
        ),
        pytest.param(
            [promised(1), Death(Step.IMAGE, CRASH), Death(Step.TEXT, CRASH), text(2)],
            [promised(1), ImageResult(1, "image: crashed"), text(2)],
            id="read again, the page crashes before its text: that was passed on",
        ),
        pytest.param(
            [promised(1), Death(Step.IMAGE, CRASH), text(1, "image: failed (RuntimeError)"), text(2)],
            [promised(1), ImageResult(1, "image: failed (RuntimeError)"), text(2)],
            id="read again, the page can't be rendered",
        ),
        pytest.param(
            [promised(1), Death(Step.IMAGE, CRASH), text(1), text(2)],
            [promised(1), ImageResult(1, "image: failed"), text(2)],
            id="read again, the page promises nothing and doesn't say why",
        ),
        pytest.param(
            [Death(Step.TEXT, CRASH), promised(1), Death(Step.IMAGE, CRASH), text(2)],
            [promised(1), ImageResult(1, "image: crashed"), text(2)],
            id="no third try",
        ),
        pytest.param(
            [Death(Step.IMAGE, SLOW), text(1), text(2)],
            [text(1, "image: timed out"), text(2)],
            id="a page that can't be rendered in time has its text",
        ),
        pytest.param(
            [Death(Step.TEXT, CRASH), Death(Step.TEXT, CRASH), text(2)],
            [Page(1, PageOutcome.CRASHED, losses=("text: crashed",)), text(2)],
            id="a page that is given up",
        ),
        pytest.param(
            [promised(1), ImageResult(1), Death(Step.IMAGE, CRASH), promised(2), ImageResult(2)],
            [promised(1), ImageResult(1), promised(2), ImageResult(2)],
            id="a death between two pages costs neither",
        ),
    ],
)
def test_each_part_is_passed_on_once(events: list[Event], expected: list[Part]) -> None:
    assert passed_on(events) == expected


def test_an_image_that_no_page_of_the_document_gets_any_more_is_lost_for_that_reason() -> None:
    """Other children have died of images meanwhile."""
    progress = RangeProgress(TASK)
    progress.take(promised(1), {})
    progress.lose_child(Death(Step.IMAGE, CRASH))

    result = progress.take(text(1), {Step.IMAGE: "left out, as it failed on other pages"})

    assert result == ImageResult(1, "image: left out, as it failed on other pages")


@pytest.mark.parametrize(
    ("events", "left_out"),
    [
        pytest.param([promised(1), Death(Step.IMAGE, CRASH)], None, id="what may be an accident doesn't count"),
        pytest.param([promised(1), Death(Step.IMAGE, SLOW)], Step.IMAGE, id="a lost image does"),
        pytest.param([Death(Step.LINKS, SLOW)], Step.LINKS, id="so do lost links"),
        pytest.param([Death(Step.TEXT, SLOW)], None, id="a lost page is no step"),
    ],
)
def test_a_step_that_is_left_out_counts_against_it(events: list[Event], left_out: Step | None) -> None:
    progress = RangeProgress(TASK)
    for event in events[:-1]:
        progress.take(event, {})  # type: ignore[arg-type]

    assert progress.lose_child(events[-1])[1] is left_out  # type: ignore[arg-type]


def test_the_rest_begins_with_the_page_whose_image_is_missing() -> None:
    progress = RangeProgress(TASK)
    for part in (promised(1), ImageResult(1), promised(2)):
        progress.take(part, {})
    progress.lose_child(Death(Step.IMAGE, CRASH))

    rest = progress.rest({Step.LINKS: "left out"})

    assert (rest.first, rest.last, rest.without, rest.first_without) == (2, 2, {Step.LINKS}, set())
