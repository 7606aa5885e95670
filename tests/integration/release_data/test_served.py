"""What version 0.1.0 stored is served by this one: found, shown, accepted, and not read or paid for again unasked."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from boto3.dynamodb.types import TypeDeserializer
from qdrant_client import QdrantClient, models

from app import create_app
from composition.parts import Parts
from config import Settings, load_settings
from development_stack.qdrant import RunningQdrant, start
from foundation.store_names import STORE_NAMES
from ledger.costs import Costs
from tests.support.loopback_models import LoopbackModels, loopback_models
from tests.support.machine import Machine
from tests.support.panel import PANEL_ENV, Visitor, events_of, visitor
from tests.support.release_data import DataSet, load_points
from tests.support.release_scenarios import TIDES_KEY, TIDES_WORDS
from tests.support.release_stack import stack_with
from vector_stores.base import VectorStore

PREFIX = "source-pdfs/"
HANDBOOK, NOTICE = "harbour-handbook.pdf", "notice-to-mariners.pdf"
QUESTION = "How long does it take to close the floodgate?"
#: How each document of the data sets ended.
STATES = {
    "offline": {
        HANDBOOK: "succeeded",
        NOTICE: "succeeded",
        TIDES_KEY: "succeeded",
        "archive/cancelled.pdf": "cancelled",
        "not-a-document.pdf": "failed",
        "tables/2027.pdf": "succeeded",
        "tables/2028.pdf": "succeeded",
        "withdrawn.pdf": "deleted",
    },
    "model": {
        HANDBOOK: "succeeded",
        NOTICE: "succeeded",
        TIDES_KEY: "succeeded",
        "not-a-document.pdf": "failed",
        "partly-described.pdf": "degraded",
        "tables/2026.pdf": "succeeded",
        "tables/2027.pdf": "succeeded",
        "unfinished.pdf": "processing",
    },
}


class Stacks:
    """The stack that holds a data set, loaded again only when another one is asked for or a test has written to it."""

    def __init__(self, endpoint_url: str, folder: Path, openai_base_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._folder = folder
        self._openai_base_url = openai_base_url
        self._loaded: tuple[DataSet, dict[str, str]] | None = None
        self._loads = 0
        self._qdrant: RunningQdrant | None = None

    def holding(self, data: DataSet) -> dict[str, str]:
        if self._loaded is None or self._loaded[0] != data:
            self._loads += 1
            self.close()
            self._qdrant = start(self._folder / str(self._loads))
            self._loaded = data, stack_with(data, self._endpoint_url, self._qdrant.url, self._openai_base_url)
        return self._loaded[1]

    def spoil(self) -> None:
        self._loaded = None

    def close(self) -> None:
        if self._qdrant:
            self._qdrant.close()


#: For tests that write to the stack.
writes = pytest.mark.usefixtures("spoiled")


@pytest.fixture(scope="module", params=list(STATES))
def data(request: pytest.FixtureRequest) -> DataSet:
    return DataSet.open("v0.1.0", request.param)


@pytest.fixture(scope="module")
def models_server() -> Iterator[LoopbackModels]:
    with loopback_models() as server:
        yield server


@pytest.fixture
def loopback(models_server: LoopbackModels) -> LoopbackModels:
    """It has not been asked anything yet."""
    models_server.reset()
    return models_server


@pytest.fixture(scope="module")
def stacks(
    moto_endpoint: str, tmp_path_factory: pytest.TempPathFactory, models_server: LoopbackModels
) -> Iterator[Stacks]:
    made = Stacks(moto_endpoint, tmp_path_factory.mktemp("stacks"), models_server.base_url)
    yield made
    made.close()


@pytest.fixture
def stack_env(stacks: Stacks, data: DataSet) -> dict[str, str]:
    """In place of an empty stack."""
    return stacks.holding(data)


@pytest.fixture
def spoiled(stacks: Stacks) -> Iterator[None]:
    yield
    stacks.spoil()


@pytest.fixture
def machine(stack_env: dict[str, str]) -> Machine:
    return Machine(stack_env)


@pytest.fixture
def browser(settings: Settings, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    """Signed in to the panel."""
    for name, value in PANEL_ENV.items():
        monkeypatch.setenv(name, value)
    return visitor(create_app(load_settings(env_file="no-such-file"), parts))


@contextmanager
def open_parts(settings: Settings) -> Iterator[Parts]:
    """Parts that see what other processes wrote meanwhile."""
    parts = Parts(settings)
    try:
        yield parts
    finally:
        parts.close()


def stored(settings: Settings) -> dict[str, Any]:
    """Everything that working on a document would change; not which run has counted it."""
    with open_parts(settings) as parts:
        s3, bucket = parts.aws.s3, parts.artifacts.bucket
        objects = {one["Key"]: one["ETag"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]}
        pages = parts.aws.dynamodb.get_paginator("scan").paginate(TableName=parts.table.name)
        items = {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}
        for item in items.values():
            item.pop("counted_in_run", None)
        return {
            "objects": {key: etag for key, etag in objects.items() if not key.startswith("processing/pdf_process")},
            "items": {key: item for key, item in items.items() if key[0].startswith(("document#", "cost#"))},
            "points": {name: points_of(parts, store) for name, store in parts.stores.items()},
        }


def points_of(parts: Parts, store: VectorStore) -> dict[str, Any]:
    points, _ = parts.qdrant.run(lambda client: client.scroll(store.collection, limit=10_000))
    return {str(point.id): point.payload for point in points}


def ledger(data: DataSet, partition: str) -> list[dict[str, Any]]:
    """Recorded items whose `pk` begins so, as plain values."""
    plain = TypeDeserializer().deserialize
    items = [{name: plain(value) for name, value in item.items()} for item in data.items()]
    return [item for item in items if item["pk"].startswith(partition)]


def send_event_again(parts: Parts, data: DataSet, s3_key: str) -> None:
    """The event of this object, as the recorded bucket wrote it of another."""
    bodies = [json.loads(message["body"]) for message in data.messages()["queue"]]
    event = next(body for body in bodies if "Records" in body)
    source = parts.artifacts.find_source(s3_key)
    assert source
    event["Records"][0]["s3"]["object"] |= {"key": quote_plus(s3_key), "eTag": source.etag, "size": source.size}
    parts.aws.sqs.send_message(QueueUrl=parts.settings.sqs_queue_url, MessageBody=json.dumps(event))


# What is stored is shown and found


def test_the_command_line_shows_every_document_and_finds_its_text(machine: Machine, data: DataSet) -> None:
    found = machine.status()

    assert {key.removeprefix(PREFIX): one["status"] for key, one in found.items()} == STATES[data.folder.name]
    handbook = found[PREFIX + HANDBOOK]
    assert (handbook["pages_total"], handbook["images"], handbook["points"]["pages"]) == (6, 6, 6)
    assert found[PREFIX + "not-a-document.pdf"]["code"] == "not_a_pdf"
    [best] = machine.manage("search", QUESTION, "--limit", "1")["hits"]
    assert (best["source"], best["page"]) == (PREFIX + HANDBOOK, 5)
    active = {one["collection"]: one["active_points"] for one in machine.manage("stats")["stores"]}
    assert active == {one["alias"]: len(data.points(one["name"])) for one in data.collections()}


def test_every_store_finds_what_was_stored_and_nothing_that_was_replaced(
    parts: Parts, data: DataSet, loopback: LoopbackModels
) -> None:
    for name in STORE_NAMES:
        search = parts.searcher(name).search
        found = search(QUESTION, 3)
        assert found[0].metadata["source"] == PREFIX + HANDBOOK, name
        assert [hit for hit in found if hit.metadata["page"] == 5 and "eleven minutes" in hit.text], name
        assert TIDES_WORDS[2026] in search(TIDES_WORDS[2026], 1)[0].text
        assert not [hit for hit in search(TIDES_WORDS[2025], 50) if TIDES_WORDS[2025] in hit.text]
    assert loopback.questions == []


def test_the_panel_shows_every_document_with_its_pages_and_images(
    browser: Visitor, parts: Parts, data: DataSet
) -> None:
    listed = {one["s3_key"]: one for one in browser.get("/api/admin/status", limit=100).json["documents"]}
    expected = {key: state for key, state in STATES[data.folder.name].items() if state != "deleted"}
    assert {key.removeprefix(PREFIX): one["status"] for key, one in listed.items()} == expected

    document_id = parts.artifacts.document_id(PREFIX + HANDBOOK)
    known = browser.get(f"/api/admin/documents/{document_id}").json
    assert known["attempts"][0]["outcome"] == "succeeded"
    assert known["metadata"]["page_count"] == 6
    page = browser.get("/api/get_context_details", document_id=document_id, page=5).json
    assert "floodgate" in page["text"]
    assert page["chunks"]
    image = browser.get("/api/get_pdf_image", document_id=document_id, page=5)
    assert (image.status_code, image.data[:2]) == (200, b"\xff\xd8")
    for path in ("/", f"/documents/{document_id}", "/runs", "/costs", "/settings", "/queue", "/stores", "/search"):
        assert browser.get(path).status_code == 200, path


def test_a_replaced_document_has_both_of_its_attempts(browser: Visitor, parts: Parts) -> None:
    document_id = parts.artifacts.document_id(PREFIX + TIDES_KEY)

    attempts = browser.get(f"/api/admin/documents/{document_id}").json["attempts"]

    assert [one["outcome"] for one in attempts[:2]] == ["succeeded", "succeeded"]
    for store in parts.stores.values():
        assert len(store.generations(document_id)) == 1


def test_runs_and_history_are_shown(browser: Visitor, data: DataSet) -> None:
    shown = browser.get("/api/admin/history", documents="true").json

    recorded = ledger(data, "run#")
    assert {run["run_id"] for run in shown["runs"]} == {item["pk"].removeprefix("run#") for item in recorded}
    assert shown["documents"][PREFIX + HANDBOOK]["processed_stores"] == ["haystack", "pages", "semantic"]
    ended = [run for run in shown["runs"] if run["state"] == "done"]
    assert ended
    assert all(run["ended"] == run["queued"] for run in ended)


def test_dead_letters_are_shown_with_their_reasons(machine: Machine, data: DataSet) -> None:
    letters = machine.manage("dlq", "list")["dead_letters"]

    codes = sorted(one["attributes"]["error_code"] for one in data.messages()["dead_letters"])
    assert sorted(letter["code"] for letter in letters) == codes
    assert "not_a_pdf" in codes


@pytest.mark.parametrize("data", ["model"], indirect=True)
def test_what_was_spent_is_shown(browser: Visitor, parts: Parts, data: DataSet) -> None:
    """As of the day of the recording: the panel looks back 90 days."""
    recorded_at = datetime.fromisoformat(data.recorded_at).timestamp()
    browser.client.application.extensions["panel"].costs = Costs(parts.table, clock=lambda: recorded_at)

    shown = browser.get("/api/admin/api-costs", days=2).json

    recorded = ledger(data, "cost#")
    assert {one["model"] for one in shown["models"]} == {item["sk"] for item in recorded}
    assert shown["total"]["cost_usd"] == pytest.approx(float(sum(item["cost_usd"] for item in recorded)))
    assert shown["total"]["questions"] == 1
    assert shown["documents"]


@writes
@pytest.mark.parametrize("data", ["model"], indirect=True)
def test_questions_are_answered_from_it(browser: Visitor, loopback: LoopbackModels) -> None:
    events = dict(events_of(browser.get("/api/chat", q=QUESTION)))

    assert "error" not in events
    assert events["metadata"]["sources"][0]["citation"] == "[harbour-handbook.pdf, p. 5]"
    assert sum(asked.get("stream") is True for asked in loopback.questions) == 1


# What was set is accepted


def test_settings_of_0_1_0_are_accepted(stack_env: dict[str, str], settings: Settings, data: DataSet) -> None:
    assert settings.aws_s3_bucket_name == data.bucket
    assert settings.enrichment == ("extractive" if data.folder.name == "offline" else "llm")


@writes
def test_app_config_of_0_1_0_is_accepted_with_keys_that_nobody_knows(parts: Parts, browser: Visitor) -> None:
    config = parts.app_config_file.current()

    assert (config.image_dpi, config.chunk_tokens, config.retrieval_k) == (60, 150, 6)
    assert config.categories == ("Harbour", "Notices")
    shown = browser.get("/api/admin/config").json
    assert shown["overrides"]["our_own_note"] == "kept as it is"
    changes = browser.get("/api/admin/config/history").json["changes"]
    assert [sorted(change["changes"]) for change in changes][-1] == [
        "chunk_overlap_tokens", "chunk_tokens", "image_dpi", "image_quality", "retrieval_k",
    ]  # fmt: skip
    saved = browser.post("/api/admin/config", json={"retrieval_k": 7}, headers={"If-Match": shown["version"]})
    assert saved.json["overrides"]["our_own_note"] == "kept as it is"


# Nothing is done again unasked


@writes
def test_what_is_up_to_date_is_skipped(machine: Machine, parts: Parts, data: DataSet, loopback: LoopbackModels) -> None:
    """Whether its event comes again or a run asks for it: nothing is read, embedded or asked."""
    parts.aws.sqs.purge_queue(QueueUrl=parts.settings.sqs_queue_url)
    before = stored(parts.settings)
    finished = [name for name, state in STATES[data.folder.name].items() if state == "succeeded"]
    run_id = machine.manage("enqueue", *finished)["run_id"]
    for name in finished:
        send_event_again(parts, data, PREFIX + name)

    machine.work()

    skipped = Counter(line["s3_key"] for line in machine.log if line.get("event") == "document skipped")
    assert skipped == {PREFIX + name: 2 for name in finished}
    assert loopback.calls == 0
    assert stored(parts.settings) == before
    run = parts.runs.get(run_id)
    assert run
    assert run.documents_skipped == run.documents_queued == len(finished)


@writes
def test_what_waited_is_worked_off(machine: Machine, parts: Parts, data: DataSet, loopback: LoopbackModels) -> None:
    """Messages of 0.1.0 in its queue, entries of the history that its last worker didn't write, and a document that
    was being described when that worker died. It is read as blocks now, so that answers about the text that 0.1.0 read
    don't fit any more; every page is asked about once."""
    waiting = {item["s3_key"] for item in ledger(data, "history") if item["pk"] == "history"}
    assert waiting
    written = parts.history.read()
    assert not waiting & set(written)

    machine.work()

    history = parts.history.read()
    assert waiting <= set(history)
    assert set(written) <= set(history)
    claimed = [line["s3_key"] for line in machine.log if line.get("event") == "document claimed"]
    if data.folder.name == "offline":
        assert (claimed, loopback.calls) == ([], 0)
        return
    assert claimed == [PREFIX + "unfinished.pdf"]
    assert machine.status()[PREFIX + "unfinished.pdf"]["status"] == "succeeded"
    pages = machine.status()[PREFIX + "unfinished.pdf"]["pages_total"]
    assert len(loopback.questions) <= pages + 1, "each page and the whole"


