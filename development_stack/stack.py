"""AWS on one machine: S3, SQS and DynamoDB by moto_server, made as `infra/template.yaml` says, and Qdrant."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from development_stack import qdrant
from development_stack.programs import module_command, module_environment, refuse_taken_port
from infra.provision import Endpoint, provision

DEFAULT_STACK_NAME = "pdf-ingestion"


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A stack that runs. `env` holds the settings that point at it; put them over the environment of what you start."""

    endpoint_url: str
    env: dict[str, str]


class _Surroundings(BaseSettings):
    """What the environment already offers; the env file only fills gaps, and never repeats a secret."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    aws_region: str = "us-east-1"
    aws_access_key_id: SecretStr | None = None
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    llm_base_url: str | None = None
    embedding_base_url: str | None = None
    qdrant_url: str | None = None
    qdrant_api_key: SecretStr | None = None
    qdrant_local_path: Path | None = None

    @property
    def has_model(self) -> bool:
        return bool(self.openai_api_key or self.openai_base_url or (self.llm_base_url and self.embedding_base_url))


@contextmanager
def moto_server(port: int = 0, module: str = "development_stack.moto_process") -> Iterator[str]:
    """moto_server in its own process on a loopback port (0: a free one); yields its address, ends with the block.

    `module` runs it: tests have one of their own. It also ends when this process does, however that happens. Raises
    PortTakenError, and RuntimeError when it doesn't start.
    """
    refuse_taken_port(port)
    # A session of its own: Ctrl-C in the terminal is for us, and we end the server when we are done with it.
    with subprocess.Popen(
        module_command(module, str(port)),
        env=module_environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()  # printed once it accepts connections
            if not address:
                raise RuntimeError(f"moto_server did not start: it ended with {server.wait()}")
            yield address
        finally:
            server.kill()


@contextmanager
def local_stack(folder: Path, *, port: int = 0, stack_name: str = DEFAULT_STACK_NAME) -> Iterator[LocalStack]:
    """A whole stack that lives as long as the block.

    Qdrant is the one that QDRANT_URL names, else one of its own over QDRANT_LOCAL_PATH or a folder in `folder`. Raises
    QdrantStartError.
    """
    with moto_server(port) as endpoint_url, running_qdrant(folder / "qdrant") as qdrant_url:
        env = provision_settings(endpoint_url, qdrant_url=qdrant_url, stack_name=stack_name)
        yield LocalStack(endpoint_url, env)


@contextmanager
def running_qdrant(folder: Path) -> Iterator[str]:
    """The address of the Qdrant that the environment names, or of one that runs as long as the block."""
    surroundings = _Surroundings()
    key = surroundings.qdrant_api_key
    running = qdrant.start(
        surroundings.qdrant_local_path or folder,
        url=surroundings.qdrant_url,
        api_key=key.get_secret_value() if key else None,
    )
    try:
        yield running.url
    finally:
        running.close()


def provision_settings(
    endpoint_url: str, *, qdrant_url: str, stack_name: str = DEFAULT_STACK_NAME, bucket_name: str | None = None
) -> dict[str, str]:
    """Make a stack's parts on `endpoint_url` and return the environment that points at them.

    Stacks of different names don't meet: tests share a server that way.
    """
    surroundings = _Surroundings()
    env = {"AWS_ENDPOINT_URL": endpoint_url, "AWS_REGION": surroundings.aws_region}
    endpoint = Endpoint(endpoint_url, surroundings.aws_region)
    if not surroundings.aws_access_key_id:
        env |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        endpoint = Endpoint(endpoint_url, surroundings.aws_region, "test", "test")
    env |= provision(endpoint, stack_name, {"BucketName": bucket_name} if bucket_name else None)
    env["QDRANT_URL"] = qdrant_url
    if not surroundings.has_model:
        env |= {"EMBEDDING_PROVIDER": "static", "ENRICHMENT": "extractive"}
    return env


def write_env_file(path: Path, env: dict[str, str]) -> None:
    """`KEY=VALUE` lines that only the owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("".join(f"{key}={value}\n" for key, value in env.items()), encoding="utf-8")
