"""From a message's body to what it asks for: S3 events, bare or wrapped by SNS or EventBridge, and bulk messages. Pure.

Nothing is dropped silently: what is not for us is *ignored* with a reason, what can't be understood is a *fault*, and
its message ends in the dead-letter queue.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote_plus

from foundation.store_names import StoreName, parse_store_names
from ledger.records import CACHE_BEHAVIORS, CacheBehavior

#: An EventBridge event inside an SNS envelope is the deepest that AWS nests.
MAX_ENVELOPES = 2
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
MAX_KEY_BYTES = 1_024


@dataclass(frozen=True, slots=True)
class Job:
    """One document to process, or whose traces to remove.

    Of what S3 tells only the key counts: the document half looks at what the bucket holds *now*, so that a late event
    can't bring back an older version.
    """

    kind: Literal["process", "remove"]
    s3_key: str
    target_stores: tuple[StoreName, ...] | None = None  # None: the worker's default
    cache_behavior: CacheBehavior = "use"
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """What a message asks for. Each `Job` is done even when another record of the same message is faulty."""

    jobs: tuple[Job, ...] = ()
    ignored: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


class _FaultError(Exception):
    """This part of the message can't be understood."""


class _IgnoredError(Exception):
    """This part of the message is none of our business."""


def parse(body: str, *, bucket: str, prefix: str) -> ParsedMessage:
    """Never raises: whatever the body is, the result says what to do with it."""
    jobs: dict[tuple[object, ...], Job] = {}
    ignored: list[str] = []
    faults: list[str] = []
    try:
        for make_job in _readers(_load(body), bucket, prefix):
            try:
                job = make_job()
            except _IgnoredError as reason:
                ignored.append(str(reason))
            except _FaultError as fault:
                faults.append(str(fault))
            else:
                # A record that repeats another in the same message asks for nothing new.
                jobs[(job.kind, job.s3_key, job.target_stores, job.cache_behavior)] = job
    except _IgnoredError as reason:
        ignored.append(str(reason))
    except _FaultError as fault:
        faults.append(str(fault))
    return ParsedMessage(tuple(jobs.values()), tuple(ignored), tuple(faults))


class _Reader:
    """One record that is yet to be read, so that a faulty one doesn't hide the others."""

    def __init__(self, read: Any, *arguments: Any) -> None:
        self._read = read
        self._arguments = arguments

    def __call__(self) -> Job:
        try:
            job: Job = self._read(*self._arguments)
        except (KeyError, TypeError, AttributeError) as error:
            raise _FaultError(f"the {self._read.__name__.removeprefix('_read_')} lacks something: {error!r}") from None
        return job


def _load(text: Any) -> Any:
    if not isinstance(text, str):
        raise _FaultError(f"a message is text, not {type(text).__name__}")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _FaultError(f"not JSON: {type(error).__name__}") from None


def _readers(value: Any, bucket: str, prefix: str, envelopes: int = 0) -> Iterator[_Reader]:
    """Recognise the form by what only it has."""
    if not isinstance(value, dict):
        raise _FaultError(f"a message is a JSON object, not {type(value).__name__}")
    if value.get("Event") == "s3:TestEvent":
        raise _IgnoredError("s3:TestEvent, which S3 sends when a notification is set up")
    if value.get("Type") == "Notification" and "Message" in value:
        if envelopes >= MAX_ENVELOPES:
            raise _FaultError(f"more than {MAX_ENVELOPES} envelopes")
        yield from _readers(_load(value["Message"]), bucket, prefix, envelopes + 1)
    elif "Type" in value and "SubscribeURL" in value:
        raise _FaultError(f"SNS asks a person: {value['Type']}")
    elif "Records" in value:
        records = value["Records"]
        if not isinstance(records, list) or not records:
            raise _FaultError("Records is not a list with something in it")
        for record in records:
            yield _Reader(_read_record, record, bucket, prefix)
    elif "detail-type" in value:
        yield _Reader(_read_event, value, bucket, prefix)
    elif "s3_key" in value:
        yield _Reader(_read_bulk_message, value, prefix)
    else:
        raise _FaultError("neither an S3 event, an SNS or EventBridge envelope, nor a bulk message")


def _read_record(record: Mapping[str, Any], bucket: str, prefix: str) -> Job:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"""
    name: str = record["eventName"].removeprefix("s3:")
    if record.get("eventSource", "aws:s3") != "aws:s3":
        raise _FaultError(f"an event of {record['eventSource']!r}, not of S3")
    stored = record["s3"]["object"]
    try:
        key = unquote_plus(stored["key"], errors="strict")
    except UnicodeDecodeError:
        raise _FaultError("the key is not UTF-8") from None
    return Job(
        kind=_kind_of(name, created=("ObjectCreated:",), removed=("ObjectRemoved:", "LifecycleExpiration:")),
        s3_key=_our_key(key, record["s3"]["bucket"]["name"], bucket, prefix),
    )


def _read_event(event: Mapping[str, Any], bucket: str, prefix: str) -> Job:
    """EventBridge, which does not encode keys: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"""
    if event.get("source", "aws.s3") != "aws.s3":
        raise _FaultError(f"an event of {event['source']!r}, not of S3")
    detail = event["detail"]
    stored = detail["object"]
    return Job(
        kind=_kind_of(event["detail-type"], created=("Object Created",), removed=("Object Deleted",)),
        s3_key=_our_key(stored["key"], detail["bucket"]["name"], bucket, prefix),
    )


def _read_bulk_message(value: Mapping[str, Any], prefix: str) -> Job:
    """What `producer.py` writes, or a person. A key that we would ignore in an event is a mistake here."""
    cache_behavior: Any = value.get("cache_behavior") or "use"
    if cache_behavior not in CACHE_BEHAVIORS:
        raise _FaultError(f"cache_behavior is one of {', '.join(CACHE_BEHAVIORS)}")
    run_id = value.get("run_id")
    if run_id is not None and (not isinstance(run_id, str) or not run_id or len(run_id) > 256):
        raise _FaultError("run_id is a text of 1 to 256 characters")
    stores = value.get("target_stores")
    if stores is not None and not isinstance(stores, str | list):
        raise _FaultError("target_stores is a list of store names")
    try:
        key = _our_key(value["s3_key"], "", "", prefix)
        target_stores = parse_store_names(stores) if stores else None
    except (_IgnoredError, ValueError) as error:
        raise _FaultError(str(error)) from None
    return Job("process", key, target_stores, cache_behavior, run_id)


def _kind_of(name: str, *, created: tuple[str, ...], removed: tuple[str, ...]) -> Literal["process", "remove"]:
    if name.startswith(created):
        return "process"
    if name.startswith(removed):
        return "remove"
    raise _IgnoredError(f"an event that changes nothing here: {name[:80]}")


def _our_key(key: Any, bucket: str, our_bucket: str, prefix: str) -> str:
    """The key, if it is a PDF under our prefix in our bucket."""
    if bucket != our_bucket:
        raise _FaultError("an event of a bucket that is not ours")
    if not isinstance(key, str):
        raise _FaultError("the key is not text")
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        raise _FaultError("the key is not Unicode") from None
    if not 0 < length <= MAX_KEY_BYTES or "\0" in key:
        raise _FaultError(f"a key has 1 to {MAX_KEY_BYTES} bytes and no NUL")
    if not key.startswith(prefix):
        raise _IgnoredError(f"a key that is not under {prefix}")
    if key.endswith("/"):
        raise _IgnoredError("a folder marker")
    if not key.lower().endswith(".pdf"):
        raise _IgnoredError("a key that does not end in .pdf")
    return key
