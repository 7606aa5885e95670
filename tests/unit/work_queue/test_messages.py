"""What a body asks for. Forms as AWS documents them, and everything that isn't one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from work_queue.messages import Job, ParsedMessage, parse
from work_queue.producer import BulkRequest

BUCKET = "documents"
PREFIX = "source-pdfs/"


def read(body: Any) -> ParsedMessage:
    return parse(body if isinstance(body, str) else json.dumps(body), bucket=BUCKET, prefix=PREFIX)


def record(key: str = "source-pdfs/a.pdf", name: str = "ObjectCreated:Put", bucket: str = BUCKET) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"""
    return {
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
        "eventTime": "1970-01-01T00:00:00.000Z", "eventName": name,
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "c", "bucket": {"name": bucket, "arn": "a"},
            "object": {"key": key, "size": 1_024, "eTag": "e1", "versionId": "v1", "sequencer": "0055"},
        },
    }  # fmt: skip


def s3_event(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


def sns(message: Any) -> dict[str, Any]:
    return {"Type": "Notification", "MessageId": "m", "TopicArn": "t", "Message": json.dumps(message)}


def event_bridge(detail_type: str = "Object Created", key: str = "source-pdfs/a.pdf") -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"""
    return {
        "version": "0", "id": "i", "detail-type": detail_type, "source": "aws.s3", "time": "2021-11-12T00:00:00Z",
        "detail": {
            "version": "0", "bucket": {"name": BUCKET},
            "object": {"key": key, "size": 5, "etag": "e1", "version-id": "v1", "sequencer": "0055"},
        },
    }  # fmt: skip


def test_an_s3_event_tells_key_time_and_version() -> None:
    job = Job("process", "source-pdfs/a.pdf")
    assert read(s3_event(record())) == ParsedMessage(jobs=(job,))


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("source-pdfs/two+words.pdf", "source-pdfs/two words.pdf"),
        ("source-pdfs/a%2Bb.pdf", "source-pdfs/a+b.pdf"),
        ("source-pdfs/100%25.pdf", "source-pdfs/100%.pdf"),
        ("source-pdfs/%E7%8C%AB.pdf", "source-pdfs/猫.pdf"),
        ("source-pdfs/caf%C3%A9/Men%C3%BC.PDF", "source-pdfs/café/Menü.PDF"),
        ("source-pdfs/%22quotes%22%26%3Ctags%3E.pdf", 'source-pdfs/"quotes"&<tags>.pdf'),
    ],
)
def test_keys_in_s3_events_are_form_encoded(encoded: str, key: str) -> None:
    assert [job.s3_key for job in read(s3_event(record(encoded))).jobs] == [key]


@pytest.mark.parametrize("key", ["source-pdfs/two words.pdf", "source-pdfs/a+b.pdf", "source-pdfs/100%25.pdf"])
def test_keys_in_event_bridge_events_and_bulk_messages_are_not_encoded(key: str) -> None:
    assert [job.s3_key for job in read(event_bridge(key=key)).jobs] == [key]
    assert [job.s3_key for job in read({"s3_key": key}).jobs] == [key]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ObjectCreated:Put", "process"),
        ("ObjectCreated:Post", "process"),
        ("ObjectCreated:Copy", "process"),
        ("ObjectCreated:CompleteMultipartUpload", "process"),
        ("s3:ObjectCreated:Put", "process"),
        ("ObjectRemoved:Delete", "remove"),
        ("ObjectRemoved:DeleteMarkerCreated", "remove"),
        ("LifecycleExpiration:Delete", "remove"),
        ("LifecycleExpiration:DeleteMarkerCreated", "remove"),
    ],
)
def test_event_names(name: str, kind: str) -> None:
    assert [job.kind for job in read(s3_event(record(name=name))).jobs] == [kind]


@pytest.mark.parametrize(("detail_type", "kind"), [("Object Created", "process"), ("Object Deleted", "remove")])
def test_event_bridge_names(detail_type: str, kind: str) -> None:
    assert [job.kind for job in read(event_bridge(detail_type)).jobs] == [kind]


@pytest.mark.parametrize(
    "envelope",
    [sns(s3_event(record())), sns(event_bridge()), sns(sns(s3_event(record())))],
    ids=["S3 in SNS", "EventBridge in SNS", "SNS in SNS"],
)
def test_envelopes_are_opened(envelope: dict[str, Any]) -> None:
    assert [job.s3_key for job in read(envelope).jobs] == ["source-pdfs/a.pdf"]


def test_every_record_is_a_job_and_a_repeated_one_is_not_two() -> None:
    keys = ["source-pdfs/a.pdf", "source-pdfs/b.pdf", "source-pdfs/a.pdf"]
    assert [job.s3_key for job in read(s3_event(*map(record, keys))).jobs] == ["source-pdfs/a.pdf", "source-pdfs/b.pdf"]


def test_a_faulty_record_does_not_hide_the_others() -> None:
    parsed = read(s3_event(record(), {"eventName": "ObjectCreated:Put"}, record("elsewhere/b.pdf")))
    assert [job.s3_key for job in parsed.jobs] == ["source-pdfs/a.pdf"]
    assert len(parsed.faults) == 1
    assert parsed.ignored == ("a key that is not under source-pdfs/",)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET}, "s3:TestEvent"),
        (s3_event(record("elsewhere/a.pdf")), "not under"),
        (s3_event(record("source-pdfs/a.docx")), "does not end in .pdf"),
        (s3_event(record("source-pdfs/folder/")), "folder marker"),
        (s3_event(record(name="ObjectTagging:Put")), "changes nothing"),
        (event_bridge("Object Restore Completed"), "changes nothing"),
    ],
)
def test_what_is_none_of_our_business_is_ignored_with_a_reason(body: Any, reason: str) -> None:
    parsed = read(body)
    assert (parsed.jobs, parsed.faults, len(parsed.ignored)) == ((), (), 1)
    assert reason in parsed.ignored[0]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("9" * 5_000, "not JSON"),
        ([{"s3_key": "source-pdfs/a.pdf"}], "JSON object, not list"),
        ("null", "JSON object, not NoneType"),
        ({}, "neither"),
        ({"Records": []}, "Records"),
        ({"Records": {"0": record()}}, "Records"),
        (s3_event({"eventName": 5, "s3": 5}), "lacks"),
        (s3_event("text"), "lacks"),  # type: ignore[arg-type]
        (s3_event({**record(), "eventSource": "aws:ses"}), "not of S3"),
        ({**event_bridge(), "source": "aws.ec2"}, "not of S3"),
        (s3_event(record(bucket="other")), "bucket that is not ours"),
        (s3_event(record("source-pdfs/%ff.pdf")), "not UTF-8"),
        (s3_event(record("source-pdfs/%00.pdf")), "no NUL"),
        ({"s3_key": "source-pdfs/" + "a" * 1_020 + ".pdf"}, "1024 bytes"),
        ({"s3_key": "source-pdfs/\ud800.pdf"}, "not Unicode"),
        ({"s3_key": 7}, "not text"),
        ({"s3_key": "elsewhere/a.pdf"}, "not under"),
        ({"s3_key": "source-pdfs/a.docx"}, "does not end in .pdf"),
        ({"s3_key": "source-pdfs/a.pdf", "target_stores": ["pinecone"]}, "unknown store pinecone"),
        ({"s3_key": "source-pdfs/a.pdf", "target_stores": 5}, "target_stores"),
        ({"s3_key": "source-pdfs/a.pdf", "cache_behavior": "maybe"}, "cache_behavior"),
        ({"s3_key": "source-pdfs/a.pdf", "run_id": 5}, "run_id"),
        ({"Type": "SubscriptionConfirmation", "SubscribeURL": "https://…"}, "asks a person"),
        ({"Type": "Notification", "Message": 5}, "text, not int"),
        (sns(sns(sns(s3_event(record())))), "envelopes"),
    ],
)
def test_what_cannot_be_understood_is_a_fault_with_a_reason(body: Any, reason: str) -> None:
    parsed = read(body)
    assert (parsed.jobs, parsed.ignored, len(parsed.faults)) == ((), (), 1)
    assert reason in parsed.faults[0]


@pytest.mark.parametrize(
    ("stores", "parsed"),
    [
        (None, None),
        ([], None),
        ("all", ("pages", "semantic", "haystack")),
        (["semantic", "pages"], ("pages", "semantic")),
        ("haystack-qdrant", ("haystack",)),
    ],
)
def test_bulk_messages_name_stores(stores: Any, parsed: tuple[str, ...] | None) -> None:
    job = Job("process", "source-pdfs/a.pdf", parsed, "rebuild", "r1")  # type: ignore[arg-type]
    body = {"s3_key": "source-pdfs/a.pdf", "target_stores": stores, "cache_behavior": "rebuild", "run_id": "r1"}
    assert read(body) == ParsedMessage(jobs=(job,))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200))
def test_any_key_that_the_producer_sends_arrives_as_it_was(name: str) -> None:
    key = f"{PREFIX}{name}.pdf"
    request = BulkRequest(key, ("pages",), "rebuild", "r1")
    assert read(request.body()).jobs == (Job("process", key, ("pages",), "rebuild", "r1"),)
    assert request.body().isascii()


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(
        st.sampled_from(["Records", "s3", "object", "key", "s3_key", "eventName", "detail", "detail-type", "Message"])
        | st.text(max_size=5), children, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(_json)
def test_no_body_is_dropped_without_a_word(value: Any) -> None:
    parsed = read(value)
    assert parsed.jobs or parsed.ignored or parsed.faults
