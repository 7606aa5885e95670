"""What people ask reaches no log: not when all is well, and not when a server repeats it in an error."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app import create_app
from composition.parts import Parts
from config import load_settings
from foundation.logs import configure_logs
from tests.support.panel import PANEL_ENV, visitor

QUESTION = "Where did the Duke bury the floodgate of Saltmarsh?"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, at the level at which most is."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs("json", "DEBUG", stream)
    yield stream
    root.handlers[:], root.level = before


def refuse(request: Request) -> Response:
    """As servers do that validate with pydantic: the input is in the error."""
    return Response(json.dumps({"error": {"message": f"bad input: {request.get_data(as_text=True)}"}}), 422)


@pytest.mark.parametrize("path", ["/?q={}", "/api/chat?q={}", "/api/admin/inspect-context?q={}", "/inspector?q={}"])
@pytest.mark.parametrize("is_refused", [False, True])
def test_a_question_reaches_no_log(
    path: str, is_refused: bool, untouched_env: dict[str, str], monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        server.expect_request("/v1/embeddings").respond_with_handler(refuse)
        server.expect_request("/v1/chat/completions").respond_with_handler(refuse)
        model = {"OPENAI_API_KEY": "a-key", "OPENAI_BASE_URL": server.url_for("/v1")}
        provider = {"EMBEDDING_PROVIDER": "openai"} if is_refused else {}
        for name, value in {**untouched_env, **PANEL_ENV, **(model if is_refused else {}), **provider}.items():
            monkeypatch.setenv(name, value)
        settings = load_settings(env_file="no-such-file")
        parts = Parts(settings)
        try:
            answer = visitor(create_app(settings, parts)).get(path.format(QUESTION.replace(" ", "+")))
            answer.get_data()  # streams end
        finally:
            parts.close()
    logging.getLogger("a library").info("written at all")

    lines = [line for line in log.getvalue().splitlines() if '"werkzeug"' not in line]
    assert "written at all" in "".join(lines)
    assert not [line for line in lines if "Duke" in line or "Saltmarsh" in line]
