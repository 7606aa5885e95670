"""This project's own search over the reports: read, cut, stored and searched as the worker and the panel do it."""

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from answers.evaluation import Question, ranked_pages
from benchmarks.searchable import PDF_PREFIX, Document, make_records, offline_settings, read_in, store
from composition.embeddings import make_embedder
from composition.vector_stores import connect, make_stores
from development_stack import qdrant
from foundation.app_config import parse_app_config
from pdf_reader.document import SandboxLimits
from pdf_reader.sandbox import PdfSandbox
from vector_stores.filters import SearchFilter
from vector_stores.search import Searcher

#: Passages looked at for a question, as `leafmill evaluate` does.
DEPTH = 100


@dataclass(frozen=True, slots=True)
class Reports:
    """Documents by the name of their file."""

    documents: Mapping[str, Document]

    def ask(self, base_url: str, model: str, questions: Sequence[Question]) -> tuple[list[list[int]], float, int]:
        """Ranked pages of each question's own document, milliseconds a question, and how many chunks there are.

        Vectors come from the server at `base_url`, so that they are the peers' own; questions are asked of the
        development server of Qdrant, where all reports are in one collection.
        """
        config = parse_app_config(None)
        with tempfile.TemporaryDirectory(prefix="questions-") as folder:
            running = qdrant.start(Path(folder))
            settings = offline_settings(
                running.url,
                embedding_provider="openai",
                openai_api_key="benchmark",
                openai_base_url=base_url,
                openai_embedding_model=model,
            )
            connection, embedder = connect(settings), make_embedder(settings)
            stores = make_stores(settings, connection, embedder)
            chunks = 0
            for name, document in self.documents.items():
                made = make_records(document, config, name)["semantic"]
                store({"semantic": made}, stores, embedder, name, document.facts.language)
                chunks += len(made)
                sys.stderr.write(f"{name}: {len(made)} chunks\n")
            searcher = Searcher(stores["semantic"], config)
            found, started = [], time.perf_counter()
            for question in questions:
                hits = searcher.search(question.question, DEPTH, SearchFilter(source=PDF_PREFIX + question.document))
                found.append([page for _, page in ranked_pages(hits)])
            milliseconds = (time.perf_counter() - started) / len(questions) * 1_000
            connection.close()
            running.close()
        return found, round(milliseconds, 1), chunks


def read_reports(pdfs: Path, names: Sequence[str]) -> Reports:
    sandbox = PdfSandbox(SandboxLimits(), processes=1)
    try:
        return Reports({name: read_in(sandbox, pdfs / name) for name in names})
    finally:
        sandbox.close()
