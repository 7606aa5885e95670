"""Many documents: what a request reads stays the same, however many there are."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask

from composition.parts import Parts
from foundation.timestamps import utc_iso
from ledger.item_values import to_item
from tests.support.panel import Visitor, put_document, put_page_file, refresh, store_passage, visitor

#: A query for each of the eight states of a document, and at times one for paused workers.
MAX_LEDGER_READS = 9
#: Of items that changed within seconds, a batch a state; and at times the operator's pause.
MAX_ITEM_READS = 8
#: Of Qdrant, for a search or a page with its passage; of S3, for a page whose outline is known: metadata and blocks.
MAX_SEARCH_CALLS = 8
MAX_PAGE_READS = 2
STATES = ("succeeded", "succeeded", "succeeded", "succeeded", "degraded", "failed", "skipped")


def fill(parts: Parts, documents: int) -> None:
    """As workers leave them, but in batches."""
    now = time.time()
    for start in range(0, documents, 25):
        puts: list[Any] = []
        for n in range(start, min(start + 25, documents)):
            key = f"source-pdfs/shelf-{n % 97:02d}/book-{n:05d}.pdf"
            document_id = parts.artifacts.document_id(key)
            item = {
                "pk": f"document#{document_id}", "sk": "state", "document_id": document_id, "s3_key": key,
                "state": STATES[n % len(STATES)], "state_changed_at": utc_iso(now - 86_400 + n), "generation_number": 1,
                "attempt": 1, "pages_total": n % 400, "pages_done": n % 400, "cost_usd": n / 1e5, "tokens_in": n,
                "tokens_out": 9, "seconds": 3.5, "points": {"pages": 3, "semantic": 9, "haystack": 9}, "links": 4,
                "content_sha256": "ab" * 32, "etag": "x", "degraded": [], "stage_seconds": {"read": 1.0, "index": 2.0},
                "served": {store: {"sha256": "ab" * 32, "shape": "0" * 16} for store in ("pages", "semantic")},
            }  # fmt: skip
            puts.append({"PutRequest": {"Item": to_item(item)}})
        parts.aws.dynamodb.batch_write_item(RequestItems={parts.table.name: puts})


@dataclass
class Calls:
    """What was asked of AWS: how often, by operation, and how long it took in all."""

    made: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def watch(self, client: Any) -> None:
        """A call is timed from its start to its parsed answer; the panel makes them one after the other."""
        client.meta.events.register("before-parameter-build", self._begin)
        client.meta.events.register("after-call", self._end)

    def clear(self) -> None:
        self.made.clear()
        self.seconds = 0.0

    def _begin(self, model: Any, **_: Any) -> None:
        self.made[model.name] += 1
        self._began = time.monotonic()

    def _end(self, **_: Any) -> None:
        self.seconds += time.monotonic() - self._began


@pytest.fixture
def calls(parts: Parts) -> Calls:
    counted = Calls()
    for client in (parts.aws.dynamodb, parts.aws.s3, parts.aws.sqs):
        counted.watch(client)
    return counted


def assert_bounded(made: Counter[str], *others: str) -> None:
    """So many calls, however many documents there are, and `others` as the caller bounds them."""
    assert made["Query"] <= MAX_LEDGER_READS
    assert made["BatchGetItem"] <= MAX_ITEM_READS
    assert made["GetItem"] <= 1
    # Once a minute, in the background: moto may be that slow.
    assert set(made) <= {"Query", "BatchGetItem", "GetItem", "ListObjectsV2", *others}


def ask(browser: Visitor, calls: Calls, path: str, **query: Any) -> tuple[Any, Counter[str], float]:
    """The answer, the calls it took, and the seconds that the panel itself took beside them."""
    refresh(browser.client.application)
    calls.clear()
    started = time.monotonic()
    answer = browser.get(path, **query)
    return answer.json, Counter(calls.made), time.monotonic() - started - calls.seconds


#: Fewer of a state than a batch takes, and more. moto goes through all items for every query: the most take minutes.
SIZES = [50, 250, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(1_800)])]


@pytest.mark.parametrize("documents", SIZES)
def test_a_request_reads_as_much_of_a_large_ledger_as_of_a_small_one(
    app: Flask, parts: Parts, calls: Calls, documents: int
) -> None:
    fill(parts, documents)
    browser = visitor(app)
    browser.get("/api/admin/status")  # the first look of a process reads everything, once
    answer, made, _ = ask(browser, calls, "/api/admin/status", sort="cost_usd", q="book", offset=20)
    assert answer["total"] == documents
    assert_bounded(made, "GetQueueAttributes")
    document_id = put_document(parts, "new.pdf")
    answer, made, _ = ask(browser, calls, "/api/admin/status")
    assert answer["documents"][0]["s3_key"] == "source-pdfs/new.pdf"
    assert_bounded(made, "GetQueueAttributes")
    answer, made, _ = ask(browser, calls, "/api/admin/queue")
    assert (len(answer["ended"]), len(answer["hours"]), len(answer["days"])) == (24, 24, 14)
    made["Query"] -= 1  # what went through in two weeks
    assert_bounded(made, "GetQueueAttributes")
    answer, made, _ = ask(browser, calls, "/api/admin/list-pdfs")
    assert_bounded(made)
    answer, made, _ = ask(browser, calls, "/api/search/documents", q="book")
    assert answer["documents"]
    assert_bounded(made)
    _, made, _ = ask(browser, calls, f"/api/admin/documents/{document_id}")
    made["Query"] -= 1  # its attempts
    assert_bounded(made, "GetObject")
    _, made, _ = ask(browser, calls, "/api/admin/api-costs", days=7)
    made["Query"] -= 7  # a day's costs each
    assert_bounded(made)


def test_any_number_of_viewers_read_no_more_than_one(app: Flask, calls: Calls) -> None:
    browsers = [visitor(app) for _ in range(5)]
    browsers[0].get("/api/admin/status")
    clock = app.extensions["panel"].catalogue
    refresh(app)
    frozen = time.monotonic()
    clock._clock = lambda: frozen  # all of them within one second
    calls.clear()
    for browser in browsers:
        assert browser.get("/api/admin/status").status_code == 200
    assert calls.made["Query"] <= MAX_LEDGER_READS


@pytest.mark.parametrize("documents", SIZES)
def test_reading_and_searching_ask_as_much_however_many_documents_there_are(
    app: Flask, parts: Parts, calls: Calls, monkeypatch: pytest.MonkeyPatch, documents: int
) -> None:
    fill(parts, documents)
    document_id = put_document(parts, "a.pdf")
    put_page_file(parts, "a.pdf", 5, [{"kind": "paragraph", "text": "The gate.", "boxes": [[50, 100, 350, 112]]}])
    store_passage(parts, "The floodgate takes eleven minutes.", page=5, line_boxes=[[0, 35, 5, 50, 100, 350, 112]])
    browser = visitor(app)
    found = browser.get("/api/search", q="floodgate").json["results"]
    asked_qdrant: list[Any] = []
    run = parts.qdrant.run
    monkeypatch.setattr(parts.qdrant, "run", lambda call: (asked_qdrant.append(call), run(call))[1])
    _, made, _ = ask(browser, calls, "/api/search", q="floodgate")
    assert_bounded(made)
    assert len(asked_qdrant) <= MAX_SEARCH_CALLS
    asked_qdrant.clear()
    browser.get(found[0]["url"])  # outline and links are kept from now on
    asked_qdrant.clear()
    refresh(app)
    calls.clear()
    page = browser.get(found[0]["url"])
    assert document_id in page.text
    assert calls.made["GetObject"] <= MAX_PAGE_READS
    assert_bounded(calls.made, "GetObject")
    assert len(asked_qdrant) <= MAX_SEARCH_CALLS
    asked_qdrant.clear()
    _, made, _ = ask(browser, calls, f"/documents/{document_id}/pages/5", fragment="true")
    assert made["GetObject"] <= MAX_PAGE_READS
    assert asked_qdrant == [], "turning a page marks nothing"
