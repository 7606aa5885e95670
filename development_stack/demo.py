"""`make demo`: a local stack, PDFs dropped into S3, the real worker until the queue is empty, and what came of it.

Uses a real model when OPENAI_API_KEY or OPENAI_BASE_URL is set. Exit code 0 when every document came out searchable.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from command_line.documents import document_table, plan_upload
from command_line.output import err, one_line_errors, out, progress_bar
from command_line.stores import snippet
from composition.wiring import Wiring
from config import load_settings
from development_stack.stack import local_stack
from ledger import DocumentState
from ledger.documents import as_status

REPOSITORY = Path(__file__).resolve().parents[1]

#: How often the ledger is asked while the worker works.
POLL_SECONDS = 0.5
#: What the sample handbook knows; other documents are asked for their own headings.
SAMPLE_QUERIES = ("How long does it take to close the floodgate?", "berth fees in winter", "fog signals")


def main(
    pdfs: Annotated[list[Path] | None, typer.Argument(help="Files and folders; without any, the samples.")] = None,
) -> None:
    """Drop PDFs into a local stack, run the worker until the queue is empty, and show what came of them."""
    with one_line_errors():
        raise typer.Exit(run(pdfs or []))


def run(pdfs: list[Path]) -> int:
    """The whole demo; `pdfs` empty takes the samples. Returns the exit code."""
    targets = plan_upload(pdfs or sorted((REPOSITORY / "samples").glob("*.pdf")), prefix="")
    with tempfile.TemporaryDirectory(prefix="demo-") as folder, local_stack(Path(folder)) as stack:
        os.environ.update(stack.env)
        settings = load_settings(env_file=Path(folder) / "none.env")
        wiring = Wiring(settings)
        where = f"S3, SQS and DynamoDB at {stack.endpoint_url}, Qdrant at {settings.qdrant_address}"
        out.print(f"[bold]local stack[/bold]  {where}")
        out.print(f"[bold]models[/bold]       {_models(settings.enrichment, settings.embedding_provider)}")
        for path, key in targets:
            wiring.artifacts.upload_source(path, settings.aws_s3_pdf_prefix + key)
        out.print(
            f"[bold]uploaded[/bold]     {len(targets)} PDFs to {wiring.artifacts.url(settings.aws_s3_pdf_prefix)}"
        )
        log_file = Path(folder) / "worker.log"
        code = run_worker(wiring, len(targets), log_file)
        documents = sorted((as_status(item) for item in wiring.documents.all()), key=lambda item: item["s3_key"])
        out.print(document_table(documents))
        if code == 0:
            show_searches(wiring, [] if pdfs else list(SAMPLE_QUERIES))
        unfinished = [item for item in documents if not DocumentState(item["status"]).is_complete]
        if code or unfinished or len(documents) < len(targets):
            err.print(f"the worker ended with {code}; its last words:")
            events = [line for line in log_file.read_text(encoding="utf-8").splitlines() if "_aws" not in line]
            err.print("\n".join(events[-15:]), markup=False, soft_wrap=True)
            return 1
        wiring.close()
    return 0


def run_worker(wiring: Wiring, total: int, log_file: Path) -> int:
    """Run `fargate_worker.py --until-empty` and draw what the ledger says meanwhile; returns its exit code."""
    command = [sys.executable, str(REPOSITORY / "fargate_worker.py"), "--until-empty"]
    with log_file.open("w", encoding="utf-8") as log, progress_bar("worker", total) as advance:
        worker = subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log)
        ticker = threading.Event()
        while worker.poll() is None:
            advance(_share_done(wiring))
            ticker.wait(POLL_SECONDS)
        advance(_share_done(wiring))
    return worker.returncode


def _share_done(wiring: Wiring) -> float:
    """Documents that ended, plus the read share of those at work."""
    done = 0.0
    for document in wiring.documents.all():
        if document.state.is_final:
            done += 1
        elif document.pages_total:
            done += 0.9 * document.pages_done / document.pages_total
    return round(done, 2)


def show_searches(wiring: Wiring, queries: list[str]) -> None:
    """Three searches with their best hits."""
    searcher = wiring.searcher("semantic")
    for query in queries or _queries_from(wiring):
        out.print(f"\n[bold]search[/bold] {query}", soft_wrap=True)
        for hit in searcher.search(query, 3):
            meta = hit.metadata
            place = f"{meta['filename']}, p. {meta['page_label']}"
            out.print(f"  [cyan]{place}[/cyan]  {meta['heading_path']}", soft_wrap=True)
            out.print("    " + snippet(hit.text)[:160], style="dim", markup=False, soft_wrap=True)


def _queries_from(wiring: Wiring) -> list[str]:
    """Headings, or else words, of what was ingested: something that can be found."""
    queries: list[str] = []
    for document in wiring.documents.in_state(DocumentState.SUCCEEDED):
        metadata: dict[str, Any] = wiring.artifacts.get_metadata(document.s3_key) or {}
        titles = [entry["title"] for entry in metadata.get("toc", []) if len(entry["title"]) > 8]
        queries += [titles[len(titles) // 2]] if titles else [" ".join(metadata.get("keywords", [])[:3])]
    return [query for query in queries if query][:3] or ["introduction"]


def _models(enrichment: str, embedding: str) -> str:
    if (enrichment, embedding) == ("extractive", "lexical"):
        return "none: no OPENAI_API_KEY, so metadata is extracted and embeddings are lexical (offline stand-ins)"
    return json.dumps({"metadata": enrichment, "embeddings": embedding})


if __name__ == "__main__":
    typer.run(main)
