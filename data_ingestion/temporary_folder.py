"""A folder on disk for one document: its source and the page images that are not uploaded yet.

A worker that is killed leaves its folders behind. A lock on a file in it shows whether a folder's owner lives: the
kernel gives it up with the process. A process id would be another process's one day, also after the machine has
restarted.
"""

import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from foundation.errors import BusyError, CancelledWorkError, FailureCode, IngestionError, TransientError

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
#: A child that could not write a page's image tells a traceback only; then so little room tells the cause.
_FULL_BYTES = 1 << 20

_PREFIX = "ingest-"
_LOCK = ".lock"
#: A folder without a lock is that of a version that made none. SQS lets nobody work on a message for longer.
UNLOCKED_SECONDS = 12 * 3_600.0

log = structlog.get_logger(__name__)


@contextmanager
def document_folder() -> Iterator[Path]:
    """Exists for the block. A full disk is the machine's fault, not the document's: TransientError with `disk`."""
    try:
        with _owned_folder() as folder:
            try:
                yield folder
            except (IngestionError, CancelledWorkError, BusyError, OSError):
                raise
            except Exception as error:
                if shutil.disk_usage(folder).free >= _FULL_BYTES:
                    raise
                raise OSError(errno.ENOSPC, str(error)) from error
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise TransientError(FailureCode.INTERNAL, "no room on the disk for a document", dependency="disk") from error


def remove_abandoned_folders() -> int:
    """Remove this user's folders whose process has ended; returns how many. Never raises for what the disk does."""
    removed = 0
    try:
        entries = [entry for entry in os.scandir(tempfile.gettempdir()) if entry.name.startswith(_PREFIX)]
    except OSError:
        return 0
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == os.getuid():
                removed += _remove_if_abandoned(Path(entry.path))
        except OSError:
            continue  # removed meanwhile, by its owner or by another worker
    if removed:
        log.info("abandoned folders removed", folders=removed)
    return removed


@contextmanager
def _owned_folder() -> Iterator[Path]:
    """Locked while the block works. Another worker may take a new folder for an abandoned one before it is locked;
    then the next one is taken."""
    while True:
        with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                if _take(lock) and os.fstat(lock).st_nlink:
                    yield folder
                    return
            finally:
                os.close(lock)


def _remove_if_abandoned(folder: Path) -> bool:
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        if time.time() - folder.stat().st_mtime < UNLOCKED_SECONDS:
            return False
        shutil.rmtree(folder, ignore_errors=True)
        return True
    try:
        if not _take(lock):
            return False
        shutil.rmtree(folder, ignore_errors=True)
        return True
    finally:
        os.close(lock)


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
