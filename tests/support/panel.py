"""A visitor of the panel, and documents put into the ledger and the bucket as workers and people do."""

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from composition.parts import Parts
from data_ingestion.document_file import DocumentFile, ListedPage
from data_ingestion.document_metadata import Description, DocumentMetadata
from data_ingestion.page_file import PageFile, StoredBlock
from document_structure.section_tree import Section
from embeddings.bm25 import Bm25Encoder
from ledger import ClaimRequest, Claims, DocumentResult, DocumentState
from tests.support import read_once
from vector_stores.base import EmbeddedRecord, Record

read_once.share_builders()
read_once.share_templates()

PASSWORD = "correct horse battery staple"
PANEL_ENV = {"APP_PASSWORD": PASSWORD, "SECRET_KEY": "k" * 40, "PANEL_HTTPS": "false"}


@dataclass
class Visitor:
    """A browser without scripts: keeps cookies and sends the CSRF token as the pages' scripts do."""

    client: FlaskClient
    csrf: str = ""

    def sign_in(self, password: str = PASSWORD) -> Any:
        token = self.read_token("/sign-in")
        answer = self.client.post("/sign-in", data={"password": password, "csrf_token": token})
        if answer.status_code == 303:
            self.csrf = self.read_token("/")
        return answer

    def read_token(self, path: str) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get(path).text)
        assert found
        return found[1]

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query_string=query or None)

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        headers = {"X-CSRFToken": self.csrf, **options.pop("headers", {})}
        if json is not None:
            options["json"] = json
        return self.client.post(path, headers=headers, **options)


def visitor(app: Flask) -> Visitor:
    """Signed in."""
    made = Visitor(app.test_client())
    assert made.sign_in().status_code == 303
    return made


def put_document(
    parts: Parts,
    name: str,
    state: DocumentState = DocumentState.SUCCEEDED,
    run_id: str | None = None,
    etag: str = "etag",
    **result: Any,
) -> str:
    """A document in the ledger that a worker took and ended in `state` (PROCESSING: still at it); returns its id."""
    key = parts.artifacts.pdf_prefix + name
    document_id = parts.artifacts.document_id(key)
    claims = Claims(parts.table, "test-worker")
    request = ClaimRequest(document_id, key, etag, ("pages", "semantic", "haystack"), "use", run_id)
    claim = claims.take(request, parts.documents.get(document_id), 60.0)
    if state is DocumentState.PROCESSING:
        claims.progress(claim, "read", result.get("pages_done", 3), result.get("pages_total", 12))
    else:
        claims.end(claim, state, DocumentResult(**{"pages_total": 12, "pages_done": 12, **result}))
    return document_id


def put_source(parts: Parts, name: str, body: bytes = b"%PDF-1.7 a test") -> str:
    key = parts.artifacts.pdf_prefix + name
    parts.aws.s3.put_object(Bucket=parts.artifacts.bucket, Key=key, Body=body)
    return key


def until(condition: Callable[[], bool], tries: int = 300) -> None:
    """What happens in the background happens soon: look until it has, the longer it takes the less often, because
    looking takes the CPU from what is waited for."""
    for tried in range(tries):
        if condition():
            return
        time.sleep(min(0.02 * 1.3**tried, 0.3))
    raise AssertionError("it never happened")


def messages_of(parts: Parts, url: str) -> list[dict[str, Any]]:
    found = []
    for _ in range(5):
        answer = parts.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        found += [json.loads(message["Body"]) for message in answer.get("Messages", [])]
    return [message for message in found if message.get("Event") != "s3:TestEvent"]


def store_passage(
    parts: Parts,
    text: str,
    page: int = 1,
    name: str = "a.pdf",
    heading: str = "Gates",
    store: Any = "semantic",
    **more: Any,
) -> str:
    """One passage that searches find, as a worker would have stored it."""
    key = parts.artifacts.pdf_prefix + name
    document_id = parts.artifacts.document_id(key)
    metadata = {
        "source": key, "filename": name, "page": page, "page_label": str(page), "total_pages": 9, "h1": heading,
        "heading_path": heading, "document_id": document_id, "image_url": None, "document_title": "A book",
        "pages_spanned": [page], "chunk_index": page, "chunk_count": 9, "text_source": "native",
        **more,
    }  # fmt: skip
    record = Record(page, text, f"{heading}\n{text}", metadata)
    dense = parts.embedder.embed([record.embedding_text])[0]
    place = parts.stores[store]
    place.ensure()
    generation = "000001"  # one for all: searches show no document in two
    sparse = Bm25Encoder().encode_passage(record.embedding_text, "en")
    place.write(document_id, generation, [EmbeddedRecord(record, dense, sparse, "en")])
    place.flip(document_id, activate=[generation], deactivate=[])
    return document_id


def put_page_file(parts: Parts, name: str, page: int, blocks: list[dict[str, Any]], pages: int = 9) -> None:
    """A page of a document as files of generation 000001, with its list of pages and its metadata."""
    key = parts.artifacts.pdf_prefix + name
    file = PageFile(page, tuple(map(StoredBlock.from_json, blocks)), width=400.0, height=600.0)
    parts.artifacts.put_page(key, "000001", file)
    listed = tuple(ListedPage(number, f"A-{number}", 400.0, 600.0) for number in range(1, pages + 1))
    document = DocumentFile(page_count=pages, outline=(Section(1, "Gates", 2, 0),), pages=listed)
    parts.artifacts.put_document(key, "000001", document)
    described = Description(title="The Handbook", language="en")
    parts.artifacts.put_metadata(key, DocumentMetadata(generation="000001", description=described))


def put_stored_metadata(parts: Parts, s3_key: str, metadata: dict[str, Any]) -> None:
    """A document's metadata as another version wrote it."""
    key = parts.artifacts.metadata_key(s3_key)
    parts.aws.s3.put_object(Bucket=parts.artifacts.bucket, Key=key, Body=json.dumps(metadata).encode())


def events_of(answer: Any) -> list[tuple[str, Any]]:
    events = []
    for block in answer.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in lines:
            events.append((lines["event"], json.loads(lines["data"])))
    return events


def refresh(app: Flask) -> None:
    """The next look reads the ledger again, as it would a second later."""
    with suppress(AttributeError):
        app.extensions["panel"].catalogue._refreshed_at = float("-inf")
        app.extensions["panel"].runs._read.clear()
