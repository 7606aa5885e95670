"""`make demo` and `leafmill demo`: a local stack, PDFs dropped into S3, the real worker until the queue is empty, and
what came of them.

Uses a real model when OPENAI_API_KEY or OPENAI_BASE_URL is set. Exit code 0 when every document came out searchable.
"""

import json
import os
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from answers.places import label_of
from answers.snippets import page_of, snippets_of
from command_line.documents import by_key, document_table
from command_line.output import EXIT_INTERRUPTED, counted, err, one_line_errors, out, progress_bar
from command_line.stores import marked
from command_line.uploading import plan_upload, upload_all
from composition.parts import Parts
from config import load_settings
from data_ingestion.artifacts import Artifacts
from data_ingestion.document_metadata import DocumentMetadata
from development_stack.programs import ROOT, program, unwound_by_signals
from development_stack.stack import local_stack
from ledger import Documents, DocumentState

if TYPE_CHECKING:
    from vector_stores.search import Searcher

#: How often the ledger is asked while the worker works.
POLL_SECONDS = 0.5
#: What the sample handbook knows; other documents are asked for their own headings.
SAMPLE_QUERIES = ("How long does it take to close the floodgate?", "berth fees in winter", "fog signals")


#: Of what a worker said that ended with an error.
LAST_WORDS_LINES = 15


def demo(
    pdfs: Annotated[list[Path] | None, typer.Argument(help="Files and folders; without any, the samples.")] = None,
) -> None:
    """Run sample PDFs through a local stack.

    Or your own. The real worker works until the queue is empty; what came of each document is shown, and the stores are
    searched.
    """
    try:
        with one_line_errors(), unwound_by_signals():
            raise typer.Exit(run(pdfs or []))
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None


def samples_folder() -> Path:
    """In a clone, or where the wheel has put them."""
    in_clone = ROOT / "samples"
    return in_clone if in_clone.is_dir() else Path(__file__).parent / "samples"


def run(pdfs: list[Path]) -> int:
    """The whole demo; `pdfs` empty takes the samples. Returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder, local_stack(Path(folder)) as stack:
        os.environ.update(stack.env, ENV_FILE=os.devnull)  # a .env in the folder is not meant
        settings = load_settings()
        files = pdfs or sorted(samples_folder().glob("*.pdf"))
        plan = plan_upload(files, "", settings.aws_s3_pdf_prefix, settings.max_pdf_megabytes)
        parts = Parts(settings)
        where = f"S3, SQS and DynamoDB at {stack.endpoint_url}, Qdrant at {settings.qdrant_address}"
        out.print(f"[bold]local stack[/bold]  {where}")
        out.print(f"[bold]models[/bold]       {_models(settings.enrichment, settings.embedding_provider)}")
        upload_all(parts.artifacts, plan)
        place = parts.artifacts.url(settings.aws_s3_pdf_prefix)
        out.print(f"[bold]uploaded[/bold]     {counted(len(plan.targets), 'PDF')} to {place}")
        log_file = Path(folder) / "worker.log"
        code = run_worker(parts.documents, len(plan.targets), log_file)
        documents = sorted(parts.documents.all(), key=by_key)
        out.print(document_table(documents))
        if code:
            err.print(f"the worker ended with {code}; the last that it said:")
            said = log_file.read_text(encoding="utf-8").splitlines()
            err.print("\n".join(said[-LAST_WORDS_LINES:]), markup=False, soft_wrap=True)
            return 1
        searchable = [item for item in documents if item.state.is_complete]
        if searchable:
            queries = _queries_from(parts.documents, parts.artifacts) if pdfs else SAMPLE_QUERIES
            show_searches(parts.searcher("semantic"), queries)
        parts.close()
    bad = len(plan.targets) + len(plan.left_out) - len(searchable)
    if bad:
        err.print(f"{counted(bad, 'document')} did not become searchable; the reasons are above", soft_wrap=True)
    return 1 if bad else 0


def run_worker(documents: Documents, total: int, log_file: Path) -> int:
    """Run `fargate_worker.py --until-empty` and draw what the ledger says meanwhile; returns its exit code."""
    # For a person, if at all: warnings, and no metrics, which go to standard output.
    env = {"LOG_FORMAT": "console", "LOG_LEVEL": "WARNING"}
    with (
        log_file.open("w", encoding="utf-8") as log,
        Path(os.devnull).open("w") as nowhere,
        progress_bar("worker", total) as advance,
        program("fargate_worker", "--until-empty", env=env, stream=log, metrics=nowhere) as worker,
    ):
        ticker = threading.Event()
        while worker.poll() is None:
            advance(_share_done(documents))
            ticker.wait(POLL_SECONDS)
        advance(_share_done(documents))
    return worker.returncode


def _share_done(documents: Documents) -> float:
    """Documents that ended, plus the read share of those at work."""
    done = 0.0
    for document in documents.all():
        if document.state.is_final:
            done += 1
        elif document.pages_total:
            done += 0.9 * document.pages_done / document.pages_total
    return round(done, 2)


def show_searches(searcher: "Searcher", queries: Sequence[str]) -> None:
    """The best hits of each."""
    for query in queries:
        out.print(f"\n[bold]search[/bold] {query}", soft_wrap=True)
        for hit in searcher.search(query, 3):
            meta = hit.metadata
            place = f"{meta['filename']}, p. {label_of(page_of(query, hit), meta)}"
            out.print(f"  [cyan]{place}[/cyan]  {meta['heading_path']}", soft_wrap=True)
            for snippet in snippets_of(query, hit, limit=1):
                out.print(marked(snippet), style="dim", soft_wrap=True)


def _queries_from(documents: Documents, artifacts: Artifacts) -> list[str]:
    """Headings, or else words, of what was ingested: something that can be found."""
    queries: list[str] = []
    for document in documents.in_state(DocumentState.SUCCEEDED):
        metadata = artifacts.get_metadata(document.s3_key) or DocumentMetadata()
        titles = [section.title for section in metadata.toc if len(section.title) > 8]
        queries += [titles[len(titles) // 2]] if titles else [" ".join(metadata.description.keywords[:3])]
    return [query for query in queries if query][:3] or ["introduction"]


def _models(enrichment: str, embedding: str) -> str:
    if (enrichment, embedding) == ("extractive", "static"):
        return "none: no OPENAI_API_KEY, so metadata is extracted and embeddings are of a static model"
    return json.dumps({"metadata": enrichment, "embeddings": embedding})


if __name__ == "__main__":
    from command_line import program as command_line_program

    application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    application.command()(demo)
    command_line_program.run(application)
