"""Makes enrichers from settings: one client for the whole worker, one enricher for each version of AppConfig."""

from typing import TYPE_CHECKING

from config import AppConfig, Settings
from data_ingestion.enrichment.budget import find_price
from data_ingestion.enrichment.calls.cache import S3AnswerCache
from data_ingestion.enrichment.calls.client import LlmClient
from data_ingestion.enrichment.extractive import ExtractiveEnricher
from data_ingestion.enrichment.llm import LlmEnricher
from data_ingestion.enrichment.model import Enricher
from errors import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: For servers that want no key, but get one from every client.
NO_KEY = "none"


class Enrichers:
    """Close it when the worker stops."""

    def __init__(self, settings: Settings, s3: "S3Client") -> None:
        self._settings = settings
        self._client = _make_client(settings, s3) if settings.enrichment == "llm" else None

    def for_config(self, config: AppConfig) -> Enricher:
        """The enricher that works by `config`. Raises SettingsError when a cost cap lacks the price to keep it by."""
        if self._client is None:
            return ExtractiveEnricher()
        model = config.llm_model or self._settings.llm_model_name
        max_cost_usd = self._settings.max_cost_per_document_usd
        if max_cost_usd is not None and find_price(config.prices, model) is None:
            raise SettingsError(f"MAX_COST_PER_DOCUMENT_USD needs a price: AppConfig.prices has none for {model}")
        scope = self._settings.enrichment_scope
        return LlmEnricher(self._client, config, model=model, scope=scope, max_cost_usd=max_cost_usd)

    def close(self) -> None:
        """Drop every open question."""
        if self._client is not None:
            self._client.close()


def _make_client(settings: Settings, s3: "S3Client") -> LlmClient:
    from data_ingestion.enrichment.calls.transport import OpenAiTransport

    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else NO_KEY
    return LlmClient(
        lambda: OpenAiTransport(key, settings.openai_base_url, settings.llm_timeout_seconds, settings.llm_concurrency),
        S3AnswerCache(s3, settings.aws_s3_bucket_name),
        max_concurrency=settings.llm_concurrency,
    )
