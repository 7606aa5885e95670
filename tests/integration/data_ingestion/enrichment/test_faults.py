"""What a model's faults come to."""

import json
from typing import Any

import pytest

from foundation.errors import FailureCode, TransientError
from tests.support.chat_server import Asked, ChatServer, failure, plain_answer, says
from tests.support.describer import (
    LONG_SECTIONS,
    PATIENT,
    QUICK,
    Describer,
    cached_keys,
    page,
)


class TestFaults:
    @pytest.mark.parametrize(
        "fault",
        [
            failure(429, retry_after_ms="20"),
            failure(500),
            failure(503),
            says(None, refusal="I can't"),
            says("{", finish_reason="length"),
            says("This is not JSON"),
            says('{"summary": "but nothing else"}'),
            says(""),
        ],
        ids=["429", "500", "503", "refusal", "truncated", "not JSON", "wrong schema", "empty"],
    )
    def test_a_passing_fault_is_tried_again(self, worker: Describer, chat: ChatServer, fault: Any) -> None:
        chat.faults = [fault]

        enrichment = worker.describe(retry_policy=PATIENT)

        assert len(chat.asked) == 2
        assert enrichment.degraded == ()
        assert enrichment.description.summary == "All about goblins."
        assert enrichment.usage.calls == 2

    def test_a_truncated_answer_gets_a_larger_budget(self, worker: Describer, chat: ChatServer) -> None:
        chat.faults = [says("{", finish_reason="length")]

        worker.describe()

        first, second = chat.asked
        assert second.body["max_tokens"] > first.body["max_tokens"]

    def test_a_model_is_told_what_was_wrong_with_its_answer(self, worker: Describer, chat: ChatServer) -> None:
        chat.faults = [says('{"summary": "s"}')]

        worker.describe()

        correction = chat.asked[1].body["messages"][-1]["content"]
        assert "does not fit its schema" in correction
        assert "keywords: missing" in correction

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            (says(None, refusal="I am sorry, Dave"), "refused"),
            (says("{", finish_reason="length"), "cut off"),
            (says("<html>Gateway error</html>"), "does not fit its schema"),
            (failure(400, "the prompt was flagged", code="content_filter"), "refused"),
            (failure(400, "something about a value"), "rejected"),
        ],
        ids=["refusal", "truncated", "not JSON", "filtered", "rejected"],
    )
    def test_a_lasting_fault_degrades_and_its_text_is_stored_nowhere(
        self, worker: Describer, chat: ChatServer, fault: Any, reason: str
    ) -> None:
        chat.faults = [fault] * 20

        enrichment = worker.describe()

        [degraded] = enrichment.degraded
        assert reason in degraded
        assert enrichment.description.provenance.model == "extractive"
        assert enrichment.description.title == "The Goblin Handbook"
        assert "Dave" not in json.dumps(enrichment.description.to_json())
        assert "Gateway" not in json.dumps(enrichment.description.to_json())
        assert cached_keys(worker.bucket) == []

    def test_one_bad_page_costs_its_own_context_only(self, worker: Describer, chat: ChatServer) -> None:
        def answer_all_but_dragons(asked: Asked) -> dict[str, Any]:
            return {"no": "context"} if "dragon" in asked.user and "context" in asked.fields else plain_answer(asked)

        chat.answer = answer_all_but_dragons
        pages = [page(n, f"Page {n} says much about goblins and the caves they live in.") for n in range(1, 7)]
        pages[2] = page(3, "A page that is about dragons, which this model will not speak of at all.")

        enrichment = worker.describe(scope="page", pages=tuple(pages))

        assert sorted(worker.contexts) == [1, 2, 4, 5, 6]
        [degraded] = enrichment.degraded
        assert degraded.startswith("1 of 6 page contexts missing (pages 3): the answer does not fit its schema")
        assert enrichment.description.provenance.model == "test-model"

    def test_an_answer_that_does_not_come_in_time_degrades(self, worker: Describer, chat: ChatServer) -> None:
        chat.delay_seconds = 1.0

        enrichment = worker.describe(timeout_seconds=0.2)

        [degraded] = enrichment.degraded
        assert "did not answer in time" in degraded

    @pytest.mark.parametrize(
        ("fault", "retry_after_seconds"),
        [
            (failure(500), 7.0),
            (failure(429, retry_after="3600"), 3600.0),
            (failure(429, "quota", code="insufficient_quota"), QUICK.closed_retry_after_seconds),
            (failure(401, "Incorrect API key provided: a-key"), QUICK.closed_retry_after_seconds),
            (failure(404, "no such model", code="model_not_found"), QUICK.closed_retry_after_seconds),
        ],
        ids=["500", "429 for an hour", "quota", "bad key", "no model"],
    )
    def test_an_outage_sends_the_document_back_to_the_queue(
        self, worker: Describer, chat: ChatServer, fault: Any, retry_after_seconds: float
    ) -> None:
        chat.faults = [fault] * 50

        with pytest.raises(TransientError) as raised:
            worker.describe()

        assert raised.value.code is FailureCode.LLM_FAILED
        assert raised.value.dependency == "llm"
        assert raised.value.retry_after_seconds == retry_after_seconds
        assert "a-key" not in str(raised.value)

    def test_a_server_that_is_not_there_is_an_outage(self, worker: Describer) -> None:
        worker.base_url = "http://127.0.0.1:9/v1"

        with pytest.raises(TransientError, match="no connection"):
            worker.describe()

    def test_a_question_that_upsets_the_server_is_no_outage_while_others_are_answered(
        self, worker: Describer, chat: ChatServer
    ) -> None:
        upset = failure(500)

        def refuse_dragons(body: dict[str, Any]) -> Any:
            return upset() if "dragons" in json.dumps(body["messages"][1]) else None

        chat.takes = refuse_dragons
        pages = [page(n, f"Page {n} says much about goblins and the caves they live in.") for n in range(1, 7)]

        enrichment = worker.describe(scope="page", pages=(*pages, page(7, "A page about dragons. " * 4)))

        [degraded] = enrichment.degraded
        assert degraded.startswith("1 of 7 page contexts missing (pages 7)")

    def test_a_text_that_is_too_long_for_the_model_is_halved_until_it_fits(
        self, worker: Describer, chat: ChatServer
    ) -> None:
        too_long = failure(400, "maximum context length is 1000 tokens", code="context_length_exceeded")
        chat.takes = lambda body: too_long() if len(body["messages"][1]["content"]) > 6_000 else None

        enrichment = worker.describe(LONG_SECTIONS)

        answered = [asked.user for asked in chat.asked if len(asked.user) <= 6_000]
        assert enrichment.degraded == ()
        assert enrichment.description.summary == "All about goblins."
        for number in range(1, 7):
            assert any(f"goblin number {number}" in user for user in answered)
