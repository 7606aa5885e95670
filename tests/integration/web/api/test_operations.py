"""Every operation with a real answer, each held against the description."""

import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app import create_app
from composition.parts import Parts
from config import load_settings
from tests.integration.web.api.conftest import TEXT, Library, add, stock
from tests.support.api import client
from tests.support.aws_engine import AwsEngine
from tests.support.panel import PANEL_ENV, events_of, messages_of, refresh, until
from web.api.table_of_operations import OPERATIONS


@pytest.fixture
def own_panel(
    stack_env: dict[str, str], aws: AwsEngine, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Flask, Parts]]:
    """Over a stack that the test may change."""
    for name, value in {**stack_env, **PANEL_ENV}.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(env_file="no-such-file")
    parts = Parts(settings)
    aws.point(parts)
    yield create_app(settings, parts), parts
    parts.close()


def test_every_operation_answers_as_it_is_described(own_panel: tuple[Flask, Parts]) -> None:
    panel, parts = own_panel
    library = stock(parts)
    api = client(panel, parts)
    document = f"/documents/{library.inside}"

    assert api.get("/openapi.json").json["openapi"] == "3.1.0"
    assert api.get("/problems/not_found").json["status"] == 404
    assert api.get("/key").json["scopes"] == ["admin"]

    found = api.post("/search", {"query": "How long does the floodgate take?"}).json
    assert found["is_answered"]
    assert found["results"][0]["snippets"][0]["text"] == TEXT
    assert found["results"][0]["url"].startswith(f"http://localhost/documents/{library.inside}/pages/5?q=How")
    answered = api.post("/ask", {"question": "How long does the floodgate take?"}).json
    assert answered["reason"] == "no_model"
    assert answered["sources"][0]["citation"] == "[team/a.pdf, p. 5]"

    listed = api.get("/documents").json
    assert [one["s3_key"] for one in listed["documents"]] == ["source-pdfs/team/a.pdf", "source-pdfs/team2/b.pdf"]
    shown = api.get(document).json
    assert (shown["title"], shown["is_searchable"], shown["state"]) == ("The Handbook", True, "succeeded")
    outline = api.get(f"{document}/outline").json
    assert outline["outline"] == [{"level": 1, "title": "Gates", "page": 2}]
    assert outline["page_labels"][4] == "A-5"
    assert TEXT in api.get(f"{document}/markdown").text
    page = api.get(f"{document}/pages/5").json
    assert page["markdown"].startswith("# Gates\n\n| Gate | Minutes |\n| --- | --- |\n| North | 11 |")
    assert (page["links"][0]["text"], page["label"]) == ("floodgate", "A-5")
    assert api.get(page["image_url"]).data == b"RIFF"

    (table,) = api.get(f"{document}/tables").json["tables"]
    assert (table["columns"], table["row_count"]) == (["Gate", "Minutes"], 2)
    rows = api.get(table["json_url"], limit=1).json
    assert (rows["rows"], rows["next_row"]) == ([["North", "11"]], 1)
    assert rows["row_boxes"] == [{"page": 5, "x0": 50.0, "y0": 120.0, "x1": 350.0, "y1": 132.0}]
    assert api.get(table["json_url"], first_row=1).json["rows"] == [["=South", "-3"]]
    csv = api.get(table["csv_url"])
    assert csv.text == "Gate,Minutes\r\nNorth,11\r\n'=South,-3\r\n"
    assert csv.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a-page-5-table-1.csv"

    form = api.post("/uploads", {"filename": "new.pdf", "folder": "team", "size_bytes": 10})
    assert form.status_code == 201
    assert api.get(form.json["state_url"]).json["state"] == "missing"

    run = api.post(f"{document}/reprocess", {"cache_behavior": "rebuild"}).json
    (message,) = until_queued(parts)
    assert (message["s3_key"], message["run_id"]) == ("source-pdfs/team/a.pdf", run["run_id"])
    started = api.post("/runs", {"prefix": "source-pdfs/team/"}).json
    assert api.get(started["run_url"]).json["state"] in ("queueing", "running")
    assert {one["run_id"] for one in api.get("/runs").json["runs"]} == {run["run_id"], started["run_id"]}
    assert api.post(f"{started['run_url']}/cancel").json["state"] == "cancelled"
    panel.extensions["panel"].costs.add("m", {"tokens_in": 5, "cost_usd": 0.5})
    assert api.get("/costs", days=1).json["costs"][0]["cost_usd"] == 0.5

    assert api.delete(document).json == {"document_id": library.inside, "s3_key": "source-pdfs/team/a.pdf"}
    assert parts.artifacts.find_source("source-pdfs/team/a.pdf") is None
    # A worker has removed what was derived, between the list and these: nothing of it is there, not even half.
    parts.artifacts.delete_derived("source-pdfs/team/a.pdf")
    gone = {"/markdown": 404, "/pages/5/image": 404, "/tables": 409, "/pages/5/tables/1": 409}
    assert {path: api.get(f"{document}{path}").status_code for path in gone} == gone

    assert {name for name, status in api.answered if status < 300} == {called.name for called in OPERATIONS}


