"""Settings: what differs between one deployment and another, read from the environment and `.env`, validated once.

They say where services are and how much of the machine may be used. What people tune while workers run is AppConfig
(`foundation/app_config.py`). Only `doctor` reads the environment too, to
check it.
"""

import os
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from foundation.errors import SettingsError
from foundation.setting_combinations import combination_faults, with_embedding_provider
from foundation.setting_names import describe_fault, named_env_file, spelling_faults
from foundation.setting_values import QDRANT_PORT, HostNames, KeyPrefix, StoreNames, with_port
from foundation.store_names import STORE_NAMES

#: `static` needs no key and no network; `lexical` is its old name.
EmbeddingProvider = Literal["openai", "local", "fastembed", "static", "lexical"]


def _setting(group: str, description: str, **field: Any) -> Any:
    """A setting: the group that docs/settings.md shows it in, and what it does."""
    return Field(description=description, json_schema_extra={"group": group}, **field)


_aws, _qdrant, _models, _worker, _events, _sandbox, _panel, _mcp, _logs = (
    partial(_setting, group)
    for group in ("AWS", "Qdrant", "Models", "Worker", "Events", "Sandbox", "Panel", "MCP server", "Logs")
)


class Settings(BaseSettings):
    """Everything that differs between one deployment and another. Names in the environment are upper case."""

    model_config = SettingsConfigDict(env_file_encoding="utf-8", extra="ignore", frozen=True, env_ignore_empty=True)

    # AWS. Credentials are normally the task role's; keys are only for local stacks and machines without a role.
    aws_s3_bucket_name: str = _aws("The bucket that PDFs are put into and results are written to.")
    sqs_queue_url: str = _aws("The queue that the bucket tells of uploads.")
    sqs_dlq_url: str = _aws("The dead-letter queue: messages that wait for a person.")
    status_table_name: str = _aws("The DynamoDB table of the ledger.")
    aws_region: str = _aws("The region of bucket, queues and table.", default="us-east-1")
    aws_s3_pdf_prefix: KeyPrefix = _aws("The folder of the bucket that holds the PDFs.", default="source-pdfs/")
    autoscaling_target: str | None = _aws(
        "The workers' service as `service/CLUSTER/SERVICE`: while an operator has paused them, no tasks start.",
        default=None,
        pattern="^service/[^/]+/[^/]+$",
    )
    aws_endpoint_url: str | None = _aws("The address of an emulator of AWS. Leave it out on AWS.", default=None)
    aws_access_key_id: SecretStr | None = _aws("A key, where no role gives one.", default=None)
    aws_secret_access_key: SecretStr | None = _aws("The secret of that key.", default=None)
    aws_session_token: SecretStr | None = _aws("The session of that key, if it is a temporary one.", default=None)

    qdrant_url: str | None = _qdrant(
        "The server's address, with its port if that isn't 6333. Set this or `QDRANT_HOST`.", default=None
    )
    qdrant_host: str | None = _qdrant("The server's host name, reached by plain HTTP.", default=None)
    qdrant_port: int = _qdrant("The server's port, beside `QDRANT_HOST`.", default=QDRANT_PORT)
    qdrant_api_key: SecretStr | None = _qdrant("The server's key.", default=None)
    qdrant_local_path: Path | None = _qdrant(
        "The folder where the local stack's development server keeps its points. Only the local stack reads it.",
        default=None,
    )
    qdrant_pages_collection: str = _qdrant("The collection of the store `pages`.", default="dnd_pdf_pages")
    qdrant_semantic_collection: str = _qdrant("The collection of the store `semantic`.", default="dnd_semantic")
    qdrant_haystack_collection: str = _qdrant("The collection of the store `haystack`.", default="dnd_haystack_qdrant")
    qdrant_replication_factor: int | None = _qdrant(
        "Copies of each shard, in collections made from now on.", default=None, ge=1, le=16
    )
    qdrant_shards: int | None = _qdrant("Shards of collections made from now on.", default=None, ge=1, le=256)
    qdrant_quantization: Literal["none", "scalar", "binary"] = _qdrant(
        "How vectors are compressed in memory, in collections made from now on.", default="none"
    )
    qdrant_vectors_on_disk: bool = _qdrant(
        "Read dense vectors from disk instead of memory, in collections made from now on.", default=False
    )
    target_stores: StoreNames = _qdrant(
        "The stores that documents go into: `all`, or a comma list.", default=STORE_NAMES
    )

    openai_api_key: SecretStr | None = _models("The key of the server of models.", default=None)
    openai_base_url: str | None = _models(
        "The address of a server that speaks OpenAI's protocol, if it isn't OpenAI's own.", default=None
    )
    llm_base_url: str | None = _models(
        "A server of its own for descriptions and answers. `OPENAI_API_KEY` is not sent to it.", default=None
    )
    llm_api_key: SecretStr | None = _models("The key for descriptions and answers.", default=None)
    embedding_base_url: str | None = _models(
        "A server of its own for embeddings. `OPENAI_API_KEY` is not sent to it.", default=None
    )
    embedding_api_key: SecretStr | None = _models("The key for embeddings.", default=None)
    llm_model_name: str = _models(
        "The model of descriptions and answers, unless AppConfig's `llm_model` names one.", default="gpt-4.1-mini"
    )
    llm_reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = _models(
        "How long a reasoning model may think. What it thinks is paid for as output.", default=None
    )
    llm_timeout_seconds: float = _models("How long one answer may take.", default=120.0, gt=0)
    openai_embedding_model: str = _models(
        "The embedding model, where `EMBEDDING_PROVIDER` is `openai`.", default="text-embedding-3-small"
    )
    embedding_provider: EmbeddingProvider = _models(
        "What makes embeddings: a server (`openai`), a model in a package (`static`: no key, no network), or"
        " sentence-transformers or fastembed (`local`, `fastembed`), which you install. Without a key and an address"
        " the default is `static`. `lexical` is the old name of `static`.",
        default="openai",
    )
    local_embedding_model: str = _models(
        "The embedding model where `EMBEDDING_PROVIDER` is `local` or `fastembed`: a name on the hub, or a folder.",
        default="BAAI/bge-small-en-v1.5",
    )
    embedding_query_prefix: str | None = _models(
        "What is put before questions. Without it: what is known of a local model, and nothing with a server.",
        default=None,
    )
    embedding_passage_prefix: str | None = _models(
        "What is put before passages, as for questions. A change needs `leafmill stores migrate-embeddings`.",
        default=None,
    )
    rerank_url: str | None = _models(
        "A server that speaks `/rerank` and ranks the best passages again. Without it, a local cross-encoder does if"
        " `RERANK_MODEL` is set.",
        default=None,
    )
    rerank_model: str | None = _models("The reranker's model.", default=None)
    rerank_api_key: SecretStr | None = _models("The reranker's key.", default=None)
    enrichment: Literal["llm", "extractive"] = _models(
        "Who describes documents: a model (`llm`), or rules that need none (`extractive`).", default="llm"
    )
    enrichment_scope: Literal["document", "section", "page"] = _models(
        "How finely a model describes a document.", default="document"
    )
    llm_tpm_limit: int | None = _models(
        "Tokens a minute that all workers of one table share. Without it there is no limit.", default=None, ge=1_000
    )
    llm_rpm_limit: int | None = _models(
        "Requests a minute that all workers of one table share. Without it there is no limit.", default=None, ge=1
    )
    max_cost_per_document_usd: float | None = _models(
        "What one document's questions may cost in US dollars. A question beyond it is not asked.", default=None, gt=0
    )

    worker_concurrency: int = _worker("Documents at once.", default=2, ge=1, le=64)
    extraction_processes: int = _worker(
        "Child processes that read PDFs, by default one a processor.",
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=64,
    )
    llm_cache_days: int = _worker(
        "How long S3 keeps the model's answers, as the bucket's lifecycle rule says. A smaller number asks again for"
        " answers that are still there.",
        default=365,
        ge=1,
    )
    llm_concurrency: int = _worker("Questions to the model at once.", default=32, ge=1, le=512)
    visibility_timeout_seconds: int = _worker(
        "How long SQS hides a received message. A heartbeat extends it every third of that time.",
        default=120,
        ge=2,
        le=43_200,
    )
    wait_time_seconds: int = _worker("How long one request for messages waits.", default=20, ge=0, le=20)
    shutdown_grace_seconds: float = _worker(
        "How long documents at work may go on after SIGTERM. The container's stop time-out must be longer.",
        default=110.0,
        ge=0,
    )
    worker_max_memory_megabytes: int | None = _worker(
        "A worker whose own process grows beyond this ends in order, so that a new one takes over.",
        default=2_048,
        ge=64,
    )
    write_history: bool = _worker("Keep `processing/pdf_process_history.json` up to date.", default=True)
    metrics_namespace: str = _worker(
        "The CloudWatch namespace of the metrics.", default="PdfIngestion", min_length=1, max_length=255
    )
    ecs_agent_uri: str | None = _worker("Set by ECS: where scale-in protection is asked for.", default=None)
    ecs_container_metadata_uri_v4: str | None = _worker(
        "Set by ECS: where the task's own description is read.", default=None
    )

    events_target_arn: str | None = _events(
        "The EventBridge bus or the SNS topic that gets an event for what became of each document. Without it there are"
        " no events. Set it for workers and commands alike.",
        default=None,
        pattern=r"^arn:aws[a-z-]*:(events:[a-z0-9-]+:\d{12}:event-bus/[^\s/]+|sns:[a-z0-9-]+:\d{12}:\S+)$",
    )

    max_pdf_megabytes: int = _sandbox("The largest PDF.", default=512, ge=1)
    max_pages: int = _sandbox("The most pages of a PDF.", default=5_000, ge=1)
    page_timeout_seconds: float = _sandbox("How long reading one page may take.", default=30.0, gt=0)
    page_cpu_seconds: float = _sandbox("How much CPU time reading one page may take.", default=20.0, gt=0)
    extraction_memory_megabytes: int = _sandbox("The address space of one child process.", default=1_536, ge=256)
    max_page_characters: int = _sandbox(
        "A page with more characters is not read (`too_complex`).", default=1_000_000, ge=1_000
    )
    max_image_pixels: int = _sandbox(
        "The most pixels of a page image. A larger page is rendered at a lower resolution.",
        default=25_000_000,
        ge=10_000,
    )
    max_bad_pages_percent: float = _sandbox(
        "A document with more unreadable pages fails; with fewer it is `degraded`.", default=50.0, ge=0, le=100
    )
    pages_per_child: int = _sandbox("A child process is replaced after this many pages.", default=1_000, ge=1)
    max_page_links: int = _sandbox("Links of a page beyond this number are left out.", default=2_000, ge=0)
    max_lost_seconds: float = _sandbox(
        "How long the unreadable pages of one document may take together.", default=600.0, gt=0
    )

    app_password: SecretStr | None = _panel(
        "The password, or its argon2 hash. The panel does not start without it.", default=None
    )
    secret_key: SecretStr | None = _panel(
        "What signs sessions: 32 random characters or more. The panel does not start without it.", default=None
    )
    app_api_token: SecretStr | None = _panel(
        "What programs send as `Authorization: Bearer …`. Without it they send the password.", default=None
    )
    public_url: str | None = _panel(
        "The panel's address. A visitor who comes by another name is sent there.",
        default=None,
        pattern=r"^https?://[^/]+$",
    )
    panel_https: bool = _panel("Whether cookies are for HTTPS only. `false` on a machine of your own.", default=True)
    panel_trusted_proxies: int = _panel(
        "How many load balancers in front of the panel set `X-Forwarded-For`.", default=0, ge=0, le=5
    )
    panel_upload_mode: Literal["auto", "direct", "app"] = _panel(
        "How browsers upload: to S3 (`direct`), through the panel (`app`), or to S3 where the bucket's CORS rules let"
        " them (`auto`).",
        default="auto",
    )

    mcp_token: SecretStr | None = _mcp(
        "What agents that see every document send to `leafmill mcp --http` as `Authorization: Bearer …`: 32 random"
        " characters or more. Without it only keys of the API are let in.",
        default=None,
    )
    mcp_trusted_proxies: int = _mcp(
        "How many load balancers in front of `leafmill mcp --http` set `X-Forwarded-For`.", default=0, ge=0, le=5
    )
    mcp_allowed_hosts: HostNames = _mcp(
        "Names by which agents reach `leafmill mcp --http`, as a comma list, beside the one it is bound to. Requests"
        " for other names are refused.",
        default=(),
    )

    log_format: Literal["json", "console"] | None = _logs(
        "By default `console` on a terminal and `json` elsewhere.", default=None
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _logs(
        "The least severe level that is logged.", default="INFO"
    )

    @property
    def qdrant_address(self) -> str:
        """The server's URL with its port, whichever way it was given."""
        return with_port(self.qdrant_url or f"http://{self.qdrant_host}:{self.qdrant_port}")

    @model_validator(mode="wrap")
    @classmethod
    def _name_all_faults_at_once(cls, values: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        values = with_embedding_provider(values)
        faults = combination_faults(values)
        try:
            settings = validate(values)
        except ValidationError as error:
            faults = [describe_fault(fault) for fault in error.errors(include_url=False)] + faults
        if faults:
            raise SettingsError("wrong settings: " + "; ".join(faults), faults)
        return settings


def load_settings(env_file: str | Path | None = None) -> Settings:
    """Read the environment and `.env` (or the file that `ENV_FILE` names); the environment wins.

    Raises SettingsError with one message that names every missing, wrong or misspelt setting, and never shows a value.
    """
    env_file = env_file or named_env_file(os.environ) or ".env"
    misspelt = spelling_faults(env_file, os.environ, (name.upper() for name in Settings.model_fields))
    try:
        settings = Settings(_env_file=env_file)  # type: ignore[call-arg]
    except SettingsError as error:
        raise SettingsError("; ".join([str(error), *misspelt]), [*error.faults, *misspelt]) from None
    if misspelt:
        raise SettingsError("wrong settings: " + "; ".join(misspelt), misspelt)
    return settings
