"""What a run was asked to do: its item has what was said and no more, and any version's item can be read."""

from typing import Any

import pytest

from ledger.records import RunRecord
from ledger.run_description import RunDescription
from work_queue.run_summary import RunSummary


@pytest.mark.parametrize(
    ("description", "item"),
    [
        (RunDescription(), {}),
        (
            RunDescription(stores="default", cache_behavior="use", prefix="source-pdfs/"),
            {"stores": "default", "cache_behavior": "use", "prefix": "source-pdfs/"},
        ),
        (
            RunDescription(stores=("pages",), cache_behavior="rebuild", by="", keys=("a.pdf",), prefix_of_key=""),
            {"stores": ("pages",), "cache_behavior": "rebuild", "by": "", "keys": ("a.pdf",), "prefix_of_key": ""},
        ),
        (
            RunDescription(upgrade_to=2, documents=7, cache_behavior="upgrade"),
            {"upgrade_to": 2, "documents": 7, "cache_behavior": "upgrade"},
        ),
    ],
)
def test_an_item_has_what_was_said_and_is_read_as_it_was_written(
    description: RunDescription, item: dict[str, Any]
) -> None:
    assert description.to_item() == item
    assert RunRecord.from_item({"request": item}).request == description


def test_what_another_version_said_of_a_run_is_left_out() -> None:
    run = RunRecord.from_item({"request": {"stores": ["maps", "pages"], "cache_behavior": "some", "colour": "red"}})

    assert run.request == RunDescription(stores=("maps", "pages"), cache_behavior="some")


def test_people_see_only_what_was_said() -> None:
    run = RunRecord(run_id="r", request=RunDescription(stores="default", prefix="source-pdfs/"))

    assert RunSummary.of(run, 0.0).as_json()["request"] == {"stores": "default", "prefix": "source-pdfs/"}
