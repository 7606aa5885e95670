"""What settings choose: the enricher, its limits, and the models that are paid for."""

import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from composition.enrichment import Enrichers, make_estimator
from config import Settings
from data_ingestion.enrichment.extractive_enricher import ExtractiveEnricher
from data_ingestion.enrichment.model_enricher import LlmEnricher
from foundation.app_config import parse_app_config
from foundation.aws import AwsClients
from foundation.errors import SettingsError

REPOSITORY = Path(__file__).resolve().parents[3]
CONFIG = parse_app_config(None)
NO_AWS = AwsClients(s3=cast(Any, None), writer=cast(Any, None), sqs=cast(Any, None), dynamodb=cast(Any, None))


def settings(**values: object) -> Settings:
    needed = {
        "aws_s3_bucket_name": "b",
        "sqs_queue_url": "q",
        "sqs_dlq_url": "d",
        "status_table_name": "t",
        "qdrant_url": "http://q",
        "openai_api_key": "k",
    }
    return Settings.model_validate({**needed, **values})


@pytest.mark.parametrize(("enrichment", "expected"), [("llm", LlmEnricher), ("extractive", ExtractiveEnricher)])
def test_settings_choose_the_enricher(enrichment: str, expected: type) -> None:
    enrichers = Enrichers(settings(enrichment=enrichment), NO_AWS)

    assert isinstance(enrichers.for_config(CONFIG), expected)
    enrichers.close()


def test_a_cost_cap_without_a_price_is_refused_by_name() -> None:
    enrichers = Enrichers(settings(max_cost_per_document_usd=0.5, llm_model_name="home-made"), NO_AWS)

    with pytest.raises(SettingsError, match="home-made"):
        enrichers.for_config(CONFIG)


@pytest.mark.parametrize(
    ("values", "models"),
    [
        ({}, ("gpt-4.1-mini", "text-embedding-3-small")),
        ({"enrichment": "extractive"}, (None, "text-embedding-3-small")),
        ({"embedding_provider": "static"}, ("gpt-4.1-mini", None)),
    ],
)
def test_an_estimate_counts_only_what_is_paid_for(values: dict[str, object], models: tuple[str | None, ...]) -> None:
    estimator = make_estimator(settings(**values), CONFIG)

    assert (estimator.llm_model, estimator.embedding_model) == models


def test_app_config_s_model_goes_before_the_settings() -> None:
    config = CONFIG.model_copy(update={"llm_model": "gpt-4.1"})

    assert make_estimator(settings(), config).llm_model == "gpt-4.1"


def test_what_costs_a_second_to_import_is_not_imported_before_it_is_needed() -> None:
    """A worker that only counts, the panel and the command line never pay for the model's client."""
    program = "import sys, composition.enrichment; print(sorted({'openai', 'tiktoken'} & sys.modules.keys()))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)

    assert done.stdout.strip() == "[]"
