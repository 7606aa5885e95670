"""A panel with documents in two folders, `team/` and `team2/`, and keys for them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask

from app import create_app
from composition.parts import Parts
from config import Settings, load_settings
from data_ingestion.page_file import PageFile
from pdf_reader.link_record import LinkRecord
from tests.conftest import new_stack
from tests.support.aws_engine import AwsEngine
from tests.support.panel import PANEL_ENV, put_document, put_page_file, put_source, store_passage

TEXT = "The floodgate takes eleven minutes to close."
SECRET = "The vault opens at midnight with the word saffron."
TABLE = {
    "kind": "table", "text": "", "boxes": [[50.0, 100.0, 350.0, 150.0]], "start": 8, "end": 90, "provenance": "layout",
    "table": {
        "rows": [["Gate", "Minutes"], ["North", "11"], ["=South", "-3"]], "header_rows": 1,
        "header": ["Gate", "Minutes"], "spans": [],
        "row_boxes": [[50.0, 120.0, 350.0, 132.0], [50.0, 134.0, 350.0, 146.0]],
    },
}  # fmt: skip
HEADING = {
    "kind": "heading", "level": 1, "text": "Gates", "boxes": [[50.0, 50.0, 200.0, 62.0]], "start": 0, "end": 5,
    "provenance": "layout",
}  # fmt: skip
LINK = LinkRecord("office", 5, (1.0, 2.0, 3.0, 4.0), link_type="internal", target_page=2)


@dataclass(frozen=True)
class Library:
    """Ids of the documents: `inside` is `source-pdfs/team/a.pdf`, `outside` is `source-pdfs/team2/b.pdf`."""

    inside: str
    outside: str


def stock(parts: Parts) -> Library:
    inside = add(parts, "team/a.pdf", TEXT)
    outside = add(parts, "team2/b.pdf", SECRET)
    for number in range(12):
        store_passage(parts, f"{SECRET} Again, {number}.", page=number, name="team2/c.pdf")
    return Library(inside, outside)


def add(parts: Parts, name: str, text: str) -> str:
    key = put_source(parts, name)
    etag = parts.artifacts.find_source(key)
    assert etag
    served: Any = {"semantic": {"generation": "000001"}}
    document_id = put_document(
        parts, name, etag=etag.etag, content_sha256="ab" * 32, images=9, served=served, points={"semantic": 1},
        processed_at="2026-01-01T00:00:00.000Z", pages_total=9,
    )  # fmt: skip
    store_passage(parts, text, page=5, name=name)
    put_page_file(parts, name, 5, [HEADING, TABLE])
    for page in (1, 2, 3, 4, 6, 7, 8, 9):
        parts.artifacts.put_page(key, "000001", PageFile(page, (), width=400.0, height=600.0))
    parts.artifacts.put_links(key, [replace(LINK, link_text=text.split()[1])])
    s3, bucket = parts.aws.s3, parts.artifacts.bucket
    s3.put_object(Bucket=bucket, Key=parts.artifacts.markdown_key(key, "000001"), Body=f"# Gates\n\n{text}\n".encode())
    s3.put_object(Bucket=bucket, Key=parts.artifacts.image_key(key, "ab" * 32, 5, "webp"), Body=b"RIFF")
    return document_id


@pytest.fixture(scope="session")
def shared_settings(aws: AwsEngine) -> Iterator[Settings]:
    """A stack that the tests of the API share: none changes what another one looks at."""
    with new_stack(aws) as env:
        with pytest.MonkeyPatch.context() as environment:  # other tests of this process must not see it
            for name, value in {**env, **PANEL_ENV}.items():
                environment.setenv(name, value)
            settings = load_settings(env_file="no-such-file")
        yield settings


@pytest.fixture(scope="session")
def shared_parts(shared_settings: Settings, aws: AwsEngine) -> Iterator[Parts]:
    parts = Parts(shared_settings)
    aws.point(parts)
    yield parts
    parts.close()


@pytest.fixture(scope="session")
def library(shared_parts: Parts) -> Library:
    return stock(shared_parts)


@pytest.fixture
def parts(shared_parts: Parts) -> Parts:
    return shared_parts


@pytest.fixture
def panel(shared_settings: Settings, shared_parts: Parts, library: Library) -> Flask:
    """An app of the test's own, with the library in it."""
    return create_app(shared_settings, shared_parts)
