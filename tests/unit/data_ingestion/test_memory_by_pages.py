"""Memory hardly grows with a document's pages, and a disk that gets full is the machine's fault."""

import random
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

import pytest

from data_ingestion.enrichment.conversation import Conversation
from data_ingestion.enrichment.pages import PageQuestions
from data_ingestion.enrichment.ports import DocumentBrief
from data_ingestion.enrichment.prompts import Prompts
from data_ingestion.enrichment.schema import PageAnswer
from data_ingestion.lease import NoLease
from data_ingestion.reading import DocumentBuilder, ReadDocument
from data_ingestion.records import RecordFactory, cut_chunks
from data_ingestion.temporary_folder import document_folder
from document_structure.chunking import chunk_document
from document_structure.section_texts import SectionText, section_texts
from foundation.app_config import parse_app_config
from foundation.errors import FailureCode, TransientError
from model_api.client import LlmClient
from model_api.prices import Allowance
from model_api.request import Answer, ChatRequest
from model_api.usage import Usage
from pdf_reader.blocks import Block, BlockKind
from pdf_reader.document import DocumentFacts, Line, Link, Page, PageOutcome

FEW, MANY = 12, 60
#: At its most, while headings are sought: sections, candidates' styles, and lines at the edges of pages. It was 7.9 KB,
#: and 30.3 KB while texts, chunks and candidates were held; a page of these tests has 2.6 KB of text.
MAX_BYTES_A_PAGE = 12_000
#: A question that waits is a future, a closure and the number of its page: 2.1 KB, and 4.6 KB with the page's text.
MAX_BYTES_A_QUESTION = 3_000
#: What was said is all that is kept of an answer: 0.8 KB, and 3.1 KB with its future.
MAX_BYTES_AN_ANSWER = 1_500


def sheet(number: int) -> Page:
    """A page with a running head, two headings and forty lines of words that no other page has in this order."""
    words = random.Random(number)
    texts = [f"The handbook {number}"]
    for index in range(40):
        texts.append(" ".join("".join(words.choices("aeioulmnrst", k=8)) for _ in range(7)) + ".")
        if index in (10, 30):
            texts.append(f"{number}.{index} About {words.randrange(10_000)}")
    lines, blocks, offset = [], [], 0
    for index, text in enumerate(texts):
        size, top = (14.0 if " About " in text else 10.0), 20.0 + (100 + 15 * index if index else 0)
        box = (50.0, top, 300.0, top + size)
        lines.append(Line(text, box, size, size > 10, False, "Serif", 0, index, offset, offset + len(text)))
        blocks.append(Block(BlockKind.PARAGRAPH, text, (box,), offset, offset + len(text)))
        offset += len(text) + 2
    links = (Link("see", number, (50.0, 50.0, 60.0, 60.0), "#0000ff", "internal", target_page=1, target_top=70.0),)
    return Page(
        number, PageOutcome.TEXT, "\n\n".join(texts), width=400, height=1_000, lines=tuple(lines),
        blocks=tuple(blocks), links=links,
    )  # fmt: skip


def made_of(count: int) -> ReadDocument:
    """All that is done with a document's pages but asking models and writing to services."""
    facts = DocumentFacts(count)
    builder = DocumentBuilder(facts, lambda color: color)
    for number in range(1, count + 1):
        builder.add(sheet(number), f"{number}.jpeg")
    document = builder.finish()
    factory = RecordFactory(
        "source-pdfs/a.pdf", "bucket", "source-pdfs/", "id", "sha", "now", "title", facts, document.text_sources,
        document.image_keys,
    )  # fmt: skip
    chunks = chunk_document(document.pages, document.structure, max_tokens=400, overlap_tokens=50)
    assert len({record.index for record in factory.of_chunks(cut_chunks(chunks))}) >= count
    assert len({record.index for record in factory.of_pages(document.pages, document.structure)}) == count
    assert len(SectionText.spool(section_texts(document.pages, document.structure))) >= count
    assert sum(link.target_snippet is not None for link in document.links.records()) == count
    return document


def peak_bytes(work: Callable[[], object]) -> int:
    """The most that `work` had allocated at a time."""
    tracemalloc.start(1)
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_documents_pages_wait_on_disk() -> None:
    made_of(3)  # imports, expressions and caches
    few, many = (peak_bytes(lambda count=count: made_of(count)) for count in (FEW, MANY))  # type: ignore[misc]

    assert (many - few) / (MANY - FEW) < MAX_BYTES_A_PAGE


class SlowClient:
    """A model that answers when a test lets it, one question at a time."""

    max_concurrency = 1

    def __init__(self) -> None:
        self.asked: list[tuple[ChatRequest[Any], Future[Any]]] = []

    def submit(self, request: ChatRequest[Any]) -> "Future[Any]":
        answer: Future[Any] = Future()
        self.asked.append((request, answer))
        return answer

    def answer_all(self) -> Iterator[str]:
        """What was asked, each question answered before the next comes."""
        while self.asked:
            request, answer = self.asked.pop(0)
            yield request.user
            context = PageAnswer(context=f"Page about {len(request.user)} things.")
            answer.set_result(Answer(context, request.key, Usage(), Usage()))


def questions(count: int, client: SlowClient) -> PageQuestions:
    prompts = Prompts(parse_app_config(None), "model", DocumentBrief("a.pdf", "id", "a.pdf", DocumentFacts(count)))
    asked = PageQuestions(prompts, Conversation(cast(LlmClient, client), Allowance(None, None), NoLease()))
    for number in range(1, count + 1):
        asked.ask(sheet(number))
    return asked


def test_questions_and_answers_about_pages_take_little_memory() -> None:
    kept: dict[int, tuple[int, int]] = {}
    for count in (3, FEW, MANY):
        client = SlowClient()
        tracemalloc.start(1)
        asked = questions(count, client)
        waiting = tracemalloc.get_traced_memory()[0]
        pages = [f"The handbook {number}\n" in user for number, user in enumerate(client.answer_all(), start=1)]
        kept[count] = (waiting, tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert pages == [True] * count
        assert asked.context(count).startswith("Page about")
        assert len(asked.digests()) == len(asked.outcomes()) == count

    waiting, answered = ((many - few) / (MANY - FEW) for few, many in zip(kept[FEW], kept[MANY], strict=True))
    assert waiting < MAX_BYTES_A_QUESTION
    assert answered < MAX_BYTES_AN_ANSWER


def test_a_full_disk_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    with document_folder():
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: full.open("r+b", buffering=0))
        builder = DocumentBuilder(DocumentFacts(1), lambda color: color)
        monkeypatch.undo()
        monkeypatch.setattr("foundation.spool.BLOCK_BYTES", 1)
    with pytest.raises(TransientError, match="no room on the disk") as caught, document_folder():
        builder.add(sheet(1), None)

    assert (caught.value.code, caught.value.dependency) == (FailureCode.INTERNAL, "disk")
