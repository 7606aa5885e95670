"""What a refusal says was searched, and where its links lead."""

from flask import Flask

from answers.reader_links import reader_path
from answers.searched import searched
from tests.support.passages import HARBOUR_PASSAGE, STATEMENT_PASSAGE
from vector_stores.filters import NO_LIMITS, SearchFilter
from web.views.reader import blueprint


def test_a_refusal_says_what_was_searched_and_what_came_nearest() -> None:
    hits = [HARBOUR_PASSAGE.hit, HARBOUR_PASSAGE.hit, STATEMENT_PASSAGE.hit]
    found = searched("floodgate", "semantic", NO_LIMITS, hits)
    assert found.sentence() == (
        "Searched all documents in the store semantic: 3 passages. Nearest: harbour.pdf, p. 5; report_2018.pdf, p. 60."
    )
    assert found.nearest[0].link.startswith(f"/documents/{'d' * 64}/pages/5?q=floodgate")
    assert found.to_json()["nearest"][1]["path"] == "Cash flows"


def test_limits_are_named_and_nothing_found_is_said() -> None:
    wanted = SearchFilter(source="a.pdf", language="de", first_page=3)
    found = searched("?", "pages", wanted, [])
    assert found.sentence() == (
        "Searched document a.pdf, language de, pages 3 to the last in the store pages: no passage was found."
    )


def test_a_link_is_the_readers_own_address() -> None:
    app = Flask("reader")
    app.register_blueprint(blueprint)
    path = reader_path("a/b é", 7, "what & why?", "5e0c3f6e-0000-4000-8000-000000000000")
    with app.test_request_context(path) as context:
        assert context.request.endpoint != "reader.page"  # a slash in an id is no page
    for document_id in ("0" * 64, "é"):
        path = reader_path(document_id, 7, "what & why?", "p")
        with app.test_request_context(path) as context:
            assert context.request.view_args == {"document_id": document_id, "page": 7}
            assert context.request.args.to_dict() == {"q": "what & why?", "passage": "p"}
    assert reader_path("d", 1) == "/documents/d/pages/1"
