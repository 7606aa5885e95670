"""The panel has one address."""

import pytest
from flask import Flask

from web.public_address import install


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    install(app, "https://papers.example.org")
    app.add_url_rule("/health", view_func=lambda: "well", endpoint="health")
    app.add_url_rule("/api", view_func=lambda: "here", endpoint="api", methods=["GET", "POST"])
    return app


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [("papers.example.org", "/api", 200), ("lb-1.elb.amazonaws.com", "/api", 308), ("10.0.0.7:8000", "/health", 200)],
)
def test_another_host_is_sent_on_but_for_health_checks(app: Flask, host: str, path: str, status: int) -> None:
    assert app.test_client().get(path, headers={"Host": host}).status_code == status


def test_path_query_and_method_are_kept(app: Flask) -> None:
    answer = app.test_client().post("/api?q=a+b", headers={"Host": "evil.example.org"})

    assert (answer.status_code, answer.headers["Location"]) == (308, "https://papers.example.org/api?q=a+b")
