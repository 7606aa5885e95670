"""samples/api_example.py does what docs/api.md says: against a panel over HTTP, a real worker and a model's server."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug.serving import make_server

from app import create_app
from composition.parts import Parts
from config import load_settings
from tests.integration.web.test_chat import WORDS, Model
from tests.support.aws_engine import AwsEngine
from tests.support.machine import REPOSITORY, Machine
from tests.support.panel import PANEL_ENV, until

EXAMPLE = REPOSITORY / "samples" / "api_example.py"
SECONDS = 120
QUESTION = "How long does the floodgate take to close?"


@pytest.fixture
def served(
    stack_env: dict[str, str], aws: AwsEngine, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Parts]]:
    """The address of a panel with a model, and the parts of its stack."""
    for name, value in {**stack_env, **PANEL_ENV}.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(env_file="no-such-file")
    parts = Parts(settings)
    aws.point(parts)
    Model(httpserver)
    with_model = settings.model_copy(update={"openai_base_url": httpserver.url_for("/v1")})
    server = make_server("127.0.0.1", 0, create_app(with_model, parts), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}", parts
    server.shutdown()
    thread.join()
    parts.close()


def test_it_uploads_waits_searches_and_asks(
    served: tuple[str, Parts], stack_env: dict[str, str], samples: Path
) -> None:
    address, parts = served
    _, token = parts.api_keys.create(["read", "upload"], prefix="source-pdfs/inbox/")
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLE), str(samples / "harbour-handbook.pdf"), QUESTION],
        env={**os.environ, "LEAFMILL_URL": address, "LEAFMILL_KEY": token, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    key = "source-pdfs/inbox/harbour-handbook.pdf"
    try:
        until(lambda: parts.artifacts.find_source(key) is not None or process.poll() is not None)
        assert process.poll() is None, process.communicate()[0]
        Machine(stack_env).work()
        printed, _ = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0, printed
    lines = printed.splitlines()
    page = f"{address}/documents/{parts.artifacts.document_id(key)}/pages/5?q=How+long"
    assert f"{key} is succeeded" in lines
    assert any(line.startswith("p. ") and "eleven minutes" in line for line in lines)
    assert any(line.strip().startswith(page) for line in lines)
    assert "".join(WORDS) in printed
    assert any(line.startswith("[1] ") and page in line for line in lines)


def test_it_is_short() -> None:
    code = EXAMPLE.read_text(encoding="utf-8").split('"""')[2]
    assert sum(bool(line.strip()) for line in code.splitlines()) <= 40
