"""A worker is killed at a named point, with a model that counts; the next one asks only what has no stored answer.

The points are those of the kill matrix at which questions may be open or answered.
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from composition.parts import Parts
from config import Settings
from model_api.answer_cache import ANSWERS_PREFIX
from tests.support.chat_server import ChatServer
from tests.support.workers import Stack, Workers

KEY = "source-pdfs/harbour-handbook.pdf"
PAGES = 6
QUESTIONS = PAGES + 1
IN_FLIGHT = 2
SHORT_SECONDS = "6"

POINTS = [
    ("read-pages", 2), ("read-pages", 7), ("embed", 1), ("write-points", 2), ("flip-stores", 1),
    ("write-artifacts", 1), ("end", 1), ("delete-message", 1),
]  # fmt: skip
QUICK = {("embed", 1)}


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as httpserver:
        yield ChatServer.on(httpserver)


@pytest.fixture
def workers(stack_env: dict[str, str], chat: ChatServer, tmp_path: Path) -> Iterator[Workers]:
    model = {
        "OPENAI_API_KEY": "a-key", "OPENAI_BASE_URL": chat.base_url, "ENRICHMENT": "llm", "ENRICHMENT_SCOPE": "page",
        "LLM_CONCURRENCY": str(IN_FLIGHT),
    }  # fmt: skip
    workers = Workers({**stack_env, **model, "EXTRACTION_PROCESSES": "1", "WORKER_CONCURRENCY": "1"}, tmp_path)
    yield workers
    workers.end_all()


def stored_answers(settings: Settings) -> int:
    found = Parts(settings).aws.s3.list_objects_v2(Bucket=settings.aws_s3_bucket_name, Prefix=ANSWERS_PREFIX)
    return found["KeyCount"]


@pytest.mark.system
@pytest.mark.parametrize(
    ("point", "nth"), [pytest.param(*at, marks=() if at in QUICK else pytest.mark.slow) for at in POINTS]
)
def test_no_stored_answer_is_asked_for_again(
    point: str, nth: int, workers: Workers, chat: ChatServer, settings: Settings, samples: Path
) -> None:
    stack = Stack(settings)
    stack.forget_test_event()
    Parts(settings).artifacts.upload_source(samples / "harbour-handbook.pdf", KEY)
    first = workers.start("--at", point, "--nth", str(nth), VISIBILITY_TIMEOUT_SECONDS=SHORT_SECONDS)
    assert first.wait() == -signal.SIGKILL, first.log_file.read_text()[-3_000:]
    stored, asked = stored_answers(settings), len(chat.asked)
    assert asked - stored <= IN_FLIGHT

    second = workers.start()
    assert second.wait() == 0, second.log_file.read_text()[-3_000:]
    stack.assert_served(KEY, PAGES)
    assert len({question.user for question in chat.asked}) == QUESTIONS
    assert len(chat.asked) - asked <= QUESTIONS - stored
    assert len(chat.asked) <= QUESTIONS + IN_FLIGHT
    assert stored_answers(settings) == QUESTIONS
