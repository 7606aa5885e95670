"""The worker with ENRICHMENT=llm, as a process of its own, against a loopback model."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from composition.parts import Parts
from ledger.costs import Costs
from tests.integration.embeddings.test_openai import TOKENS, EmbeddingsServer
from tests.integration.worker.test_end_to_end import Machine
from tests.support.chat_server import ChatServer, prompt_tokens

KEY = "source-pdfs/harbour-handbook.pdf"


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as httpserver:
        yield ChatServer.on(httpserver)


@pytest.fixture
def machine(stack_env: dict[str, str], chat: ChatServer) -> Machine:
    model = {"OPENAI_API_KEY": "a-key", "OPENAI_BASE_URL": chat.base_url, "LLM_MODEL_NAME": "gpt-4.1-mini"}
    return Machine({**stack_env, **model, "ENRICHMENT": "llm", "ENRICHMENT_SCOPE": "page", "LLM_TPM_LIMIT": "1000000"})


def metadata(parts: Parts) -> dict[str, object]:
    s3, bucket = parts.aws.s3, parts.settings.aws_s3_bucket_name
    found_keys = s3.list_objects_v2(Bucket=bucket, Prefix="pdf-metadata/")["Contents"]
    [item] = [item for item in found_keys if item["Key"].count("/") == 1]
    found: dict[str, object] = json.loads(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())
    return found


def test_a_document_is_described_paid_for_once_and_its_cost_told(
    machine: Machine, chat: ChatServer, parts: Parts, samples: Path
) -> None:
    machine.manage("upload", str(samples / "harbour-handbook.pdf"))
    machine.work()

    document = machine.status()[KEY]
    assert (document["status"], document["degraded"]) == ("succeeded", [])
    assert len(chat.asked) == 7, "six pages and the document"
    tokens_in = sum(prompt_tokens(asked.body) for asked in chat.asked)
    assert (document["tokens_in"], document["tokens_out"]) == (tokens_in, 140)
    assert document["cost_usd"] == pytest.approx(tokens_in * 0.4e-6 + 140 * 1.6e-6, abs=1e-6)
    described = metadata(parts)
    assert described["summary"] == "All about goblins."
    assert described["provenance"]["model"] == "gpt-4.1-mini"  # type: ignore[index]

    assert machine.manage("enqueue-all", "--max-cost-usd", "1")["enqueued"] == 1
    machine.work()
    code, words = machine.refused("enqueue-all", "--cache-behavior", "rebuild", "--max-cost-usd", "0.000001")
    assert code == 1
    assert "queued nothing: it would cost about $" in words

    machine.manage("enqueue", KEY, "--cache-behavior", "rebuild")
    machine.work()

    assert len(chat.asked) == 7, "stored answers are not asked for again"


@pytest.mark.system
def test_what_its_vectors_cost_is_part_of_what_a_document_costs(
    stack_env: dict[str, str], parts: Parts, samples: Path
) -> None:
    prices = json.dumps({"prices": {"m": {"input": 1.0, "output": 1.0}, "a-model": {"input": 100.0}}}).encode()
    parts.aws.s3.put_object(Bucket=parts.settings.aws_s3_bucket_name, Key="config/app_config.json", Body=prices)
    with HTTPServer(host="127.0.0.1", threaded=True) as httpserver:
        chat = ChatServer.on(httpserver)
        embeddings = EmbeddingsServer(chat.base_url)
        httpserver.expect_request("/v1/embeddings", method="POST").respond_with_handler(embeddings.answer)
        model = {"OPENAI_API_KEY": "a-key", "OPENAI_BASE_URL": chat.base_url, "LLM_MODEL_NAME": "m"}
        vectors = {"EMBEDDING_PROVIDER": "openai", "OPENAI_EMBEDDING_MODEL": "a-model"}
        machine = Machine({**stack_env, **model, **vectors, "ENRICHMENT": "llm"})
        machine.manage("upload", str(samples / "notice-to-mariners.pdf"))
        machine.work()

    [document] = machine.status().values()
    embedded = sum(len(batch) for batch in embeddings.batches if batch != ["dimensions"])
    assert embedded
    assert document["tokens_in"] == 100 + embedded * TOKENS
    assert document["cost_usd"] == pytest.approx((100 + 20 + embedded * TOKENS * 100) * 1e-6)
    [record] = parts.documents.all()
    assert record.stage_costs_usd == pytest.approx({"enrich": 120e-6, "index": embedded * TOKENS * 100e-6}, abs=1e-6)
    today = Costs(parts.table).of_day(datetime.now(UTC).date().isoformat())
    assert {cost.model: cost.tokens_in for cost in today} == {"m": 100, "a-model": embedded * TOKENS}


@pytest.mark.system
def test_embeddings_are_migrated_by_one_command(stack_env: dict[str, str], samples: Path) -> None:
    """From the offline ones to a model's, without a PDF being read, and a second time for nothing."""
    before = Machine(stack_env)
    before.manage("upload", str(samples / "notice-to-mariners.pdf"))
    before.work()
    points = {store["store"]: store["points"] for store in before.manage("stats")["stores"]}
    with HTTPServer(host="127.0.0.1", threaded=True) as httpserver:
        embeddings = EmbeddingsServer(httpserver.url_for("/v1"))
        httpserver.expect_request("/v1/embeddings", method="POST").respond_with_handler(embeddings.answer)
        model = {"OPENAI_API_KEY": "a-key", "OPENAI_BASE_URL": embeddings.base_url}
        mover = Machine({**stack_env, **model})
        moved = mover.manage("migrate-embeddings", "--provider", "openai", "--model", "a-model")
        after = Machine({**stack_env, **model, "EMBEDDING_PROVIDER": "openai", "OPENAI_EMBEDDING_MODEL": "a-model"})
        assert after.manage("search", "mariners")["hits"]
        again = mover.manage("migrate-embeddings", "--provider", "openai", "--model", "a-model", "--drop-old")

    assert {name: result["points"] for name, result in moved["stores"].items()} == points
    assert {name: result["embedded"] for name, result in moved["stores"].items()} == points
    assert {result["embedded"] for result in again["stores"].values()} == {0}


@pytest.mark.system
def test_deleting_a_document_deletes_the_answers_of_all_its_versions(
    machine: Machine, chat: ChatServer, parts: Parts, samples: Path
) -> None:
    bucket = parts.settings.aws_s3_bucket_name
    machine.manage("upload", str(samples / "notice-to-mariners.pdf"))
    machine.work()
    prompt = json.dumps({"page_prompt": "Say it in one word."}).encode()
    parts.aws.s3.put_object(Bucket=bucket, Key="config/app_config.json", Body=prompt)
    machine.manage("enqueue-all")
    machine.work()
    assert len(chat.asked) == 3, "a page, the document, the page again"

    machine.manage("delete", "notice-to-mariners.pdf", "--yes")
    left = [item["Key"] for item in parts.aws.s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert sorted(left) == ["config/app_config.json", "processing/pdf_process_history.json"]
