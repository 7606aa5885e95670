"""Answers to questions, from Settings and the parts that find passages."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from answers.answering import Answers
from answers.chat_model import ChatModel
from answers.model_check import TIMEOUT_SECONDS, ModelCheck
from answers.retrieval import Retrieval
from composition.model_servers import NO_KEY, llm_server
from config import Settings
from data_ingestion.artifacts import Artifacts
from foundation.app_config import AppConfig
from ledger.costs import Costs
from model_api.client import CallLimits, LlmClient
from model_api.faults import RetryPolicy

if TYPE_CHECKING:
    from model_api.transport import Transport


class Closable(Protocol):
    """What holds threads and connections until it is closed."""

    def close(self) -> None: ...


#: As many as answers are open at once in a panel.
CHECKS_AT_ONCE = 16
#: A second question only shows the schema to a server that doesn't know it.
ONE_TRY = RetryPolicy(1, 1, 1, 1, invalid_attempts=2, longest_wait_seconds=0.0)


def make_answers(
    settings: Settings,
    *,
    app_config: Callable[[], AppConfig],
    retrieval: Retrieval,
    artifacts: Artifacts,
    costs: Costs,
    close_at_end: Callable[["Closable"], None],
) -> Answers:
    """Without a key and an address there is no model, and passages are the answer.

    `close_at_end` is given what has connections of its own.
    """
    server = llm_server(settings)
    model = ChatModel(
        server.api_key, server.base_url, settings.llm_timeout_seconds, reasoning_effort=settings.llm_reasoning_effort
    )
    model_check = None
    if server.is_given:
        client = _check_client(settings, artifacts)
        close_at_end(client)
        model_check = ModelCheck(client)
    return Answers(
        model=model if server.is_given else None,
        model_name=settings.llm_model_name,
        app_config=app_config,
        retrieval=retrieval,
        record_cost=costs.add,
        model_check=model_check,
    )


def _check_client(settings: Settings, artifacts: Artifacts) -> LlmClient:
    """Connects when the first answer is checked. A person waits: what fails is not tried again."""

    def transport() -> "Transport":
        from model_api.transport import OpenAiTransport

        server = llm_server(settings)
        return OpenAiTransport(
            server.api_key or NO_KEY, server.base_url, TIMEOUT_SECONDS, CHECKS_AT_ONCE, key_setting=server.key_setting
        )

    return LlmClient(
        transport,
        artifacts.answer_cache(),
        CallLimits(CHECKS_AT_ONCE, ONE_TRY),
        reasoning_effort=settings.llm_reasoning_effort,
    )
