"""What Qdrant's refusals mean for a document."""

from typing import Any
from unittest.mock import MagicMock

import pytest
from httpx import Headers
from qdrant_client.http.exceptions import UnexpectedResponse

from foundation.errors import DeploymentError, PermanentError, RefusedKeyError, TransientError
from vector_stores.client import QdrantConnection


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (400, "Wrong input: Vector dimension error: expected dim: 384, got 256", DeploymentError),
        (400, "Wrong input: Not existing vector name error: dense", DeploymentError),
        (400, "Format error in JSON body", PermanentError),
        (403, "Forbidden", RefusedKeyError),
        (500, "No space left on device", DeploymentError),
        (500, "Service internal error", TransientError),
    ],
)
def test_a_refusal_that_does_not_depend_on_the_document_is_the_deployments_fault(
    status: int, words: str, kind: type[Exception]
) -> None:
    def refuse(client: Any) -> None:
        raise UnexpectedResponse(status, "Bad Request", words.encode(), Headers())

    with pytest.raises((TransientError, PermanentError)) as raised:
        QdrantConnection(MagicMock(), attempts=1).run(refuse)

    assert type(raised.value) is kind
