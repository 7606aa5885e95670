"""The surroundings of benchmarks: engines, a model server, a stack's settings; each server is its own process."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from benchmarks.engines import Engine, Pair, aws_engine, qdrant_engine
from benchmarks.machine import CORPUS, IMAGE_ENVIRONMENT, REPOSITORY, Tree, use_shared_vocabularies
from benchmarks.model_server import ModelServer, model_server
from development_stack.stack import provision_settings

GOOD = CORPUS / "good"
SRD = GOOD / "srd-5.1-cc-by.pdf"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`env` is what a worker's environment needs."""

    env: dict[str, str]
    folder: Path
    models: ModelServer
    aws: Engine
    qdrant: Engine

    @property
    def trees(self) -> dict[str, Tree | None]:
        """The servers' processes, by their names in `cpu_apart`."""
        return {
            "model_server": self.models.tree,
            "aws_engine": self.aws.tree,
            "qdrant_engine": self.qdrant.tree,
        }

    def fresh(self, **env: str) -> dict[str, str]:
        """The environment of a stack of its own on the same servers, so that nothing is left from another run."""
        name = f"b{uuid.uuid4().hex[:8]}"
        folder = self.folder / name
        folder.mkdir()
        made = provision_settings(self.env["AWS_ENDPOINT_URL"], qdrant_url=self.env["QDRANT_URL"], stack_name=name)
        return {**self.env, **made, "TMPDIR": str(folder), **env}


@contextmanager
def surroundings(
    *, chat_seconds: float, embedding_seconds: float = 0.05, pair: Pair | None = None
) -> Iterator[Surroundings]:
    """Servers that live as long as the block."""
    pair = pair or Pair()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        aws_engine(pair.aws) as aws,
        qdrant_engine(pair.qdrant) as qdrant,
        model_server(chat_seconds=chat_seconds, embedding_seconds=embedding_seconds) as models,
    ):
        env = {
            **os.environ,
            **IMAGE_ENVIRONMENT,
            "AWS_ENDPOINT_URL": aws.url,
            "QDRANT_URL": qdrant.url,
            "OPENAI_BASE_URL": models.base_url,
            "OPENAI_API_KEY": "none-needed",
            "ENRICHMENT": "llm",
            "EMBEDDING_PROVIDER": "openai",
            "WAIT_TIME_SECONDS": "1",
            "LOG_FORMAT": "json",
            "ENV_FILE": os.devnull,
            "PYTHONPATH": str(REPOSITORY),
        }
        use_shared_vocabularies(env)
        os.environ |= {"OPENAI_BASE_URL": models.base_url}  # provisioning asks whether there is a model
        yield Surroundings(env, Path(name), models, aws, qdrant)


def upload(env: dict[str, str], path: Path, key: str) -> None:
    """Put a source into the bucket of a stack; its event is queued as on AWS."""
    client("s3", env).upload_file(str(path), env["AWS_S3_BUCKET_NAME"], key)


def client(service: str, env: dict[str, str]) -> Any:
    """A boto3 client for the benchmark's own use, which no meter sees."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=env.get("AWS_SECRET_ACCESS_KEY"),
    )
