"""Times as text: UTC, and no later than the time itself."""

import pytest

from foundation.timestamps import utc_iso


@pytest.mark.parametrize(
    ("epoch_seconds", "milliseconds", "seconds"),
    [
        (0.0, "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00Z"),
        (1_700_000_000.9996, "2023-11-14T22:13:20.999Z", "2023-11-14T22:13:20Z"),
    ],
)
def test_a_time_is_cut_to_its_unit(epoch_seconds: float, milliseconds: str, seconds: str) -> None:
    assert utc_iso(epoch_seconds) == milliseconds
    assert utc_iso(epoch_seconds, "seconds") == seconds
