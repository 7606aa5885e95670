"""Answers to questions, from Settings and the parts that find passages."""

from collections.abc import Callable, Sequence

from answers.answering import Answers, Search
from answers.chat_model import ChatModel
from composition.model_servers import llm_server
from config import Settings
from data_ingestion.artifacts import Artifacts
from foundation.app_config import AppConfig
from foundation.store_names import StoreName
from ledger.costs import Costs
from vector_stores.filters import SearchFilter
from vector_stores.points import Hit


def make_answers(
    settings: Settings,
    *,
    app_config: Callable[[], AppConfig],
    searcher: Callable[[StoreName], Search],
    passages_by_id: Callable[[StoreName, Sequence[str], SearchFilter], Sequence[Hit]],
    artifacts: Artifacts,
    costs: Costs,
) -> Answers:
    """Without a key and an address there is no model, and passages are the answer."""
    server = llm_server(settings)
    model = ChatModel(
        server.api_key, server.base_url, settings.llm_timeout_seconds, reasoning_effort=settings.llm_reasoning_effort
    )
    return Answers(
        model=model if server.is_given else None,
        model_name=settings.llm_model_name,
        app_config=app_config,
        searcher=searcher,
        passages_by_id=passages_by_id,
        links=artifacts.get_links,
        record_cost=costs.add,
    )