# The data itself


def test_points_can_be_put_into_a_server(data: DataSet, tmp_path: Path) -> None:
    """They were recorded from an embedded store, which keeps less of a collection's configuration than a server."""
    server = start(tmp_path)
    try:
        client = QdrantClient(url=server.url, check_compatibility=False)
        load_points(data, client)
        for collection in data.collections():
            info = client.get_collection(collection["alias"])
            indexes = {field: schema.data_type.value for field, schema in info.payload_schema.items()}
            assert indexes == collection["payload_indexes"]
            assert info.config.metadata == collection["metadata"]
            assert info.config.params.sparse_vectors == {"text-sparse": models.SparseVectorParams(modifier="idf")}
            stored = data.points(collection["name"])
            assert info.points_count == len(stored)
            wanted = models.SparseVector(**stored[0]["sparse"]["text-sparse"])
            found = client.query_points(collection["alias"], query=wanted, using="text-sparse", limit=5).points
            assert stored[0]["id"] in [str(point.id) for point in found]
        client.close()
    finally:
        server.close()


def test_the_data_is_small_and_tells_of_no_machine(data: DataSet) -> None:
    files = [path for path in data.folder.parent.rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) < 3_000_000
    for path in files:
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert not re.search(rb"127\.0\.0\.1|localhost|[\"= ]/(home|root|tmp|work|Users)/", body), path
