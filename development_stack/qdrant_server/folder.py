"""The folder that a server keeps its points in: who may open it, and what others have left in it.

FOLDER/edge/            this server's
FOLDER/server.lock      held by the process that serves it
FOLDER/meta.json, FOLDER/collection/        version 0.1.0 of this project wrote them, with qdrant-client's local mode
"""

import fcntl
import os
from pathlib import Path
from typing import IO

OWN_FOLDER = "edge"
_LOCK = "server.lock"
#: What a Qdrant server keeps at the root of its storage.
_SERVER_FILES = ("raft_state.json", "raft_state")


class FolderError(Exception):
    """A folder that cannot be served. The message says why and what to do."""


def lock(folder: Path) -> IO[str]:
    """Make the folder and take it for this process, until the file that is returned is closed or the process ends.

    Raises FolderError when another process serves it, when it is a Qdrant server's, or when it can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any((folder / name).exists() for name in _SERVER_FILES):
            raise FolderError(
                f"{folder} is the storage of a Qdrant server: start that server on it, or give another folder"
            )
        file = (folder / _LOCK).open("a+")
    except OSError as error:
        raise FolderError(f"{folder} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        by = f" (process {holder})" if holder else ""
        raise FolderError(
            f"{folder} is served by another process already{by}: use that one's address, or stop it"
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def notice_of_old_data(folder: Path) -> str | None:
    """A sentence for people whose points version 0.1.0 wrote into this folder; None if it didn't.

    Those files are neither read nor changed.
    """
    collections = folder / "collection"
    if not (folder / "meta.json").is_file() or not any(collections.glob("*/storage.sqlite")):
        return None
    return (
        f"{folder} holds points that version 0.1.0 wrote (meta.json, collection/): this server cannot read them and"
        " leaves them as they are. Ingest the documents again with `enqueue-all --cache-behavior rebuild`; then delete"
        " these two."
    )
