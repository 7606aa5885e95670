"""What can go wrong with a document, typed by what the caller has to do about it.

Every failure that leaves a stage is one of these. `code` is what the ledger, the logs and the dead-letter queue show,
and what `docs/runbook.md` explains; the message is one sentence for a person, without a secret and without the
document's text.
"""

from collections.abc import Sequence
from enum import StrEnum


class FailureCode(StrEnum):
    """Why a document did not succeed: a closed set, one runbook entry each."""

    NOT_A_PDF = "not_a_pdf"
    EMPTY_FILE = "empty_file"
    ENCRYPTED = "encrypted"
    CORRUPT = "corrupt"
    NO_PAGES = "no_pages"
    TOO_LARGE = "too_large"
    TOO_MANY_PAGES = "too_many_pages"
    SOURCE_MISSING = "source_missing"
    EXTRACTION_TIMEOUT = "extraction_timeout"
    WORKER_KILLED = "worker_killed"
    LLM_FAILED = "llm_failed"
    EMBEDDINGS_FAILED = "embeddings_failed"
    STORE_FAILED = "store_failed"
    LEASE_LOST = "lease_lost"
    INTERNAL = "internal"


class IngestionError(Exception):
    """The base: something stopped a document, and `code` says what."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class PermanentError(IngestionError):
    """The document itself is at fault: trying again cannot help. Quarantine it with the reason."""


class TransientError(IngestionError):
    """The world is at fault (a store is down, a request is throttled): try again later.

    `dependency` names what is down (`qdrant`, `llm`, `embeddings`, `aws`, `disk`, `collections`), so that polling can
    pause until it answers again; `retry_after_seconds` is what the dependency itself asked for, if it did.
    """

    def __init__(
        self,
        code: FailureCode,
        message: str,
        *,
        dependency: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(code, message)
        self.dependency = dependency
        self.retry_after_seconds = retry_after_seconds


class DeploymentError(TransientError):
    """The deployment is at fault (a refused key, a spent quota, a missing model, a read-only store, collections of
    another model): a person has to act. It is true of every document, so that none is given up for it.
    """


class RefusedKeyError(DeploymentError):
    """A service refuses the key that a setting holds, or the key may do less than is asked for."""


class SetupError(TransientError):
    """AWS answers, but a bucket, queue or table that a setting names isn't there or isn't allowed; the message says
    which. It may be true of one object only, so that it doesn't pause a worker by itself as a DeploymentError does."""


class BusyError(Exception):
    """Another worker holds this document: come back after `retry_after_seconds`. No attempt is counted."""

    def __init__(self, message: str, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class CancelledWorkError(Exception):
    """The work must stop now and publish nothing: the lease is lost, a person cancelled, or the worker is stopping.

    `code` is `lease_lost` only when somebody else may be working on the message already.
    """

    def __init__(self, message: str, *, code: FailureCode | None = None) -> None:
        super().__init__(message)
        self.code = code


class CancelledByPersonError(CancelledWorkError):
    """Somebody called this document or its run off: the work ends here, and nobody does it again."""


class SettingsError(Exception):
    """The environment is incomplete or wrong; the message names every fault at once, `faults` has them one by one."""

    def __init__(self, message: str, faults: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)
