"""What tests share: a moto server and its own stack for every test, and where the corpus is."""

import functools
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import botocore.loaders
import botocore.session
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from composition.parts import Parts
from config import Settings, load_settings
from development_stack.stack import moto_server
from tests.support.aws_engine import AwsEngine, aws_engine
from tests.support.qdrant import collections, drop_collections, qdrant_url

REPOSITORY = Path(__file__).resolve().parents[1]

# A busy machine is no fault of what a test draws from.
hypothesis_settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("busy")

# Sessions share what they have read of botocore's service models: 0.2 s of CPU for each test's clients.
botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    """One moto_server a test process, over real HTTP."""
    with moto_server() as endpoint_url:
        yield endpoint_url


@pytest.fixture(scope="session")
def aws(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsEngine]:
    """One engine a test process: moto, or what TEST_AWS names."""
    with aws_engine(tmp_path_factory.mktemp("aws"), lambda: request.getfixturevalue("moto_endpoint")) as engine:
        yield engine


@pytest.fixture
def stack_env(aws: AwsEngine) -> Iterator[dict[str, str]]:
    """The environment of a stack of the test's own: bucket, queues, table and collections that no other test sees."""
    name = f"t{uuid.uuid4().hex[:10]}"
    env = aws.make_stack(name, qdrant_url())
    yield {
        **env,
        **collections(name),
        "EMBEDDING_PROVIDER": "static",
        "ENRICHMENT": "extractive",
        "WAIT_TIME_SECONDS": "1",
    }
    drop_collections(name)
    aws.remove_stack(name)


@pytest.fixture
def settings(stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in stack_env.items():
        monkeypatch.setenv(name, value)
    return load_settings(env_file="no-such-file")


@pytest.fixture
def parts(settings: Settings, aws: AwsEngine) -> Iterator[Parts]:
    parts = Parts(settings)
    aws.point(parts)
    yield parts
    parts.close()


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real and hostile PDFs, which are not part of the project. Missing, it skips the test; in CI it fails it."""
    folder = Path(os.environ.get("PDF_CORPUS_DIR") or REPOSITORY.parent / "shared" / "corpus")
    if not folder.is_dir():
        message = f"no corpus at PDF_CORPUS_DIR={folder}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def samples() -> Path:
    return REPOSITORY / "samples"
