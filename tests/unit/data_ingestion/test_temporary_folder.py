"""The scratch folder: gone afterwards, and a full disk is told from a broken document."""

import shutil
from pathlib import Path

import pytest

from data_ingestion.temporary_folder import scratch_folder
from foundation.errors import FailureCode, PermanentError, TransientError


def test_it_is_gone_when_the_block_is_left() -> None:
    with scratch_folder() as folder:
        (folder / "1.jpg").write_bytes(b"x")
    assert not folder.exists()


def test_a_full_disk_is_not_the_documents_fault() -> None:
    with pytest.raises(TransientError, match="no room on the disk") as caught, scratch_folder():
        Path("/dev/full").write_bytes(b"x")
    assert caught.value.dependency == "disk"


@pytest.mark.parametrize(("free", "expected"), [(4_096, TransientError), (1 << 30, ValueError)])
def test_what_a_child_tells_of_is_the_disks_fault_when_that_is_full(
    free: int, expected: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(free, 0, free))  # type: ignore[attr-defined]
    with pytest.raises(expected), scratch_folder():
        raise ValueError("a traceback of a child")


@pytest.mark.parametrize("error", [FileNotFoundError("x"), PermanentError(FailureCode.CORRUPT, "broken")])
def test_any_other_failure_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, scratch_folder():
        raise error
    assert caught.value is error
