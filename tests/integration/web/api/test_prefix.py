"""A key with a prefix: nothing outside of it is found, read, counted, named or changed, by whatever spelling."""

import json
from typing import Any

import pytest
from flask import Flask

from composition.parts import Parts
from tests.integration.web.api.conftest import TEXT, Library
from tests.support.api import ApiClient, client
from tests.support.panel import events_of

PREFIX = "source-pdfs/team/"
#: Words of the document outside, its name, and the folder's.
OUTSIDE = ("saffron", "midnight", "b.pdf", "team2")


@pytest.fixture
def api(panel: Flask, parts: Parts) -> ApiClient:
    return client(panel, parts, "admin", prefix=PREFIX)


def assert_nothing_of_outside(answer: Any, library: Library) -> None:
    assert library.outside not in answer.text
    for word in OUTSIDE:
        assert word not in answer.text


def test_search_finds_only_what_is_inside(api: ApiClient, library: Library, panel: Flask, parts: Parts) -> None:
    question = {"query": "What word opens the vault at midnight? saffron"}
    everything = client(panel, parts, "read").post("/search", question).json
    assert library.inside not in [found["document_id"] for found in everything["results"]]
    # The best passages of all documents are outside: the store has to leave them out, or too few would be left.
    answer = api.post("/search", {**question, "limit": 1})
    assert [found["document_id"] for found in answer.json["results"]] == [library.inside]
    for limits in ({"document_id": library.outside}, {"prefix": PREFIX + "none/"}, {"language": "fr"}):
        assert api.post("/search", {**question, **limits}).json["results"] == []
    for store in ("pages", "haystack"):
        assert api.post("/search", {**question, "store": store}).json["results"] == []


SPELLINGS = (
    "", "source-pdfs/", "source-pdfs/team", "source-pdfs/team2/", "source-pdfs/TEAM/", "source-pdfs%2Fteam/",
    "source-pdfs/./team/", "/source-pdfs/team/", "team/",
)  # fmt: skip


def test_no_spelling_of_a_prefix_widens_it(api: ApiClient, library: Library) -> None:
    for prefix in SPELLINGS:
        for path, body in (("/search", {"query": "vault saffron"}), ("/ask", {"question": "vault saffron"})):
            answer = api.post(path, {**body, "prefix": prefix})
            assert (answer.status_code, answer.json["code"]) == (400, "bad_request"), prefix
            assert library.outside not in answer.text
        assert api.get("/documents", prefix=prefix or "source-pdfs/team2").json["total"] <= 1
        # An empty prefix is the key's own; a run takes it without the source prefix too.
        started = api.post("/runs", {"prefix": prefix}).status_code
        assert started == (202 if prefix in ("", "team/") else 400), prefix


def test_dot_segments_are_refused(api: ApiClient, library: Library) -> None:
    tricks = (
        "source-pdfs/team/../team2/",
        "team/../team2",
        "source-pdfs/team//../team2/",
        "source-pdfs/team/\\..\\team2",
    )
    for trick in tricks:
        assert api.post("/runs", {"prefix": trick}).status_code == 400
        # A search takes it as the text that keys begin with: no key does.
        found = api.post("/search", {"query": "vault saffron", "prefix": trick})
        assert found.status_code == 400 or found.json["results"] == []
        for key in (trick + "/b.pdf", f"{PREFIX}../team2/b.pdf", "source-pdfs/team2/b.pdf", "source-pdfs/TEAM/a.pdf"):
            assert api.get("/uploads", s3_key=key).status_code == 400
    for folder in ("../team2", "/../../team2", "..", "a/../../team2", "source-pdfs/team/../team2"):
        assert api.post("/uploads", {"filename": "x.pdf", "folder": folder, "size_bytes": 9}).status_code == 400
    for folder in ("source-pdfs/team2", "/source-pdfs/team2", "source-pdfs/team", "TEAM2", "%2e%2e/team2"):
        form = api.post("/uploads", {"filename": "x.pdf", "folder": folder, "size_bytes": 9, "replace": True})
        assert form.json["s3_key"].startswith(PREFIX)


def test_an_answer_rests_on_what_is_inside(api: ApiClient, library: Library, parts: Parts) -> None:
    question = {"question": "What word opens the vault? floodgate"}
    answer = api.post("/ask", question)
    assert {source["document_id"] for source in answer.json["sources"]} == {library.inside}
    assert_nothing_of_outside(answer, library)
    events = events_of(api.post("/ask", question, headers={"Accept": "text/event-stream"}))
    assert "saffron" not in json.dumps(events)
    # Passages of an earlier turn are named by id: those outside are not taken up.
    outside = [
        hit.id for hit in parts.stores["semantic"].sample(50).hits if hit.metadata["document_id"] == library.outside
    ]
    earlier = [{"question": "The vault?", "answer": "Yes.", "sources": outside}]
    answer = api.post("/ask", {**question, "earlier": earlier})
    assert {source["document_id"] for source in answer.json["sources"]} == {library.inside}


def test_a_document_outside_is_the_same_as_none(api: ApiClient, library: Library) -> None:
    nobody = "0" * 64
    for path in (
        "", "/outline", "/markdown", "/pages/5", "/pages/5/image", "/tables", "/pages/5/tables/1",
        "/pages/5/tables/1/csv",
    ):  # fmt: skip
        outside, none = api.get(f"/documents/{library.outside}{path}"), api.get(f"/documents/{nobody}{path}")
        assert outside.status_code == none.status_code == 404
        assert {**outside.json, "request_id": ""} == {**none.json, "request_id": ""}
        assert set(outside.headers.keys()) == set(none.headers.keys())
    assert api.post(f"/documents/{library.outside}/reprocess", {}).status_code == 404
    assert api.delete(f"/documents/{library.outside}").status_code == 404
    assert api.post("/runs", {"document_ids": [library.inside, library.outside]}).status_code == 400


def test_counts_and_lists_know_nothing_of_outside(api: ApiClient, library: Library, panel: Flask, parts: Parts) -> None:
    answer = api.get("/documents")
    assert (answer.json["total"], answer.json["next_cursor"]) == (1, None)
    assert_nothing_of_outside(answer, library)
    whole = client(panel, parts)
    everywhere = whole.post("/runs", {}).json["run_id"]
    outside = whole.post("/runs", {"prefix": "source-pdfs/team2/"}).json["run_id"]
    mixed = whole.post("/runs", {"document_ids": [library.inside, library.outside]}).json["run_id"]
    own = api.post("/runs", {"document_ids": [library.inside]}).json["run_id"]
    below = whole.post("/runs", {"prefix": PREFIX + "x/"}).json["run_id"]
    seen = {run["run_id"] for run in api.get("/runs", limit=50).json["runs"]}
    assert {own, below} <= seen
    assert not {everywhere, outside, mixed} & seen
    for run_id in (everywhere, outside, mixed):
        assert api.get(f"/runs/{run_id}").status_code == 404
        assert api.post(f"/runs/{run_id}/cancel").status_code == 404
    # Costs are not told by folder.
    assert api.get("/costs").status_code == 403


def test_links_and_pages_are_of_the_document_itself(api: ApiClient, library: Library) -> None:
    page = api.get(f"/documents/{library.inside}/pages/5")
    assert [link["text"] for link in page.json["links"]] == ["floodgate"]
    assert_nothing_of_outside(page, library)
    assert TEXT in api.get(f"/documents/{library.inside}/markdown").text
