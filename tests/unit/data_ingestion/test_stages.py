"""How long stages take, when they begin, and what they cost."""

import pytest

from data_ingestion.results import stage_costs
from data_ingestion.stages import Stages


def test_a_stage_begins_once_and_its_seconds_add_up() -> None:
    stages = Stages()
    with stages.timed("read"), stages.timed("index"):
        pass
    first = dict(stages.starts)
    with stages.timed("read"):
        pass
    assert stages.starts == first
    assert list(stages.starts) == ["read", "index"]
    assert 0 <= first["read"] <= first["index"]
    assert set(stages.seconds) == {"read", "index"}


def test_a_stage_that_fails_has_begun_and_took_nothing_that_counts() -> None:
    stages = Stages()
    with pytest.raises(ValueError, match="broken"), stages.timed("open"):
        raise ValueError("broken")
    assert (list(stages.starts), stages.seconds) == (["open"], {})


@pytest.mark.parametrize(
    ("whole", "described", "expected"),
    [
        (0.0, 0.0, {}),
        (0.5, 0.5, {"enrich": 0.5}),
        (0.3, 0.1, {"enrich": 0.1, "index": 0.2}),
        (0.2, 0.0, {"index": 0.2}),
        (0.1 + 0.2, 0.3, {"enrich": 0.3}),
    ],
)
def test_what_is_not_paid_for_describing_is_paid_for_embedding(
    whole: float, described: float, expected: dict[str, float]
) -> None:
    assert stage_costs(whole, described) == expected
