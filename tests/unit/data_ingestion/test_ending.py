"""What an error means for the document that it stopped."""

import pytest

from data_ingestion.ending import Ending, ending_of
from foundation.errors import (
    CancelledByPersonError,
    CancelledWorkError,
    DeploymentError,
    FailureCode,
    PermanentError,
    TransientError,
)
from ledger import DocumentState


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (
            PermanentError(FailureCode.ENCRYPTED, "needs a password"),
            Ending(DocumentState.FAILED, FailureCode.ENCRYPTED, "needs a password"),
        ),
        (CancelledByPersonError("called off"), Ending(DocumentState.CANCELLED, None, "called off")),
        (
            CancelledWorkError("the lease is lost", code=FailureCode.LEASE_LOST),
            Ending(DocumentState.QUEUED, FailureCode.LEASE_LOST, "the lease is lost"),
        ),
        (CancelledWorkError("the worker stops"), Ending(DocumentState.QUEUED, None, "the worker stops")),
        (
            TransientError(FailureCode.STORE_FAILED, "Qdrant is down", dependency="qdrant"),
            Ending(DocumentState.QUEUED, FailureCode.STORE_FAILED, "Qdrant is down"),
        ),
        (
            DeploymentError(FailureCode.LLM_FAILED, "the key is refused"),
            Ending(DocumentState.QUEUED, FailureCode.LLM_FAILED, "the key is refused"),
        ),
        (ValueError("seven"), Ending(DocumentState.QUEUED, FailureCode.INTERNAL, "ValueError: seven")),
    ],
)
def test_only_what_trying_again_cannot_help_ends_a_document(error: Exception, ending: Ending) -> None:
    assert ending_of(error) == ending
