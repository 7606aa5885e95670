"""An operator's pause as a record: kept until somebody ends it, the first one's words."""

from composition.parts import Parts
from foundation.timestamps import utc_iso
from ledger.operator_pause import OperatorPause, OperatorPauses


def test_of_two_who_pause_the_first_ones_words_stay(parts: Parts) -> None:
    pauses = OperatorPauses(parts.table, clock=lambda: 1_000.0)
    first = pauses.pause("Ann", "moving Qdrant")
    assert first == OperatorPause("Ann", utc_iso(1_000.0), "moving Qdrant")
    assert OperatorPauses(parts.table).pause("Ben", "lunch") == first
    assert pauses.current() == first


def test_it_ends_once(parts: Parts) -> None:
    pauses = OperatorPauses(parts.table)
    assert pauses.resume() is None
    paused = pauses.pause("Ann")
    assert pauses.resume() == paused
    assert pauses.current() is None
    assert pauses.pause("Ben").by == "Ben"


def test_it_is_no_paused_worker(parts: Parts) -> None:
    """Both are in one partition."""
    parts.operator_pauses.pause("Ann")
    assert parts.paused_workers.all() == []
