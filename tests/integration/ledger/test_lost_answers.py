"""A conditional write whose answer was lost is sent again by botocore and refused: it is not a rival's."""

import pytest

from composition.parts import Parts
from foundation.conditional_put import replace_json
from foundation.errors import BusyError
from ledger.admission import ClaimRequest
from ledger.claims import Claims
from ledger.documents import document_key
from ledger.history import HISTORY_KEY
from ledger.history_entry import HistoryEntry
from ledger.records import DocumentRecord, DocumentState
from tests.support.lost_answers import lose_one_answer

REQUEST = ClaimRequest("id", "source-pdfs/a.pdf", "e1", ("pages",), "use", delivery_id="m1")


def test_a_claim_whose_answer_was_lost_is_ours(parts: Parts) -> None:
    statuses = lose_one_answer(parts.aws.dynamodb, "UpdateItem")
    claim = Claims(parts.table, "w1").take(REQUEST, None, 60)
    assert statuses[:2] == [200, 400]
    item = parts.table.get(document_key("id"))
    assert item
    assert item["claim_owner"] == claim.owner


def test_a_claim_of_another_stays_anothers(parts: Parts) -> None:
    Claims(parts.table, "w1").take(REQUEST, None, 60)
    lose_one_answer(parts.aws.dynamodb, "UpdateItem")
    with pytest.raises(BusyError):
        Claims(parts.table, "w1").take(REQUEST, None, 60)


def test_the_historys_lease_whose_answer_was_lost_is_ours(parts: Parts) -> None:
    ended = HistoryEntry.of(DocumentRecord(state=DocumentState.SUCCEEDED))
    item = parts.history.outbox_item("doc1", "source-pdfs/1.pdf", ended, 1)
    assert item
    parts.table.put(item)
    statuses = lose_one_answer(parts.aws.dynamodb, "UpdateItem")
    assert parts.history.flush() == 1
    assert statuses[:2] == [200, 400]


@pytest.mark.parametrize("is_there", [False, True])
def test_a_file_whose_answer_was_lost_is_written(parts: Parts, is_there: bool) -> None:
    s3, bucket = parts.aws.s3, parts.settings.aws_s3_bucket_name
    etag = s3.put_object(Bucket=bucket, Key=HISTORY_KEY, Body=b"{}")["ETag"] if is_there else None
    statuses = lose_one_answer(s3, "PutObject")
    assert replace_json(s3, bucket, HISTORY_KEY, b'{"a": 1}', etag)
    assert statuses[:2] == [200, 412]


def test_a_file_that_another_wrote_is_anothers(parts: Parts) -> None:
    s3, bucket = parts.aws.s3, parts.settings.aws_s3_bucket_name
    assert replace_json(s3, bucket, HISTORY_KEY, b"{}", None)
    assert not replace_json(s3, bucket, HISTORY_KEY, b"{}", None)
    assert not replace_json(s3, bucket, HISTORY_KEY, b"{}", '"older"')
