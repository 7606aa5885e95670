"""The folder of a document: gone afterwards, and a full disk is not taken for a broken document."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from data_ingestion.temporary_folder import UNLOCKED_SECONDS, document_folder, remove_abandoned_folders
from foundation.errors import FailureCode, PermanentError, TransientError


def test_it_is_gone_when_the_block_is_left() -> None:
    with document_folder() as folder:
        (folder / "1.jpg").write_bytes(b"x")
    assert not folder.exists()


def test_a_full_disk_is_not_the_documents_fault() -> None:
    with pytest.raises(TransientError, match="no room on the disk") as caught, document_folder():
        Path("/dev/full").write_bytes(b"x")
    assert caught.value.dependency == "disk"


@pytest.mark.parametrize(("free", "expected"), [(4_096, TransientError), (1 << 30, ValueError)])
def test_what_a_child_tells_of_is_the_disks_fault_when_that_is_full(
    free: int, expected: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(free, 0, free))  # type: ignore[attr-defined]
    with pytest.raises(expected), document_folder():
        raise ValueError("a traceback of a child")


@pytest.mark.parametrize("error", [FileNotFoundError("x"), PermanentError(FailureCode.CORRUPT, "broken")])
def test_any_other_failure_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, document_folder():
        raise error
    assert caught.value is error


HOLD_A_FOLDER = """
import sys
from data_ingestion.temporary_folder import document_folder
with document_folder() as folder:
    (folder / "1.jpg").write_bytes(b"x")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_killed_workers_folder_is_removed_by_the_next_and_a_living_ones_is_not(folder_of_all: Path) -> None:
    """The kernel's lock says whose it is: it does not matter which process has the dead one's id by now."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_A_FOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(folder_of_all)},
    ) as other:  # fmt: skip
        assert other.stdout
        folder = Path(other.stdout.readline().strip())
        with document_folder() as own:
            assert remove_abandoned_folders() == 0
            assert (folder / "1.jpg").exists()
            other.kill()
            other.wait()
            assert remove_abandoned_folders() == 1
            assert own.exists()
    assert list(folder_of_all.iterdir()) == []


def test_a_folder_without_a_lock_goes_when_nobody_can_be_working_in_it_any_more(folder_of_all: Path) -> None:
    """The versions before made none."""
    folder = folder_of_all / "ingest-old"
    folder.mkdir()
    assert remove_abandoned_folders() == 0
    long_ago = folder.stat().st_mtime - UNLOCKED_SECONDS - 1
    os.utime(folder, (long_ago, long_ago))
    assert remove_abandoned_folders() == 1


def test_links_and_other_folders_are_left_alone(folder_of_all: Path) -> None:
    """The folder for temporary files may be everybody's."""
    target = folder_of_all / "precious"
    target.mkdir()
    (target / ".lock").touch()
    (folder_of_all / "ingest-link").symlink_to(target)
    (folder_of_all / "ingest-file").touch()
    assert remove_abandoned_folders() == 0
    assert target.exists()


def test_a_folder_that_another_worker_takes_for_abandoned_is_not_used(
    folder_of_all: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its creation and its lock."""
    lock, swept = fcntl.flock, []

    def be_late(descriptor: int, operation: int) -> None:
        if not swept:
            swept.extend(folder_of_all.iterdir())
            shutil.rmtree(swept[0])
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", be_late)
    with document_folder() as folder:
        assert folder.exists()
        assert [folder] != swept
