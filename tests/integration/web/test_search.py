"""Search through the panel: results lead to their place, filters limit, weak ones are said to be, outages are shown."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from app import create_app
from composition.parts import Parts
from config import Settings
from tests.support.panel import Visitor, put_document, store_passage, visitor

TEXT = "The floodgate takes eleven minutes to close. Ask the harbour office."
LINES = [[0, len(TEXT), 5, 50.0, 100.0, 350.0, 112.0]]
QUESTION = "How long does the floodgate take?"
#: What a person learns within.
PATIENCE_SECONDS = 10.0


def test_a_result_shows_what_matches_and_leads_to_its_place(parts: Parts, browser: Visitor) -> None:
    store_passage(parts, TEXT, page=5, line_boxes=LINES, image_url="s3://bucket/pdf_page_images/a/5.webp")
    (result,) = browser.get("/api/search", q=QUESTION).json["results"]
    (snippet,) = result["snippets"]
    assert [snippet["text"][start:end] for start, end in snippet["matches"]] == ["floodgate", "takes"]
    document_id = parts.artifacts.document_id("source-pdfs/a.pdf")
    assert result["url"].startswith(f"/documents/{document_id}/pages/5?q=How")
    assert f"passage={result['id']}" in result["url"]
    assert "boxes=50,100,249.09,112" in result["picture_url"]  # as far as the sentence goes
    assert (result["filename"], result["page_label"], result["is_weak"]) == ("a.pdf", "5", False)


def test_filters_limit_by_document_category_and_language(parts: Parts, browser: Visitor) -> None:
    for name, language, category in (("a.pdf", "en", "Rules"), ("b.pdf", "de", "Letters")):
        store_passage(parts, TEXT, name=name, constrained_category=category)
        document_id = parts.artifacts.document_id(f"source-pdfs/{name}")
        parts.stores["semantic"].flip(document_id, activate=["000001"], deactivate=[], metadata={"language": language})
    found = lambda **limits: [r["filename"] for r in browser.get("/api/search", q=QUESTION, **limits).json["results"]]  # noqa: E731
    assert sorted(found()) == ["a.pdf", "b.pdf"]
    assert found(document=parts.artifacts.document_id("source-pdfs/b.pdf")) == ["b.pdf"]
    assert found(category="Rules") == ["a.pdf"]
    assert found(language="de") == ["b.pdf"]
    assert browser.get("/api/search/filters").json == {"languages": ["de", "en"], "categories": ["Letters", "Rules"]}


def test_what_shares_nothing_with_the_question_is_said_to_be_weak(parts: Parts, browser: Visitor) -> None:
    store_passage(parts, TEXT)
    results = browser.get("/api/search", q="quantum chromodynamics").json["results"]
    assert [result["is_weak"] for result in results] == [True]


def test_names_are_completed_with_documents_that_can_be_searched(parts: Parts, browser: Visitor) -> None:
    served: dict[str, Any] = {"semantic": {"content_sha256": "f", "fingerprint": "f"}}
    put_document(parts, "core/Handbook.pdf", served=served)
    put_document(parts, "core/handbill.pdf")
    names = browser.get("/api/search/documents", q="HAND").json["documents"]
    assert [item["name"] for item in names] == ["core/Handbook.pdf"]


def test_the_place_where_questions_were_asked_leads_here(browser: Visitor) -> None:
    answer = browser.get("/ask?q=a%20b")
    assert (answer.status_code, answer.location) == (301, "/search?q=a%20b")
    assert browser.get("/search?q=a").status_code == 200


def test_a_verdict_on_an_answer_is_kept_in_the_bucket(parts: Parts, browser: Visitor) -> None:
    said = {"question": "How long?", "answer": "Eleven minutes.", "verdict": "bad", "word": "it is twelve"}
    assert browser.post("/api/feedback", said).status_code == 201
    listed = parts.aws.s3.list_objects_v2(Bucket=parts.artifacts.bucket, Prefix="feedback/answers/")
    (key,) = (entry["Key"] for entry in listed["Contents"])
    kept = parts.artifacts._get_json(key)
    assert said.items() <= kept.items()
    assert kept["said_at"]
    assert browser.post("/api/feedback", {**said, "verdict": "so-so"}).status_code == 400


@pytest.fixture
def hung_server() -> Iterator[str]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []
        ending = threading.Event()

        def accept() -> None:
            while not ending.is_set():
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        ending.set()
        for connection in taken:
            connection.close()


def with_qdrant(panel_settings: Settings, url: str) -> Visitor:
    settings = panel_settings.model_copy(update={"qdrant_url": url, "qdrant_host": None})
    return visitor(create_app(settings, Parts(settings, a_person_waits=True)))


def test_a_hung_vector_store_is_told_in_time_with_what_to_do(panel_settings: Settings, hung_server: str) -> None:
    asker = with_qdrant(panel_settings, hung_server)
    started = time.monotonic()
    answer = asker.get("/api/search", q="anything")
    assert time.monotonic() - started < PATIENCE_SECONDS
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "qdrant_away")
    assert "Check that Qdrant runs at QDRANT_URL" in answer.json["error"]["message"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_of_the_vector_store_is_said_to_be_the_key(
    panel_settings: Settings, httpserver: HTTPServer, status: int
) -> None:
    httpserver.expect_request(re.compile("^/")).respond_with_response(Response("no", status))
    answer = with_qdrant(panel_settings, httpserver.url_for("")).get("/api/search", q="anything")
    assert "refuses the key. Give QDRANT_API_KEY" in answer.json["error"]["message"]


def test_a_wrong_key_of_the_model_is_said_to_be_the_key(
    panel_settings: Settings, parts: Parts, httpserver: HTTPServer
) -> None:
    store_passage(parts, TEXT)
    refusal = {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}
    httpserver.expect_request("/v1/chat/completions").respond_with_json(refusal, status=401)
    settings = panel_settings.model_copy(update={"openai_base_url": httpserver.url_for("/v1")})
    answer = visitor(create_app(settings, parts)).get("/api/chat", q=QUESTION)
    assert "refuses the key. Give OPENAI_API_KEY" in answer.text
