"""What the development server refuses, and how: by name, in Qdrant's envelope, with Qdrant's status."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from qdrant_client import QdrantClient

from development_stack import qdrant
from tests.integration.development_stack.conftest import create_collection
from tests.support.qdrant import folder_in_memory

NAME = "points"


def test_a_key_is_asked_of_every_call_but_the_probes(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    running = qdrant.start(tmp_path, binary=None, api_key="secret")
    request.addfinalizer(running.close)
    url = running.url
    for headers, status in (({}, 401), ({"api-key": "wrong"}, 401), ({"api-key": "secret"}, 200)):
        assert httpx.get(f"{url}/collections", headers=headers).status_code == status
    assert httpx.get(f"{url}/collections", headers={"Authorization": "Bearer secret"}).status_code == 200
    for probe in ("/", "/healthz", "/readyz", "/livez"):
        assert httpx.get(f"{url}{probe}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "named"),
    [
        ("POST", "/collections/points/snapshots", None, 501, "POST /collections/points/snapshots"),
        ("POST", "/collections/points/points/search/matrix/pairs", {}, 501, "search/matrix/pairs"),
        ("GET", "/cluster", None, 501, "GET /cluster"),
        ("POST", "/collections/points/points/query", {"query": {"formula": {}}}, 501, "`formula`"),
        ("POST", "/collections/points/points/query", {"lookup_from": {}}, 501, "`lookup_from`"),
        ("POST", "/collections/points/points/query", {"query": {"text": "a", "model": "b"}}, 501, "`text`"),
        ("POST", "/collections/points/points/count", {"shard_key": "a"}, 501, "`shard_key`"),
        ("POST", "/collections/points/points/count", {"fitler": {}}, 400, "`fitler`"),
        ("POST", "/collections/points/points/count", {"filter": {"must": [{"key": "a", "like": 1}]}}, 400, "`like`"),
        ("POST", "/collections/points/points/count?verbose=1", {}, 400, "`verbose`"),
        ("PUT", "/collections/other", {"vectors": {"size": 4, "distance": "Hamming"}}, 400, "`Hamming`"),
        ("PUT", "/collections/other", {"vectors": {"size": 0, "distance": "Dot"}}, 422, "size"),
        ("PUT", "/collections/other", {"quantization_config": {}}, 501, "`quantization_config`"),
        ("PUT", "/collections/.hidden", {}, 422, ".hidden"),
        ("PUT", "/collections/points/points", {"points": [{"id": -1, "vector": {}}]}, 400, "-1"),
        ("POST", "/collections/points/points/delete", {}, 422, "points or filter"),
        ("POST", "/collections/points/points/scroll", {"order_by": "text"}, 400, "text"),
    ],
)
def test_what_is_not_spoken_is_refused_by_name(
    qdrant_server: str, method: str, path: str, body: Any, status: int, named: str
) -> None:
    answer = httpx.request(method, f"{qdrant_server}{path}", json=body)
    assert answer.status_code == status, answer.text
    assert named in answer.json()["status"]["error"]
    assert answer.json()["time"] >= 0


@pytest.fixture(scope="module")
def qdrant_server() -> Iterator[str]:
    running = qdrant.start(folder_in_memory(), binary=None)
    create_collection(QdrantClient(url=running.url, check_compatibility=False), NAME)
    yield running.url
    running.close()


@pytest.mark.parametrize("body", [b"{", b'{"points": [}', b'{"filter": NaN}', b"\xff"])
def test_a_body_that_is_no_json_is_refused(qdrant_server: str, body: bytes) -> None:
    answer = httpx.post(f"{qdrant_server}/collections/{NAME}/points/count", content=body)
    assert answer.status_code == 400
    assert answer.json()["status"]["error"].startswith("Format error in JSON body")


def test_a_body_may_have_32_mib_and_no_more(qdrant_server: str) -> None:
    limit = 32 * 1024 * 1024
    value = {"id": 1, "vector": {}, "payload": {"text": ""}}
    frame = len(json.dumps({"points": [value]}).encode())

    def put(size: int) -> httpx.Response:
        body = {"points": [{**value, "payload": {"text": "x" * (size - frame)}}]}
        return httpx.put(f"{qdrant_server}/collections/{NAME}/points", content=json.dumps(body).encode(), timeout=60)

    assert put(limit).status_code == 200
    refused = put(limit + 1)
    assert refused.status_code == 400
    assert f"({limit + 1} bytes) is larger than allowed (limit: {limit} bytes)" in refused.json()["status"]["error"]


def test_small_answers_do_not_wait_for_acknowledgements(qdrant_server: str) -> None:
    """Head and body are two packets: with Nagle's algorithm each answer takes 40 ms."""
    with httpx.Client() as client:
        started = time.perf_counter()
        for _ in range(50):
            client.get(f"{qdrant_server}/collections/{NAME}/exists")
    assert time.perf_counter() - started < 50 * 0.03
