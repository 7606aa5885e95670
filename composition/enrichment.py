"""Makes enrichers from settings: one client for the whole worker, one enricher for each version of AppConfig."""

from composition.model_servers import NO_KEY, llm_server
from config import Settings
from data_ingestion.enrichment.estimate import Estimator
from data_ingestion.enrichment.extractive_enricher import ExtractiveEnricher
from data_ingestion.enrichment.model_enricher import LlmEnricher
from data_ingestion.enrichment.ports import Enricher
from foundation.app_config import AppConfig
from foundation.aws import AwsClients
from foundation.errors import SettingsError
from ledger.table import Table
from model_api.answer_cache import S3AnswerCache
from model_api.asked_questions import AskedQuestions
from model_api.client import CallLimits, LlmClient
from model_api.prices import find_price
from model_api.rate_limit import Limits, SharedRateLimit


class Enrichers:
    """Close it when the worker stops."""

    def __init__(self, settings: Settings, aws: AwsClients) -> None:
        self._settings = settings
        self._client = _make_client(settings, aws) if settings.enrichment == "llm" else None

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

    def warm_up(self) -> None:
        """Make the client ready in the background."""
        if self._client is not None:
            self._client.warm_up()

    def probe(self, model: str) -> None:
        """Raises TransientError, or DeploymentError, while `model` would answer no document either."""
        if self._client is not None:
            self._client.probe(model)

    def close(self) -> None:
        """Drop every open question."""
        if self._client is not None:
            self._client.close()


def make_estimator(settings: Settings, config: AppConfig) -> Estimator:
    """Estimates by the models that these settings pay for."""
    return Estimator(
        config=config,
        scope=settings.enrichment_scope,
        llm_model=(config.llm_model or settings.llm_model_name) if settings.enrichment == "llm" else None,
        embedding_model=settings.openai_embedding_model if settings.embedding_provider == "openai" else None,
    )


def _make_client(settings: Settings, aws: AwsClients) -> LlmClient:
    from model_api.transport import OpenAiTransport

    server = llm_server(settings)
    cache = S3AnswerCache(aws.s3, aws.writer, settings.aws_s3_bucket_name)
    return LlmClient(
        lambda: OpenAiTransport(
            server.api_key or NO_KEY,
            server.base_url,
            settings.llm_timeout_seconds,
            settings.llm_concurrency,
            key_setting=server.key_setting,
        ),
        cache,
        CallLimits(settings.llm_concurrency, rate_limit=_make_rate_limit(settings, aws)),
        notes=make_asked_questions(settings, aws, cache),
        reasoning_effort=settings.llm_reasoning_effort,
    )


def make_asked_questions(settings: Settings, aws: AwsClients, cache: S3AnswerCache) -> AskedQuestions:
    """The notes of the worker's questions; the panel's own questions are not noted."""
    table = Table(aws.dynamodb, settings.status_table_name)
    return AskedQuestions(table, cache.has_answers, settings.llm_cache_days)


def _make_rate_limit(settings: Settings, aws: AwsClients) -> SharedRateLimit | None:
    limits = Limits(settings.llm_tpm_limit, settings.llm_rpm_limit)
    if limits.tokens is None and limits.requests is None:
        return None
    return SharedRateLimit(Table(aws.dynamodb, settings.status_table_name), limits)
