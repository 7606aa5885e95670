"""Descriptions, answers and vectors by the servers that LLM_URL and EMBEDDING_URL name: `make test-llm`.

Any server that speaks OpenAI's protocol will do, with any model: what it says isn't judged, only that it is taken and
kept, and never stored as something that it isn't. Servers that want them get LLM_MODEL, EMBEDDING_MODEL, LLM_KEY and
EMBEDDING_KEY. The loopback server of the tests is one as well: `python -m tests.support.loopback_models`.
"""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from composition.parts import Parts
from tests.support.machine import Machine

LLM_URL, EMBEDDING_URL = os.environ.get("LLM_URL"), os.environ.get("EMBEDDING_URL")
needs_llm = pytest.mark.skipif(not LLM_URL, reason="no LLM_URL: make test-llm LLM_URL=http://.../v1")
needs_embeddings = pytest.mark.skipif(not EMBEDDING_URL, reason="no EMBEDDING_URL: make test-llm EMBEDDING_URL=...")
#: A small model on a slow machine.
pytestmark = pytest.mark.timeout(1_800)
#: A random model's numbers differ in the last digits with the size of the batch.
SAME = 0.999
NOTICE = "notice-to-mariners.pdf"


@pytest.fixture
def stack_env(stack_env: dict[str, str]) -> dict[str, str]:
    env = {**stack_env, "LLM_TIMEOUT_SECONDS": "600", "LLM_CONCURRENCY": "2"}
    if LLM_URL:
        env |= {
            "ENRICHMENT": "llm", "LLM_BASE_URL": LLM_URL,
            "LLM_API_KEY": os.environ.get("LLM_KEY") or "none",
            "LLM_MODEL_NAME": os.environ.get("LLM_MODEL") or "default",
        }  # fmt: skip
    if EMBEDDING_URL:
        env |= {
            "EMBEDDING_PROVIDER": "openai", "EMBEDDING_BASE_URL": EMBEDDING_URL,
            "EMBEDDING_API_KEY": os.environ.get("EMBEDDING_KEY") or "none",
            "OPENAI_EMBEDDING_MODEL": os.environ.get("EMBEDDING_MODEL") or "default",
        }  # fmt: skip
    return env


def cosine(left: list[float], right: list[float]) -> float:
    return sum(x * y for x, y in zip(left, right, strict=True)) / (math.hypot(*left) * math.hypot(*right))


@needs_embeddings
def test_a_text_has_its_own_vector_whatever_stands_beside_it(parts: Parts) -> None:
    texts = [f"Vessel {number} keeps {number * 7} metres off the pier." for number in range(40)]
    together = parts.embedder.embed(texts)
    assert {len(vector) for vector in together} == {parts.embedder.dimensions}
    for at in (0, 17, 39):
        assert cosine(parts.embedder.embed([texts[at]])[0], together[at]) > SAME


@needs_embeddings
def test_a_text_that_is_longer_than_the_model_reads_gets_a_vector(parts: Parts) -> None:
    [vector] = parts.embedder.embed(["All vessels keep clear of the northern pier. " * 3_000])
    assert len(vector) == parts.embedder.dimensions


@needs_embeddings
def test_what_was_embedded_by_it_is_found(stack_env: dict[str, str], samples: Path) -> None:
    machine = Machine({**stack_env, "ENRICHMENT": "extractive"}, worker_seconds=1_500)
    machine.manage("upload", str(samples / NOTICE))
    machine.work()
    assert machine.status()[f"source-pdfs/{NOTICE}"]["status"] == "succeeded"
    assert machine.manage("search", "notice to mariners")["hits"]


@needs_llm
def test_a_document_is_described_or_says_why_not_and_is_served(
    stack_env: dict[str, str], parts: Parts, samples: Path
) -> None:
    machine = Machine(stack_env, worker_seconds=1_500)
    machine.manage("upload", str(samples / NOTICE))
    machine.work()
    document = machine.status()[f"source-pdfs/{NOTICE}"]
    metadata = parts.artifacts.get_metadata(document["s3_key"])
    assert metadata
    assert document["tokens_in"] > 0
    if document["status"] == "succeeded":
        assert metadata.description.summary
    else:
        assert (document["status"], bool(document["degraded"])) == ("degraded", True)
    spent = document["tokens_in"]

    machine.manage("enqueue-all", "--cache-behavior", "rebuild")
    machine.work()
    again = machine.status()[f"source-pdfs/{NOTICE}"]
    if document["status"] == "succeeded":
        assert again["tokens_in"] in (0, spent), "answers are kept: nothing is asked twice"


@needs_llm
def test_an_answer_streams_and_tells_what_it_used(stack_env: dict[str, str], samples: Path) -> None:
    machine = Machine({**stack_env, "ENRICHMENT": "extractive"}, worker_seconds=1_500)
    machine.manage("upload", str(samples / NOTICE))
    machine.work()
    # Words of the document: vectors of a random model find nothing else.
    leafmill = [str(Path(sys.executable).with_name("leafmill")), "ask", "notice to mariners", "--json"]
    env = {**os.environ, **stack_env, "ENV_FILE": os.devnull}
    said = json.loads(subprocess.run(leafmill, env=env, stdout=subprocess.PIPE, check=True).stdout)
    assert (said["done"]["reason"], said["done"]["tokens_out"] > 0) == (None, True)
    assert said["answer"]
    assert {source["s3_key"] for source in said["sources"]} == {f"source-pdfs/{NOTICE}"}
