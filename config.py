"""Settings: what differs between one deployment and another, read from the environment and `.env`, validated once.

They say where things are and how much of the machine may be used. What people tune while workers run is AppConfig
(`foundation/app_config.py`). No other module reads the environment.
"""

import os
import warnings
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ModelWrapValidatorHandler, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from foundation.errors import SettingsError
from foundation.setting_names import describe_fault, named_env_file, spelling_faults
from foundation.store_names import STORE_NAMES, StoreName, parse_store_names

#: Qdrant's REST interface: https://qdrant.tech/documentation/guides/configuration/
QDRANT_PORT = 6333
#: `static` needs no key and no network; `lexical` is its old name.
EmbeddingProvider = Literal["openai", "local", "fastembed", "static", "lexical"]


class Settings(BaseSettings):
    """Everything that differs between one deployment and another. Names in the environment are upper case."""

    model_config = SettingsConfigDict(env_file_encoding="utf-8", extra="ignore", frozen=True, env_ignore_empty=True)

    # AWS. Credentials are normally the task role's; keys are only for local stacks and machines without a role.
    aws_region: str = "us-east-1"
    aws_endpoint_url: str | None = None
    aws_access_key_id: SecretStr | None = None
    aws_secret_access_key: SecretStr | None = None
    aws_session_token: SecretStr | None = None
    aws_s3_bucket_name: str
    aws_s3_pdf_prefix: str = "source-pdfs/"
    sqs_queue_url: str
    sqs_dlq_url: str
    status_table_name: str

    # Qdrant: a URL, or a host and a port. The folder is the development server's (scripts/local_stack.py qdrant).
    qdrant_url: str | None = None
    qdrant_host: str | None = None
    qdrant_port: int = QDRANT_PORT
    qdrant_api_key: SecretStr | None = None
    qdrant_local_path: Path | None = None
    qdrant_pages_collection: str = "dnd_pdf_pages"
    qdrant_semantic_collection: str = "dnd_semantic"
    qdrant_haystack_collection: str = "dnd_haystack_qdrant"
    # Of collections that are made from now on; None: the server's own default.
    qdrant_replication_factor: int | None = Field(default=None, ge=1, le=16, description="copies of each shard")
    qdrant_shards: int | None = Field(default=None, ge=1, le=256)
    qdrant_quantization: Literal["none", "scalar", "binary"] = "none"
    qdrant_vectors_on_disk: bool = Field(default=False, description="dense vectors are read from disk")
    target_stores: Annotated[tuple[StoreName, ...], NoDecode] = STORE_NAMES
    write_history: bool = Field(default=True, description="keep processing/pdf_process_history.json up to date")

    # Models.
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    # Servers of their own for descriptions and answers, and for vectors; None: the one above. It gets no other's key.
    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None
    embedding_base_url: str | None = None
    embedding_api_key: SecretStr | None = None
    llm_model_name: str = "gpt-4.1-mini"
    llm_reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    openai_embedding_model: str = "text-embedding-3-small"
    embedding_provider: EmbeddingProvider = "openai"  # static where neither a key nor an address is set
    # A model of sentence-transformers or fastembed, by its name on the hub or its folder.
    local_embedding_model: str = "BAAI/bge-small-en-v1.5"
    # None: as known of a local model, nothing with a server's, whose vectors may have been made without.
    embedding_query_prefix: str | None = None
    embedding_passage_prefix: str | None = None
    # A second look at the best passages: a server that speaks /rerank, or without an address a local cross-encoder.
    rerank_url: str | None = None
    rerank_model: str | None = None
    rerank_api_key: SecretStr | None = None
    enrichment: Literal["llm", "extractive"] = "llm"
    enrichment_scope: Literal["document", "section", "page"] = "document"

    # How much at once.
    worker_concurrency: int = Field(default=2, ge=1, le=64, description="documents at once")
    extraction_processes: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=64)
    llm_concurrency: int = Field(default=32, ge=1, le=512)
    llm_timeout_seconds: float = Field(default=120.0, gt=0, description="for one answer")
    # Shared by all workers that use the same status table; None: no limit, and no calls to keep to one.
    llm_tpm_limit: int | None = Field(default=None, ge=1_000, description="tokens a minute")
    llm_rpm_limit: int | None = Field(default=None, ge=1, description="requests a minute")
    max_cost_per_document_usd: float | None = Field(default=None, gt=0)

    # The queue.
    visibility_timeout_seconds: int = Field(default=120, ge=2, le=43_200)
    wait_time_seconds: int = Field(default=20, ge=0, le=20)
    shutdown_grace_seconds: float = Field(default=110.0, ge=0)
    worker_max_memory_megabytes: int | None = Field(default=2_048, ge=64, description="more ends it, to start afresh")
    metrics_namespace: str = Field(default="PdfIngestion", min_length=1, max_length=255)
    # ECS sets these two itself.
    ecs_agent_uri: str | None = None
    ecs_container_metadata_uri_v4: str | None = None

    # The sandbox: what one PDF may cost.
    max_pdf_megabytes: int = Field(default=512, ge=1)
    max_pages: int = Field(default=5_000, ge=1)
    page_timeout_seconds: float = Field(default=30.0, gt=0, description="wall clock for one page")
    page_cpu_seconds: float = Field(default=20.0, gt=0)
    extraction_memory_megabytes: int = Field(default=1_536, ge=256, description="address space of one child process")
    max_page_characters: int = Field(default=1_000_000, ge=1_000)
    max_image_pixels: int = Field(default=25_000_000, ge=10_000)
    max_bad_pages_percent: float = Field(default=50.0, ge=0, le=100, description="more than this fails the document")
    pages_per_child: int = Field(default=1_000, ge=1, description="a child is replaced after this many pages")
    max_page_links: int = Field(default=2_000, ge=0, description="more links than this on a page are left out")
    max_lost_seconds: float = Field(default=600.0, gt=0, description="that one document's unreadable pages may cost")

    # The panel. `app_password` is the password itself or its argon2 hash; machines send it, or `app_api_token`.
    app_password: SecretStr | None = None
    app_api_token: SecretStr | None = None
    secret_key: SecretStr | None = None
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/]+$", description="where people find the panel")
    panel_https: bool = Field(default=True, description="cookies are for HTTPS only")
    panel_trusted_proxies: int = Field(default=0, ge=0, le=5, description="load balancers in front of the panel")
    panel_upload_mode: Literal["auto", "direct", "app"] = "auto"  # auto: to S3 directly where CORS lets the browser

    log_format: Literal["json", "console"] | None = None  # None: console on a terminal, JSON elsewhere
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def qdrant_address(self) -> str:
        """The server's URL with its port, whichever way it was given."""
        return with_port(self.qdrant_url or f"http://{self.qdrant_host}:{self.qdrant_port}")

    @field_validator("target_stores", mode="before")
    @classmethod
    def _parse_target_stores(cls, value: Any) -> tuple[StoreName, ...]:
        return parse_store_names(value)

    @field_validator("aws_s3_pdf_prefix")
    @classmethod
    def _prefix_ends_with_slash(cls, value: str) -> str:
        if not value.endswith("/") or value.startswith("/"):
            raise ValueError("must end with a slash and not start with one, e.g. source-pdfs/")
        return value

    @model_validator(mode="wrap")
    @classmethod
    def _name_all_faults_at_once(cls, values: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        values = _with_embedding_provider(values)
        faults = _combination_faults(values)
        try:
            settings = validate(values)
        except ValidationError as error:
            faults = [describe_fault(fault) for fault in error.errors(include_url=False)] + faults
        if faults:
            raise SettingsError("wrong settings: " + "; ".join(faults), faults)
        return settings


def with_port(url: str) -> str:
    """`url` with Qdrant's own port where it names none: that is where Qdrant's clients go, whatever the scheme."""
    parts = urlsplit(url)
    try:
        if not parts.hostname or parts.port is not None:
            return url
    except ValueError:  # a port that is no number: the first call says so
        return url
    return parts._replace(netloc=f"{parts.netloc.removesuffix(':')}:{QDRANT_PORT}").geturl()


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


def _with_embedding_provider(values: dict[str, Any]) -> dict[str, Any]:
    """Without a key or an address the default is the model that needs neither; `lexical` is its old name."""
    given = values.get("embedding_provider")
    if given == "lexical":
        message = "EMBEDDING_PROVIDER=lexical is now called static: a model in a package, without a key or a network"
        warnings.warn(message, FutureWarning, stacklevel=2)
    if given == "lexical" or not (given or _has_server(values, "embedding")):
        return {**values, "embedding_provider": "static"}
    return values


def _combination_faults(values: dict[str, Any]) -> list[str]:
    """What is wrong between settings that are each fine; `values` are raw, so that missing ones don't hide this."""
    faults = []
    given = sum(bool(values.get(name)) for name in ("qdrant_url", "qdrant_host"))
    if not given and values.get("qdrant_local_path"):
        faults.append(
            "QDRANT_LOCAL_PATH is the folder of the development server: start that with `python scripts/local_stack.py"
            " qdrant` and set QDRANT_URL to its address"
        )
    elif given != 1:
        faults.append("set exactly one of QDRANT_URL and QDRANT_HOST")
    users = [
        f"{name.upper()}={value}"
        for name, value, server in (("embedding_provider", "openai", "embedding"), ("enrichment", "llm", "llm"))
        if values.get(name, value) == value and not _has_server(values, server)
    ]
    if users:
        faults.append(
            f"OPENAI_API_KEY (or OPENAI_BASE_URL) is needed by {' and '.join(users)};"
            " without one choose EMBEDDING_PROVIDER=static and ENRICHMENT=extractive"
        )
    return faults


def _has_server(values: dict[str, Any], name: str) -> bool:
    """Whether a key or an address is given, for all or for `name` (llm, embedding)."""
    return any(values.get(f"{whose}_{what}") for whose in ("openai", name) for what in ("api_key", "base_url"))
