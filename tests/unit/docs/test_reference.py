"""What docs/ say of settings, commands, metrics and alarms is what the code says."""

import re

import pytest

from config import Settings
from foundation.app_config import AppConfig
from scripts.write_reference import DOCS, PAGES, alarming_resources
from work_queue.metrics import METRICS


@pytest.mark.parametrize("name", PAGES)
def test_a_page_written_from_the_code_is_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run `make docs`"


def rows(page: str) -> dict[str, str]:
    """The last cell of each row of a page's tables, by the name in its first cell."""
    return dict(re.findall(r"^\| `([^`]+)` \|.*\| (.*?) \|$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE))


def test_every_setting_and_key_of_app_config_says_what_it_does() -> None:
    described = rows("settings.md")
    names = [*(name.upper() for name in Settings.model_fields), *AppConfig.model_fields]
    assert [name for name in names if not described.get(name)] == []


def test_every_metric_and_alarm_is_described() -> None:
    described = rows("metrics.md")
    alarms = [name for name, part in alarming_resources() if part["Type"] == "AWS::CloudWatch::Alarm"]
    assert alarms
    assert [name for name in [*METRICS, *alarms] if not described.get(name)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_option_of_a_command_and_every_cell_says_something(page: str) -> None:
    assert [name for name, said in rows(page).items() if not said.strip()] == []
