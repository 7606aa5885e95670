"""Questions in eight languages over real and typeset documents, all of them in one collection with the rest.

The questions were written by hand from the documents (tests/data/languages/questions.jsonl). Arabic, Chinese, Hebrew
and Korean ones are asked of documents in the shared corpus; French, German, Japanese and Spanish texts out of
copyright are set as PDFs here. Everything is the pipeline's own: reader, structure, chunks, vectors, engine, search.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from answers.evaluation import Question, parse_questions, ranked_pages, ranks_of
from benchmarks.searchable import PDF_PREFIX, make_records, read_in, store
from composition.vector_stores import connect, make_stores
from embeddings.static import StaticEmbedder
from pdf_reader.document import SandboxLimits
from pdf_reader.sandbox import PdfSandbox
from tests.support.qdrant import drop_collections
from tests.support.stores import app_config, settings_for
from tests.support.typeset import typeset
from vector_stores.search import Searcher

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800)]

LANGUAGES = Path(__file__).resolve().parents[1] / "data" / "languages"
#: Texts by the language that they are in, and what their PDFs are called.
TYPESET = {"fr": "lectures.pdf", "de": "lesebuch.pdf", "es": "lecturas.pdf", "ja": "bungaku.pdf"}
DOCUMENTS = {
    "ar": "arabic-babel.pdf",
    "zh": "chinese-babel.pdf",
    "he": "hebrew-babel.pdf",
    "ko": "korean-4-pages.pdf",
    **TYPESET,
}
LEAST_QUESTIONS = 60
RESULTS_ASKED = 100


@pytest.fixture(scope="module")
def searcher(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    folder = tmp_path_factory.mktemp("languages")
    for language, name in TYPESET.items():
        typeset((LANGUAGES / f"{language}.txt").read_text(encoding="utf-8"), folder / name)
    settings, config = settings_for(folder), app_config()
    connection, embedder = connect(settings), StaticEmbedder()
    stores = make_stores(settings, connection, embedder)
    sandbox = PdfSandbox(SandboxLimits(), processes=1)
    for path in [*folder.glob("*.pdf"), *(corpus / "good").glob("*.pdf")]:
        document = read_in(sandbox, path)
        if chunks := make_records(document, config, path.name)["semantic"]:
            store({"semantic": chunks}, stores, embedder, path.name, document.facts.language)
    sandbox.close()
    yield Searcher(stores["semantic"], config)
    connection.close()
    drop_collections(settings.qdrant_semantic_collection.removesuffix("-semantic"))


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return parse_questions((LANGUAGES / "questions.jsonl").read_text(encoding="utf-8").splitlines())


def test_the_page_that_answers_is_among_the_first_five_in_every_language(
    searcher: Searcher, questions: list[Question], capsys: pytest.CaptureFixture[str]
) -> None:
    first_ranks: dict[str, list[int | None]] = defaultdict(list)
    for question in questions:
        pages = ranked_pages(searcher.search(question.question, RESULTS_ASKED))
        ranks = ranks_of(question, PDF_PREFIX + question.document, pages)
        first_ranks[question.document].append(ranks[0] if ranks else None)
    everything = [rank for ranks in first_ranks.values() for rank in ranks]
    with capsys.disabled():
        rows = [line(language, first_ranks[name]) for language, name in DOCUMENTS.items()]
        header = f"\n{'':10}{'questions':>10}{'hit@1':>8}{'hit@5':>8}{'MRR':>8}"
        sys.stdout.write("\n".join([header, *rows, line("all", everything)]) + "\n")

    assert len(everything) >= LEAST_QUESTIONS
    assert set(first_ranks) == set(DOCUMENTS.values())
    assert hit_at(5, everything) >= 0.85
    assert min(hit_at(5, ranks) for ranks in first_ranks.values()) >= 0.75


def hit_at(depth: int, ranks: list[int | None]) -> float:
    return sum(rank is not None and rank <= depth for rank in ranks) / len(ranks)


def line(name: str, ranks: list[int | None]) -> str:
    mrr = sum(1 / rank for rank in ranks if rank) / len(ranks)
    return f"{name:10}{len(ranks):10}{hit_at(1, ranks):8.2f}{hit_at(5, ranks):8.2f}{mrr:8.2f}"
