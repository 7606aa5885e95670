"""Cheap questions to what the worker depends on, asked before polling: does it answer at all?

`outage_probes.py` has what is asked during an outage.

AWS is asked by the clients that are there anyway (`Table.ask`, `Artifacts.ask`); the others by plain HTTP on purpose:
importing the real clients costs seconds of CPU, and an idle worker never needs them.
"""

import json
import shutil
import tempfile
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http.client import HTTPResponse

import structlog
from pydantic import SecretStr

from config import Settings
from foundation.errors import FailureCode, SettingsError, TransientError
from vector_stores.server_version import version_fault

TIMEOUT_SECONDS = 5.0
#: Less room than this on the disk is none.
MIN_FREE_BYTES = 32 << 20

log = structlog.get_logger("worker")


def ask_qdrant(settings: Settings) -> None:
    """Raises TransientError when Qdrant doesn't answer, SettingsError when it refuses the key.

    Warns of a server that is too old: it takes documents, and only searches fail.
    """
    root, headers = settings.qdrant_address.rstrip("/"), {"api-key": _reveal(settings.qdrant_api_key)}
    if _status(f"{root}/collections", headers, "qdrant") in (401, 403):
        raise SettingsError("Qdrant refuses QDRANT_API_KEY")
    if fault := version_fault(_qdrant_version(root, headers)):
        log.warning("qdrant too old", reason=fault)


def _qdrant_version(root: str, headers: dict[str, str]) -> str | None:
    """None when something in between hides it."""
    try:
        with _open(f"{root}/", headers) as response:
            return str(json.load(response)["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ask_disk() -> None:
    """Raises TransientError while the disk for temporary files is full."""
    free_bytes = shutil.disk_usage(tempfile.gettempdir()).free
    if free_bytes < MIN_FREE_BYTES:
        message = f"{free_bytes >> 20} MB are free for temporary files"
        raise TransientError(FailureCode.INTERNAL, message, dependency="disk")


def task_age_seconds(settings: Settings) -> float | None:
    """Since ECS began to pull the image: what a person waits for besides our own start. None outside of ECS."""
    if not settings.ecs_container_metadata_uri_v4:
        return None
    try:
        with _open(f"{settings.ecs_container_metadata_uri_v4}/task", {}) as response:
            began = datetime.fromisoformat(json.load(response)["PullStartedAt"][:19]).replace(tzinfo=UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (datetime.now(UTC) - began).total_seconds()


def _status(url: str, headers: dict[str, str], dependency: str) -> int:
    """Any answer but "too many" and "broken" is one: the question may be wrong for this server, but it is up."""
    try:
        with _open(url, headers) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        if error.code != 429 and error.code < 500:
            return error.code
        reason = f"HTTP {error.code}"
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "reason", error))
    raise TransientError(FailureCode.STORE_FAILED, f"{dependency} does not answer: {reason}", dependency=dependency)


def _open(url: str, headers: dict[str, str]) -> HTTPResponse:
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 (addresses come from settings)
    answer: HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310
    return answer


def _reveal(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