def until_queued(parts: Parts) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def is_there() -> bool:
        found.extend(one for one in messages_of(parts, parts.settings.sqs_queue_url) if "run_id" in one)
        return bool(found)

    until(is_there, tries=30)
    return found


def test_a_list_is_walked_by_its_cursor_while_documents_come_and_go(panel: Flask, parts: Parts) -> None:
    for number in range(3):
        add(parts, f"walk/{number}.pdf", TEXT)
    refresh(panel)
    api = client(panel, parts, "read")
    first = api.get("/documents", prefix="source-pdfs/walk/", limit=2).json
    assert (len(first["documents"]), first["total"]) == (2, 3)
    add(parts, "walk/05.pdf", TEXT)  # behind the cursor: shown by no page, and none is shown twice
    refresh(panel)
    rest = api.get("/documents", prefix="source-pdfs/walk/", limit=2, cursor=first["next_cursor"]).json
    assert [one["s3_key"] for one in rest["documents"]] == ["source-pdfs/walk/2.pdf"]
    assert rest["next_cursor"] is None


def test_an_answer_streams_as_events(panel: Flask, parts: Parts) -> None:
    api = client(panel, parts, "read")
    answer = api.post("/ask", {"question": "floodgate minutes"}, headers={"Accept": "text/event-stream"})
    events = events_of(answer)
    assert (events[0][0], events[-1][0]) == ("sources", "done")
    assert events[-1][1]["sources"] == events[0][1]


def test_an_upload_is_bound_to_its_key_and_size(panel: Flask, parts: Parts) -> None:
    api = client(panel, parts, "upload", prefix="source-pdfs/up/")
    form = api.post("/uploads", {"filename": "x/../../y.PDF", "folder": "in", "size_bytes": 12}).json
    assert form["s3_key"] == "source-pdfs/up/in/y.pdf"
    policy = json.loads(b64decode(form["fields"]["policy"]))
    assert ["content-length-range", 1, 12] in policy["conditions"]
    assert {"key": "source-pdfs/up/in/y.pdf"} in policy["conditions"]
    parts.aws.s3.put_object(Bucket=parts.artifacts.bucket, Key=form["s3_key"], Body=b"%PDF-1.7")
    state = api.get(form["state_url"]).json
    assert (state["state"], state["is_final"]) == ("queued", False)
    again = api.post("/uploads", {"filename": "y.pdf", "folder": "in", "size_bytes": 12})
    assert (again.status_code, again.json["code"]) == (409, "conflict")
    assert (
        api.post("/uploads", {"filename": "y.pdf", "folder": "in", "size_bytes": 12, "replace": True}).status_code
        == 201
    )
    assert api.post("/uploads", {"filename": "y.pdf", "size_bytes": 1 << 40}).status_code == 413


def test_what_did_not_change_is_not_sent_again(panel: Flask, parts: Parts, library: Library) -> None:
    api = client(panel, parts, "read")
    for path in ("/openapi.json", "/documents", f"/documents/{library.inside}/pages/5"):
        first = api.get(path)
        again = api.send("GET", path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
