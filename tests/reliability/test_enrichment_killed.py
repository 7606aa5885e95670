"""A worker is killed while it asks about a document; the next one pays again for what was in flight, and no more."""

import multiprocessing
import threading
from collections import Counter
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from data_ingestion.enrichment.model_enricher import LlmEnricher
from data_ingestion.enrichment.ports import DocumentBrief, Enrichment
from data_ingestion.lease import NoLease
from document_structure.section_texts import SectionText
from foundation.app_config import parse_app_config
from model_api.answer_cache import S3AnswerCache
from model_api.client import CallLimits, LlmClient
from model_api.transport import OpenAiTransport
from pdf_reader.document import DocumentFacts, Page, PageOutcome
from tests.support.buckets import s3_at, writer_to
from tests.support.chat_server import Asked, ChatServer, plain_answer

BUCKET = "killed-enrichment"
PAGES = 60
IN_FLIGHT = 4


def describe(endpoint_url: str, base_url: str) -> Enrichment:
    """What a worker does with one document, in the process that calls it."""
    bucket = s3_at(endpoint_url)
    client = LlmClient(
        lambda: OpenAiTransport("a-key", base_url, 30.0, IN_FLIGHT),
        S3AnswerCache(bucket, writer_to(bucket, BUCKET), BUCKET),
        CallLimits(IN_FLIGHT),
    )
    enricher = LlmEnricher(client, parse_app_config(None), model="m", scope="page")
    run = enricher.begin(DocumentBrief("k", "d", "f.pdf", DocumentFacts(PAGES)), NoLease())
    texts = [f"Page {n} says much about goblins and the caves that they live in." for n in range(1, PAGES + 1)]
    for number, text in enumerate(texts, 1):
        run.add_page(Page(number, PageOutcome.TEXT, text))
    enrichment = run.finish([SectionText((), 1, PAGES, "\n".join(texts))], texts[0])
    client.close()
    return enrichment


@pytest.mark.system
@pytest.mark.parametrize("kill_at", [1, 25, PAGES])
def test_after_a_kill_at_most_the_calls_in_flight_are_made_again(moto_endpoint: str, kill_at: int) -> None:
    bucket = s3_at(moto_endpoint)
    bucket.create_bucket(Bucket=BUCKET)
    for stored in bucket.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        bucket.delete_object(Bucket=BUCKET, Key=stored["Key"])
    reached = threading.Event()

    with HTTPServer(host="127.0.0.1", threaded=True) as httpserver:
        chat = ChatServer.on(httpserver)

        def answer(asked: Asked) -> dict[str, Any]:
            if len(chat.asked) >= kill_at:
                reached.set()
            return plain_answer(asked)

        chat.answer = answer
        worker = multiprocessing.get_context("spawn").Process(target=describe, args=(moto_endpoint, chat.base_url))
        worker.start()
        assert reached.wait(240)
        worker.kill()
        worker.join()

        enrichment = describe(moto_endpoint, chat.base_url)

    times = Counter(asked.user for asked in chat.asked)
    assert len(times) == PAGES + 1, "every page, and the document"
    assert sum(n - 1 for n in times.values()) <= IN_FLIGHT
    assert enrichment.degraded == ()
