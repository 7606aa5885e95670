"""Servers' dialects, and limits of cost and rate."""

from typing import Any

import pytest

from composition.parts import Parts
from data_ingestion.enrichment.model_enricher import LlmEnricher
from data_ingestion.lease import NoLease
from foundation.errors import CancelledWorkError, FailureCode, TransientError
from ledger.table import Table
from model_api.rate_limit import Limits, SharedRateLimit
from tests.support.chat_server import ChatServer, failure
from tests.support.describer import (
    CONFIG,
    FIRST_PAGE,
    LONG_SECTIONS,
    PATIENT,
    SECTIONS,
    SMALL_QUESTIONS,
    Describer,
    brief,
    page,
)


class TestDialects:
    def test_a_server_without_json_schema_is_asked_for_a_json_object(self, worker: Describer, chat: ChatServer) -> None:
        unsupported = failure(400, "'response_format.type' must be 'json_object' or 'text'", param="response_format")
        chat.takes = lambda body: (
            unsupported() if body.get("response_format", {}).get("type") == "json_schema" else None
        )

        enrichment = worker.describe()

        assert enrichment.degraded == ()
        assert chat.asked[-1].body["response_format"] == {"type": "json_object"}
        assert '"source_book_title"' in chat.asked[-1].system, "the schema is given in words"

    def test_a_newer_model_gets_the_parameters_that_it_takes(self, worker: Describer, chat: ChatServer) -> None:
        def newer(body: dict[str, Any]) -> Any:
            if "max_tokens" in body:
                fault = failure(
                    400, "Use 'max_completion_tokens' instead.", code="unsupported_parameter", param="max_tokens"
                )
            elif "temperature" in body:
                fault = failure(400, "Only the default (1) value is supported.", param="temperature")
            else:
                return None
            return fault()

        chat.takes = newer

        assert worker.describe().degraded == ()
        assert "max_completion_tokens" in chat.asked[-1].body
        assert "temperature" not in chat.asked[-1].body


class TestLimits:
    def test_a_server_that_takes_four_at_once_is_not_given_up_on(self, worker: Describer, chat: ChatServer) -> None:
        too_many = failure(429, retry_after_ms="30")
        chat.takes = lambda body: too_many() if chat.in_flight > 4 else None
        chat.delay_seconds = 0.03
        pages = tuple(page(n, f"Page {n} says much about goblins and the caves they live in.") for n in range(1, 81))

        enrichment = worker.describe(scope="page", pages=pages, max_concurrency=32, retry_policy=PATIENT)

        assert enrichment.degraded == ()
        assert len(worker.contexts) == 80
        refused = len(chat.asked) - 81
        assert refused < 81, "after the first wave of 429s the limit stays near what the server takes"

    def test_a_worker_that_stops_lets_its_documents_go_at_once(self, worker: Describer, chat: ChatServer) -> None:
        client = worker.client(max_concurrency=1)
        run = LlmEnricher(client, CONFIG, model="test-model", scope="page").begin(brief(2), NoLease())
        chat.delay_seconds = 0.5
        run.add_page(page(1, "A page that nobody will hear about, since the worker stops."))

        client.close()

        with pytest.raises(CancelledWorkError):
            run.finish(SECTIONS, FIRST_PAGE)

    def test_workers_share_their_tokens_a_minute_through_the_status_table(self, parts: Parts) -> None:
        table = Table(parts.aws.dynamodb, parts.settings.status_table_name)
        workers = [SharedRateLimit(table, Limits(60_000, None), chance=lambda: 0.0) for _ in range(3)]

        assert workers[0].reserve("test-model", 30_000) == 0
        waits = [other.reserve("test-model", 1_000) for other in workers]

        assert all(20 < wait <= 30 for wait in waits)

    def test_no_more_calls_are_in_flight_than_allowed(self, worker: Describer, chat: ChatServer) -> None:
        chat.delay_seconds = 0.1
        pages = tuple(page(n, f"Page {n} says much about goblins and the caves they live in.") for n in range(1, 13))

        worker.describe(scope="page", pages=pages, max_concurrency=3)

        assert chat.most_in_flight == 3

    def test_a_cancelled_document_stops_asking(self, worker: Describer, chat: ChatServer) -> None:
        class Lost(NoLease):
            def check(self, before: str) -> None:
                raise CancelledWorkError("somebody else has it", code=FailureCode.LEASE_LOST)

        chat.delay_seconds = 0.5
        pages = tuple(page(n, f"Page {n} says much about goblins and the caves they live in.") for n in range(1, 13))

        with pytest.raises(CancelledWorkError):
            worker.describe(scope="page", pages=pages, lease=Lost(), max_concurrency=2)

        assert len(chat.asked) <= 4, "what was on the wire, and nothing more"

    def test_what_answers_did_not_cost_is_there_for_the_next_questions(self, worker: Describer) -> None:
        """Reserved at most: 12 x $0.0032 and $0.021; spent: 12 x $0.0003 and $0.0003."""
        pages = tuple(page(n, f"Page {n} says much about goblins and the caves they live in.") for n in range(1, 13))

        enrichment = worker.describe(scope="page", pages=pages, max_cost_usd=0.03, max_concurrency=1)

        assert enrichment.degraded == ()
        assert enrichment.usage.cost_usd == pytest.approx(13 * 0.0003)

    def test_a_failed_document_can_tell_what_it_has_cost(self, worker: Describer, chat: ChatServer) -> None:
        chat.takes = lambda body: failure(401)() if len(chat.asked) > 3 else None
        enricher = LlmEnricher(worker.client(max_concurrency=1), SMALL_QUESTIONS, model="test-model", scope="document")
        run = enricher.begin(brief(9), NoLease())

        with pytest.raises(TransientError):
            run.finish(LONG_SECTIONS, FIRST_PAGE)

        assert (run.spent.tokens_in, run.spent.tokens_out) == (300, 60)
        assert run.spent.cost_usd == pytest.approx(3 * 0.0003)

    def test_nothing_is_asked_that_would_cost_too_much(self, worker: Describer, chat: ChatServer) -> None:
        enrichment = worker.describe(max_cost_usd=0.000_01)

        assert chat.asked == []
        assert enrichment.usage.cost_usd == 0.0
        [degraded] = enrichment.degraded
        assert "MAX_COST_PER_DOCUMENT_USD" in degraded
