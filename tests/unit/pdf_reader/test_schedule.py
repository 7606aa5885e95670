"""Documents take turns, and none is read far ahead of the caller that takes its pages."""

from pathlib import Path

from pdf_reader.document import ImageResult, Page, PageImage, PageOutcome, ReadOptions
from pdf_reader.faults import MAX_DEATHS_PER_STEP
from pdf_reader.schedule import RANGE_PAGES, OpenJob, Reading, Schedule
from pdf_reader.wire import OpenTask, ReadTask, Step


def reading(pages: int, pages_ahead: int = 3 * RANGE_PAGES) -> Reading:
    return Reading(ReadTask(Path("a.pdf"), None, 1, pages, ReadOptions(), Path("working_folder")), pages_ahead)


def given_out(job: object) -> tuple[int, int] | None:
    if not isinstance(job, tuple):
        return None
    return job[1].first, job[1].last


def ranges_of(document: Reading) -> list[tuple[int, int]]:
    ranges = []
    while task := document.give_out():
        ranges.append((task.first, task.last))
    return ranges


def test_the_first_ranges_of_a_long_document_are_short_and_all_of_it_is_given_out() -> None:
    ranges = ranges_of(reading(40, pages_ahead=40))

    assert ranges == [(1, 2), (3, 4), (5, 6), (7, 9), (10, 13), (14, 19), (20, 27), (28, 35), (36, 40)]


def test_a_document_of_one_range_is_given_out_as_such() -> None:
    assert ranges_of(reading(RANGE_PAGES)) == [(1, RANGE_PAGES)]


def test_no_more_is_given_out_than_the_reader_may_be_behind() -> None:
    document = reading(1_000, pages_ahead=RANGE_PAGES)
    *_, (_, last) = ranges_of(document)
    assert RANGE_PAGES <= last < 2 * RANGE_PAGES

    taken = 0
    while document.give_out() is None:
        taken += 1
        document.put(Page(taken, PageOutcome.TEXT))
        assert document.take()

    assert taken + RANGE_PAGES > last


def test_pages_come_in_order_however_they_were_read() -> None:
    document = reading(3)
    for number in (3, 1):
        document.put(Page(number, PageOutcome.TEXT))

    first, second = document.take(), document.take()

    assert first == Page(1, PageOutcome.TEXT)
    assert second is None


def with_image(number: int) -> Page:
    return Page(number, PageOutcome.TEXT, image=PageImage(Path(f"{number}.jpg"), 10, 10, 150))


def test_texts_come_before_images_and_both_in_order() -> None:
    document = reading(3)
    for part in (with_image(2), ImageResult(2), Page(3, PageOutcome.TEXT), with_image(1), ImageResult(1)):
        document.put(part)

    taken = [document.take() for _ in range(6)]

    assert taken == [
        with_image(1), with_image(2), Page(3, PageOutcome.TEXT), ImageResult(1), ImageResult(2), None,
    ]  # fmt: skip


def test_an_image_waits_for_those_of_earlier_pages() -> None:
    document = reading(2)
    for part in (with_image(1), with_image(2), ImageResult(2)):
        document.put(part)

    assert [document.take(), document.take(), document.take()] == [with_image(1), with_image(2), None]


def test_a_document_is_complete_when_its_last_image_was_taken() -> None:
    document = reading(1)
    document.put(with_image(1))
    document.take()
    before = document.is_complete

    document.put(ImageResult(1, "image: crashed"))
    document.take()

    assert (before, document.is_complete) == (False, True)


def test_no_more_is_given_out_than_the_images_may_be_behind() -> None:
    """However quickly texts are taken, only so many images are ever waiting."""
    document = reading(1_000, pages_ahead=RANGE_PAGES)
    *_, (_, last) = ranges_of(document)
    for number in range(1, last + 1):
        document.put(with_image(number))
        document.take()
    before = document.give_out()

    for number in range(1, RANGE_PAGES + 1):
        document.put(ImageResult(number))
        document.take()

    assert before is None
    assert document.give_out() is not None


def test_a_document_that_ended_takes_and_gives_nothing() -> None:
    document = reading(3)
    document.ended = True

    document.put(Page(1, PageOutcome.TEXT))

    assert document.take() is None
    assert document.give_out() is None
    assert not document.has_more


def test_a_small_document_waits_for_one_range_of_a_long_one() -> None:
    schedule = Schedule()
    long, small = reading(1_000), reading(2)
    schedule.add(long)
    assert given_out(schedule.next())
    schedule.add(small)

    turns = [schedule.next(), schedule.next()]

    assert small in [turn[0] for turn in turns if isinstance(turn, tuple)]


def test_opening_goes_before_reading() -> None:
    schedule = Schedule()
    schedule.add(reading(10))
    job = OpenJob(OpenTask(Path("b.pdf"), None))
    schedule.add(job)

    assert schedule.next() is job


def test_a_step_that_killed_several_times_is_left_out_on_the_documents_other_pages() -> None:
    document = reading(100)
    for _ in range(MAX_DEATHS_PER_STEP):
        document.count_death(Step.LINKS)
        document.count_death(Step.TEXT)

    assert set(document.distrusted) == {Step.LINKS}


def test_nothing_waits_in_a_cleared_schedule() -> None:
    schedule = Schedule()
    document = reading(10)
    schedule.add(document)

    assert list(schedule.clear()) == [document]
    assert not schedule.has_work
