"""A document that a worker has died of, or beside, is worked on alone before it is judged."""

import time
from pathlib import Path

import pytest

from composition.parts import Parts
from data_ingestion.lease import NoLease
from foundation.errors import FailureCode, PermanentError
from foundation.store_names import STORE_NAMES
from ledger import ClaimRequest, Claims, DocumentState
from ledger.documents import document_key
from ledger.table import Update

KEY = "source-pdfs/a.pdf"


class Lease(NoLease):
    """Notes who asked to be alone, and what the ledger said then."""

    def __init__(self) -> None:
        self.isolated = 0

    def isolate(self) -> None:
        self.isolated += 1


@pytest.fixture
def document_id(parts: Parts, samples: Path) -> str:
    parts.artifacts.upload_source(samples / "notice-to-mariners.pdf", KEY)
    return parts.artifacts.document_id(KEY)


def die(parts: Parts, document_id: str, *, is_alone: bool) -> None:
    """A worker takes the document and is never heard of again."""
    source = parts.artifacts.find_source(KEY)
    assert source
    request = ClaimRequest(document_id, KEY, source.etag, STORE_NAMES, "use", delivery_id="m1", is_alone=is_alone)
    killed = Claims(parts.table, "killed", clock=lambda: time.time() - 3_600)
    item = parts.documents.get(document_id)
    if item and item.claim:
        parts.table.update(Update(document_key(document_id), {"claim_expires_at": time.time() - 7_200}, {}))
        item = parts.documents.get(document_id)
    killed.take(request, item, 60)


def test_a_document_that_nobody_died_of_shares_its_worker(parts: Parts, document_id: str) -> None:
    lease = Lease()
    result = parts.processor.process_single_source(KEY, delivery_id="m1", lease=lease)
    assert (result.state, lease.isolated) == (DocumentState.SUCCEEDED, 0)


def test_a_bystander_of_many_deaths_is_done_alone_and_not_blamed(parts: Parts, document_id: str) -> None:
    for _ in range(3):
        die(parts, document_id, is_alone=False)
    lease = Lease()
    result = parts.processor.process_single_source(KEY, delivery_id="m1", lease=lease)
    assert (result.state, lease.isolated) == (DocumentState.SUCCEEDED, 1)
    again = Lease()
    parts.processor.process_single_source(KEY, cache_behavior="rebuild", delivery_id="m2", lease=again)
    assert again.isolated == 0, "what was done since is no suspect"


def test_one_that_its_worker_dies_of_while_it_is_alone_is_blamed(parts: Parts, document_id: str) -> None:
    die(parts, document_id, is_alone=False)
    die(parts, document_id, is_alone=True)
    with pytest.raises(PermanentError) as caught:
        parts.processor.process_single_source(KEY, delivery_id="m1", lease=Lease())
    assert caught.value.code is FailureCode.WORKER_KILLED
    item = parts.documents.get(document_id)
    assert item
    assert (item.state, item.deaths, item.deaths_alone) == (DocumentState.FAILED, 0, 0)
