"""What paused workers wait for, as people are shown it."""

from ledger.paused_workers import Missing, PausedWorker, pause_reasons

REFUSED = Missing("llm", "llm_failed", "the key is refused", since=1_000.0, needs_person=True)
AWAY = Missing("qdrant", "store_failed", "cannot be reached", since=900.0, needs_person=False)


def test_one_entry_a_reason_with_its_workers_since_the_first_noticed() -> None:
    later = Missing("llm", "llm_failed", "the key is refused", since=1_050.0, needs_person=True)
    paused = [PausedWorker("w1", (AWAY, later), 3.0), PausedWorker("w2", (REFUSED,), 8.0)]
    assert [reason.as_json() for reason in pause_reasons(paused, now=1_200.0)] == [
        {
            "dependency": "llm", "code": "llm_failed", "reason": "the key is refused", "since": 1_000.0,
            "needs_person": True, "workers": ["w1", "w2"], "seconds": 200.0,
        },
        {
            "dependency": "qdrant", "code": "store_failed", "reason": "cannot be reached", "since": 900.0,
            "needs_person": False, "workers": ["w1"], "seconds": 300.0,
        },
    ]  # fmt: skip


def test_nobody_is_paused() -> None:
    assert pause_reasons([], now=0.0) == []
