"""What the machine says of freezers and counters is understood, and CPU that nobody sees stays unknown."""

from pathlib import Path

import pytest

from benchmarks.counters import count_in
from benchmarks.cpu_apart import CpuApart
from benchmarks.engines import Pair
from benchmarks.slow_machine import Freezer, freezer

VERSION_1 = """tmpfs /sys/fs/cgroup tmpfs rw,relatime 0 0
cgroup /sys/fs/cgroup/freezer cgroup rw,relatime,freezer 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
"""
VERSION_2 = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate 0 0\n"


@pytest.mark.parametrize(
    ("mounts", "found"),
    [
        (VERSION_1, Freezer(Path("/sys/fs/cgroup/freezer"), "freezer.state", "FROZEN", "THAWED")),
        (VERSION_2, Freezer(Path("/sys/fs/cgroup"), "cgroup.freeze", "1", "0")),
        ("proc /proc proc rw 0 0\n", None),
    ],
)
def test_the_freezer_of_either_version_is_found(mounts: str, found: Freezer | None) -> None:
    assert freezer(mounts) == found


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("12345678,,instructions:u,1000,100.00,2.5,insn per cycle\n", 12_345_678.0),
        ("<not supported>,,instructions:u,0,100.00,,\n", None),
        ("<not counted>,,instructions:u,0,0.00,,\n", None),
        ("", None),
    ],
)
def test_a_count_is_read_or_unknown(said: str, count: float | None) -> None:
    assert count_in(said) == count


def test_cpu_in_between_is_told_by_process() -> None:
    before = CpuApart({"worker": 1.0, "aws_engine": 2.0, "qdrant_engine": None})
    after = CpuApart({"worker": 3.5, "aws_engine": 2.25, "qdrant_engine": None})
    assert after.since(before) == {"worker": 2.5, "aws_engine": 0.25, "qdrant_engine": None}


def test_engines_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REAL_ENGINES_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("QDRANT_URL", raising=False)
    assert Pair().why_not() == ""
    missing = Pair("fakecloud", "Qdrant server").why_not()
    assert "fakecloud" in missing
    assert "Qdrant server" in missing


def test_a_qdrant_that_is_named_need_not_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REAL_ENGINES_DIR", str(tmp_path))
    monkeypatch.setenv("QDRANT_URL", "http://127.0.0.1:6333")
    assert Pair(qdrant="Qdrant server").why_not() == ""
