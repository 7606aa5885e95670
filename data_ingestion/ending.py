"""What becomes of a document whose work an error stopped."""

from dataclasses import dataclass

from foundation.errors import CancelledByPersonError, CancelledWorkError, FailureCode, IngestionError, PermanentError
from ledger import DocumentResult, DocumentState

#: Of what stopped an attempt; the log has the whole.
MAX_MESSAGE_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class Ending:
    """What the ledger says of an attempt that came to nothing."""

    state: DocumentState
    code: FailureCode | None
    message: str

    @property
    def result(self) -> DocumentResult:
        """What is written of it."""
        result = DocumentResult(message=self.message[:MAX_MESSAGE_CHARACTERS])
        return result.model_copy(update={"code": self.code}) if self.code else result


def ending_of(error: Exception) -> Ending:
    """Pure: what becomes of a document whose work this error stopped.

    A lost lease puts it back into the queue as well: a claim that is still ours must not run out as if this worker had
    died.
    """
    match error:
        case PermanentError():
            return Ending(DocumentState.FAILED, error.code, str(error))
        case CancelledByPersonError():
            return Ending(DocumentState.CANCELLED, None, str(error))
        case CancelledWorkError() | IngestionError():
            return Ending(DocumentState.QUEUED, error.code, str(error))
    return Ending(DocumentState.QUEUED, FailureCode.INTERNAL, f"{type(error).__name__}: {error}")
