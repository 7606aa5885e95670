"""What one fixed document costs in calls and bytes, at most: those who make it dearer have to say so here.

Six pages, one table of contents, twenty chunks, a model call a page. Nothing is timed, so that no machine is too slow.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pytest
from qdrant_client.http.api.points_api import SyncPointsApi

from benchmarks.aws_meter import AwsMeter
from benchmarks.model_server import ModelServer, model_server
from composition.parts import Parts
from composition.vector_stores import make_stores
from config import load_settings
from data_ingestion.object_keys import IMAGES_PREFIX
from data_ingestion.reading import DocumentBuilder, ReadDocument
from foundation import app_config_file
from ledger import DocumentState, history
from model_api.answer_cache import ANSWERS_PREFIX
from model_api.transport import OpenAiTransport
from pdf_reader.child.mupdf import mupdf, pymupdf
from pdf_reader.child.opening import Opener
from pdf_reader.child.page import PageReader
from pdf_reader.document import PageOutcome, ReadOptions, SandboxLimits
from pdf_reader.wire import ReadTask, Step
from tests.support.sandbox_reading import make_pdf

PDF = "harbour-handbook.pdf"
KEY = f"source-pdfs/{PDF}"
PAGES, CHUNKS = 6, 20
#: One a page, and one about the document.
QUESTIONS = PAGES + 1


@dataclass
class CountingClient:
    """A Qdrant client that notes which calls were made, each a request to a server, and how many points were sent."""

    client: Any
    calls: Counter[str] = field(default_factory=Counter)
    upserted: list[tuple[str, int]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.client, name)
        if name.startswith("_") or not callable(found):
            return found

        def call(*args: Any, **options: Any) -> Any:
            self.calls[name] += 1
            return found(*args, **options)

        return call


@dataclass(frozen=True)
class Counted:
    """A worker's document half, with everything that leaves it counted."""

    parts: Parts
    aws: AwsMeter
    qdrant: CountingClient
    models: ModelServer

    def objects(self, prefix: str) -> dict[str, int]:
        """Sizes in bytes by key."""
        bucket = self.parts.settings.aws_s3_bucket_name
        found = self.parts.aws.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {item["Key"]: item["Size"] for item in found}

    def aws_calls(self) -> dict[str, int]:
        """By operation, without UpdateItem: progress is written as time goes by."""
        return {
            name: operation.calls
            for name, operation in sorted(self.aws.operations.items())
            if name != "dynamodb.UpdateItem"
        }

    def process(self, **options: Any) -> None:
        """Work on the sample, counting from zero."""
        self.models.reset()
        self.aws.reset()
        self.qdrant.calls.clear()
        self.qdrant.upserted.clear()
        result = self.parts.processor.process_single_source(KEY, **options)
        assert result.state is DocumentState.SUCCEEDED


