"""A folder on disk for one document: its source and the page images that are not uploaded yet."""

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.errors import BusyError, CancelledWorkError, FailureCode, IngestionError, TransientError

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
#: A child that could not write a page's image tells a traceback only; then so little room tells the cause.
_FULL_BYTES = 1 << 20


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Exists for the block. A full disk is the machine's fault, not the document's: TransientError with `disk`."""
    try:
        with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
            try:
                yield Path(folder)
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
