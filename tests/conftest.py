"""What tests share: a moto server and its own stack for every test, and where the corpus is."""

import gc
import logging
import os
import sys
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

if TYPE_CHECKING:
    from composition.parts import Parts
    from config import Settings
    from tests.support.aws_engine import AwsEngine

REPOSITORY = Path(__file__).resolve().parents[1]

# PyMuPDF imports them where they are installed, and with them onnxruntime: a second for each test process. The
# sandbox's children leave them out as well. jsonschema compiles a grammar for the format `iri`, which no schema of
# ours has: two seconds.
for _unused in ("pymupdf.layout", "pymupdf4llm", "rfc3987_syntax"):
    sys.modules[_unused] = None  # type: ignore[assignment]

# A busy machine is no fault of what a test draws from.
hypothesis_settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("busy")

#: What a test process makes between two searches for cycles; Python's 700 find next to none, and look at everything.
GC_THRESHOLD = 50_000

#: Folders whose tests wait more than they work: for a lease, a pause, a program that starts.
WAITING = ("tests/reliability/", "tests/integration/worker/", "tests/integration/release_data/")

# What isn't imported here is imported by the tests that need it: boto3 and Qdrant's client are half of what a file of
# unit tests takes. hypothesis is imported at the end of a session in any case, by its plugin.


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests stay until the end: looking through them for cycles takes a fifth of the collection, and again
    and again while tests run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD)
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the tests that wait, while other processes work; as the last they would leave the cores idle."""
    items.sort(key=lambda item: not item.nodeid.startswith(WAITING))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """A command that a test calls in this process sets up logs to the test's own stream, which is closed afterwards:
    what threads log later would fail."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        return (yield)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    """One moto_server a test process, over real HTTP."""
    import functools

    from development_stack.stack import moto_server
    from infra import provision
    from infra.provision import Endpoint
    from tests.support import read_once

    read_once.share()
    # Stacks are made on one endpoint, by the same clients, of one template that nobody changes.
    Endpoint.client = functools.cache(Endpoint.client)  # type: ignore[method-assign]
    provision.load_template = functools.cache(provision.load_template)
    with moto_server(module="tests.support.moto_process") as endpoint_url:
        yield endpoint_url


@pytest.fixture(scope="session")
def aws(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[AwsEngine]":
    """One engine a test process: moto, or what TEST_AWS names."""
    from tests.support.aws_engine import aws_engine

    with aws_engine(tmp_path_factory.mktemp("aws"), lambda: request.getfixturevalue("moto_endpoint")) as engine:
        yield engine


@pytest.fixture
def stack_env(aws: "AwsEngine") -> Iterator[dict[str, str]]:
    """The environment of a stack of the test's own: bucket, queues, table and collections that no other test sees."""
    with new_stack(aws) as env:
        yield env


@pytest.fixture(scope="session")
def untouched_env(aws: "AwsEngine") -> Iterator[dict[str, str]]:
    """The environment of an empty stack that tests share because they change nothing in it."""
    with new_stack(aws) as env:
        yield env


@contextmanager
def new_stack(aws: "AwsEngine") -> Iterator[dict[str, str]]:
    """An empty one, until the block ends."""
    from tests.support.qdrant import collections, drop_collections, qdrant_url

    name = f"t{uuid.uuid4().hex[:10]}"
    env = aws.make_stack(name, qdrant_url())
    yield {
        **env,
        **collections(name),
        "EMBEDDING_PROVIDER": "static",
        "ENRICHMENT": "extractive",
        "WAIT_TIME_SECONDS": "1",
        # A second child starts for the few pages of a sample, and costs more than all of them.
        "EXTRACTION_PROCESSES": "1",
    }
    drop_collections(name)
    aws.remove_stack(name)


@pytest.fixture
def settings(stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> "Settings":
    from config import load_settings

    for name, value in stack_env.items():
        monkeypatch.setenv(name, value)
    return load_settings(env_file="no-such-file")


@pytest.fixture
def parts(settings: "Settings", aws: "AwsEngine") -> "Iterator[Parts]":
    from composition.parts import Parts

    parts = Parts(settings)
    aws.point(parts)
    yield parts
    parts.close()


@pytest.fixture
def spawned_pdf_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """The PDF sandbox starts its children as it does in production, here and in the programs that the test starts."""
    from pdf_reader import process
    from tests.support import pdf_children

    monkeypatch.setattr(process, "start", pdf_children.spawn)
    monkeypatch.setenv(pdf_children.SPAWNED, "1")


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