@pytest.fixture
def counted(stack_env: dict[str, str], samples: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    # However slow the machine is: the history is written once, and AppConfig read once.
    monkeypatch.setattr(history, "FLUSH_INTERVAL_SECONDS", 3_600.0)
    monkeypatch.setattr(app_config_file, "REFRESH_SECONDS", 3_600.0)
    with model_server(chat_seconds=0.0, embedding_seconds=0.0, dimensions=64) as models:
        model = {
            "OPENAI_BASE_URL": models.base_url, "EMBEDDING_PROVIDER": "openai", "ENRICHMENT": "llm",
            "ENRICHMENT_SCOPE": "page",
        }  # fmt: skip
        for name, value in {**stack_env, **model}.items():
            monkeypatch.setenv(name, value)
        parts = Parts(load_settings(env_file="no-such-file"))
        parts.artifacts.upload_source(samples / PDF, KEY)
        aws = AwsMeter()
        aws.attach(parts.aws)
        qdrant = CountingClient(parts.qdrant._client)
        monkeypatch.setattr(parts.qdrant, "_client", qdrant)
        send = SyncPointsApi.upsert_points

        def upsert_points(api: SyncPointsApi, collection: str, *, point_insert_operations: Any, **options: Any) -> Any:
            """Points are sent packed, by the client's lower half."""
            qdrant.calls["upsert"] += 1
            qdrant.upserted.append((collection.partition("-")[0], len(json.loads(point_insert_operations)["points"])))
            return send(api, collection, point_insert_operations=point_insert_operations, **options)

        monkeypatch.setattr(SyncPointsApi, "upsert_points", upsert_points)
        yield Counted(parts, aws, qdrant, models)
        parts.close()


def test_a_new_document_costs_no_more_than_this(counted: Counted, samples: Path) -> None:
    counted.process()

    seen = counted.models.stats()
    assert seen["chat"]["count"] == QUESTIONS
    assert sorted(seen["embeddings"]["batch_sizes"]) == [1, PAGES, CHUNKS], "one to learn the dimensions, two batches"
    bounds = {
        "dynamodb.DeleteItem": 1,  # the history entry that was written
        "dynamodb.GetItem": 2,  # the document; once in a worker's life, whether the notes of questions are complete
        "dynamodb.Query": 2,  # do history entries wait, and which
        "dynamodb.TransactWriteItems": 1 + QUESTIONS,  # the end; questions are noted singly where reading is slow
        "s3.GetObject": 4,  # configuration, source, history, metadata of the version before; no answer can be there
        "s3.HeadObject": 1,
        "s3.ListObjectsV2": 3,  # images and files of another version; once in a stack's life, is any answer there
        # Images, answers; blocks of each page, the document as Markdown and as JSON; its points with their vectors;
        # links, metadata, history.
        "s3.PutObject": 2 * PAGES + QUESTIONS + 6,
    }
    assert over(counted.aws_calls(), bounds) == {}
    assert sorted(written for _, written in counted.qdrant.upserted) == [PAGES, CHUNKS, CHUNKS]
    made = {name: n for name, n in counted.qdrant.calls.items() if name not in SETTING_UP}
    bounds = {
        "upsert": 3,
        "scroll": 3,  # vectors that are there already
        "facet": 6,  # generations: those served, and all
        "batch_update_points": 3,  # the flip
        "count": 6,  # of each store: are all points shown that were written
    }
    assert over(made, bounds) == {}
    looks = {
        "get_aliases": 18,  # of each store: the four of every document, and when it was made
        "get_collection": 9,  # does it fit, is it there, what was made
        "collection_exists": 3,  # something else of that name
    }
    assert over({name: counted.qdrant.calls[name] for name in looks}, looks) == {}

    # Every image went to S3 once, as it is; nothing else of its size went anywhere.
    sizes = counted.objects(IMAGES_PREFIX)
    derived = [counted.objects(p) for p in (ANSWERS_PREFIX, "extracted_links/", "pdf-metadata/", "processing/pdf_")]
    assert len(sizes) == PAGES
    assert counted.aws.operations["s3.PutObject"].bytes_sent == sum(map(sum, (o.values() for o in [sizes, *derived])))


LONG_PAGES, SLOTS = 40, 8
LONG_KEY = "source-pdfs/long.pdf"
LONG_TEXT = "Page {0} tells how the harbour was cleared of {0} ships."
#: Those of any document, however long: its claim and end, its source, files of the whole, history.
FIXED_CALLS = 22
#: An image and a file of blocks; at page scope an answer.
PUTS_A_PAGE = {"document": 2, "page": 3}


@pytest.mark.system
@pytest.mark.parametrize("scope", ["page", "document"])
def test_a_long_document_costs_so_many_aws_calls(
    scope: Literal["page", "document"], counted: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the puts of its pages only notes of questions, which are noted together while they wait for a slot.

    The model answers when all pages are read, so that on any machine pages come faster than answers.
    """
    all_read = threading.Event()
    finish, send = DocumentBuilder.finish, OpenAiTransport.send

    def finish_reading(builder: DocumentBuilder) -> ReadDocument:
        all_read.set()
        return finish(builder)

    async def send_afterwards(transport: OpenAiTransport, body: dict[str, Any]) -> Any:
        while not all_read.is_set():
            await asyncio.sleep(0.01)
        return await send(transport, body)

    monkeypatch.setattr(DocumentBuilder, "finish", finish_reading)
    monkeypatch.setattr(OpenAiTransport, "send", send_afterwards)
    settings = counted.parts.settings.model_copy(update={"enrichment_scope": scope, "llm_concurrency": SLOTS})
    parts = Parts(settings)
    aws = AwsMeter()
    aws.attach(parts.aws)
    parts.artifacts.upload_source(make_pdf(tmp_path / "long.pdf", LONG_PAGES, LONG_TEXT), LONG_KEY)
    aws.reset()

    result = parts.processor.process_single_source(LONG_KEY)

    made = replace(counted, parts=parts, aws=aws).aws_calls()
    parts.close()
    assert (result.state, result.pages) == (DocumentState.SUCCEEDED, LONG_PAGES)
    questions = LONG_PAGES + 1 if scope == "page" else 1
    # Where reading is slow, questions are noted singly until every slot has one and a quarter of the slots has a next
    # one; from then on in threes at least, since a document's open questions are two a slot.
    singly = SLOTS + SLOTS // 4 + 1
    notes = singly + (questions - singly) // 3 + 1 if scope == "page" else 1
    puts = made.pop("s3.PutObject") - PUTS_A_PAGE[scope] * LONG_PAGES
    assert made["dynamodb.TransactWriteItems"] <= notes + 1
    assert puts + sum(made.values()) <= notes + FIXED_CALLS


#: What a worker asks Qdrant for once in its life, or to see that a collection is still its own.
SETTING_UP = frozenset(
    {"collection_exists", "create_collection", "get_collection", "get_collections", "get_aliases",
     "update_collection_aliases", "create_payload_index"}
)  # fmt: skip


@pytest.mark.system
def test_making_it_again_asks_no_model_and_embeds_nothing(counted: Counted) -> None:
    counted.process()

    counted.process(cache_behavior="rebuild")

    seen = counted.models.stats()
    assert (seen["chat"]["count"], seen["embeddings"]["count"]) == (0, 0)
    assert counted.qdrant.calls["retrieve"] <= 2, "the vectors of each batch, by one request"
    assert counted.qdrant.calls["delete"] <= 3, "the older generation, in each store"
    assert counted.qdrant.calls["get_aliases"] <= 12, (
        "of each store: does it fit, which is written, before writing, before flipping"
    )
    assert counted.aws.operations["s3.PutObject"].calls <= 2 * PAGES + 5, (
        "images and files; points, links, metadata; history has time"
    )


@pytest.mark.system
def test_another_worker_makes_nothing_that_is_there(counted: Counted) -> None:
    counted.process()
    counted.qdrant.calls.clear()

    for store in make_stores(counted.parts.settings, counted.parts.qdrant, counted.parts.embedder).values():
        store.ensure()

    assert over(counted.qdrant.calls, {"get_aliases": 3, "get_collection": 3}) == {}


def test_what_is_served_already_costs_a_look(counted: Counted) -> None:
    counted.process()
    counted.aws.reset()
    counted.qdrant.calls.clear()

    counted.parts.processor.process_single_source(KEY)

    assert over(counted.aws_calls(), {"dynamodb.GetItem": 1, "s3.HeadObject": 1}) == {}
    assert not counted.qdrant.calls


class Silent:
    """A flight recorder that nobody will look at."""

    def write(self, page: int, step: Step) -> None:
        """Nothing."""


def test_a_page_is_interpreted_once_for_its_text_its_drawings_and_its_image(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MuPDF's work is most of a page's; text, tables and links share one extraction."""
    calls: Counter[str] = Counter()
    interpreting = ("fz_run_page", "fz_run_page_contents", "fz_run_display_list")
    count(monkeypatch, mupdf, (*interpreting, "fz_new_stext_device", "fz_new_draw_device"), calls)
    count(
        monkeypatch,
        pymupdf.Page,
        ("get_text", "get_textpage", "get_pixmap", "get_cdrawings", "find_tables", "get_links"),
        calls,
    )
    limits = SandboxLimits()
    path = samples / PDF
    document = Opener(limits).document(path, None)
    task = ReadTask(path, None, 1, PAGES, ReadOptions(), tmp_path)
    reader = PageReader(document, limits, Silent(), task)  # type: ignore[arg-type]

    pages = [reader.read(number) for number in range(1, PAGES + 1)]

    assert {page.outcome for page in pages} == {PageOutcome.TEXT}
    bounds = dict.fromkeys(("fz_run_page_contents", "fz_new_stext_device", "fz_new_draw_device"), PAGES)
    # Once for its text, once for its image, and for the drawings of the page that has a table.
    assert over(calls, {**bounds, "fz_run_display_list": 2 * PAGES + 1}) == {}


def over(made: Mapping[str, int], bounds: Mapping[str, int]) -> dict[str, int]:
    """The calls that were made more often than they may be; those that no bound names may not be made."""
    return {name: calls for name, calls in made.items() if calls > bounds.get(name, 0)}


def count(monkeypatch: pytest.MonkeyPatch, owner: Any, names: Sequence[str], calls: Counter[str]) -> None:
    """Note every call of these functions."""
    for name in names:
        original = getattr(owner, name)

        def counting(*args: Any, _name: str = name, _original: Any = original, **options: Any) -> Any:
            calls[_name] += 1
            return _original(*args, **options)

        monkeypatch.setattr(owner, name, counting)
