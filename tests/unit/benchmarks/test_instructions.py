"""The check of instructions a page: when it complains, and that it says why when it can't count."""

import json
from pathlib import Path

import pytest

from benchmarks import instructions
from benchmarks.instructions import Count, complaint


@pytest.mark.parametrize(
    ("times", "kept", "words"),
    [
        (1.50, 1.50, None),
        (1.10, 1.50, None),
        (1.65, 1.50, None),
        (1.66, 1.50, "11% more instructions than the kept 1.5"),
        (1.50, None, "nothing is kept of a.pdf"),
    ],
)
def test_more_than_a_tenth_above_the_kept_ratio_is_complained_of(
    times: float, kept: float | None, words: str | None
) -> None:
    """Fewer instructions are as welcome as the same."""
    said = complaint("a.pdf", times, kept)
    assert (said is None) if words is None else (said is not None and words in said)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A count that needs no Valgrind, and a folder to keep it in."""
    monkeypatch.setattr("benchmarks.machine.RESULTS", tmp_path)
    monkeypatch.setattr(instructions, "KEPT", tmp_path / "instructions.json")
    monkeypatch.setattr(instructions, "why_not", lambda: "")
    monkeypatch.setattr(instructions, "count", lambda document: Count(raw_calls=100.0, reading=150.0))
    return tmp_path / "instructions.json"


def test_what_was_renewed_is_what_the_check_compares_with(counted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And growth ends the program with a status that make and CI see."""
    with pytest.raises(SystemExit) as nothing_kept:
        instructions.main(["--check"])
    assert nothing_kept.value.code
    instructions.main(["--renew"])
    kept = json.loads(counted.read_text())["documents"]
    assert kept["harbour-handbook.pdf"]["times_raw_calls"] == 1.5
    with pytest.raises(SystemExit) as same:
        instructions.main(["--check"])
    assert not same.value.code
    monkeypatch.setattr(instructions, "count", lambda document: Count(raw_calls=100.0, reading=170.0))
    with pytest.raises(SystemExit) as grown:
        instructions.main(["--check"])
    assert "13% more instructions" in str(grown.value.code)


def test_without_valgrind_nothing_is_checked_and_the_reason_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A machine that can't count is no failure of the code."""
    monkeypatch.setenv("PATH", str(tmp_path))
    instructions.main(["--check"])
    assert "valgrind is not installed" in capsys.readouterr().out


def test_the_kept_ratio_is_of_the_documents_that_are_counted() -> None:
    """Otherwise the check would ask for a renewal on every machine."""
    kept = json.loads(instructions.KEPT.read_text(encoding="utf-8"))["documents"]
    assert set(kept) == set(instructions.PAGES)


def test_a_profile_without_a_total_is_an_error(tmp_path: Path) -> None:
    """As when the process ended before its last part."""
    profile = tmp_path / "out.4"
    profile.write_text("events: Ir\n0 12\ntotals: 1234567\n")
    assert instructions._total(profile) == 1_234_567
    profile.write_text("events: Ir\n")
    with pytest.raises(ValueError, match=r"out\.4"):
        instructions._total(profile)
