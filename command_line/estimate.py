"""What `enqueue-all` would take, before anything is spent: for `--dry-run`, and to keep within `--max-cost-usd`."""

import tempfile
from pathlib import Path
from typing import Any

from command_line.output import EXIT_FAILED, EXIT_USAGE, err, fail, out, print_json, progress_bar
from composition.enrichment import make_estimator
from composition.wiring import Wiring
from data_ingestion.artifacts import SourceObject
from data_ingestion.enrichment.estimate import Estimate
from foundation.errors import PermanentError


def estimate_sources(wiring: Wiring, prefix: str) -> tuple[Estimate, int]:
    """What all PDFs under a prefix take if no answer and no vector is stored already, and how many can't be read.

    Pages are the ledger's, or counted in the sandbox for a PDF that was never seen.
    """
    estimator = make_estimator(wiring.settings, wiring.app_config_file.current())
    total, unreadable = Estimate(), 0
    with progress_bar("estimating", None) as advance:
        for done, source in enumerate(wiring.artifacts.list_sources(prefix), start=1):
            try:
                total += estimator.document(_count_pages(wiring, source))
            except PermanentError as error:
                unreadable += 1
                err.print(f"{source.key}: {error.code}: {error}", markup=False, soft_wrap=True)
            advance(done)
    return total, unreadable


def refuse_over(wiring: Wiring, prefix: str, max_cost_usd: float) -> None:
    """End the program when a run would cost more, or nobody knows what it costs."""
    total, _ = estimate_sources(wiring, prefix)
    wiring.close()
    if total.unpriced:
        fail(
            f"--max-cost-usd needs prices: AppConfig.prices has none for {', '.join(sorted(total.unpriced))}",
            EXIT_USAGE,
        )
    if total.cost_usd > max_cost_usd:
        fail(f"queued nothing: it would cost about ${total.cost_usd:.2f}, more than ${max_cost_usd:.2f}", EXIT_FAILED)


def show_estimate(wiring: Wiring, prefix: str, as_json: bool) -> None:
    """Documents, pages, tokens and dollars."""
    total, unreadable = estimate_sources(wiring, prefix)
    wiring.close()
    if as_json:
        print_json({"dry_run": True, **_as_json(total), "unreadable": unreadable})
        return
    unpriced = f" (no price for {', '.join(sorted(total.unpriced))})" if total.unpriced else ""
    out.print(
        f"would queue {total.documents} documents, {total.pages} pages: {total.calls} LLM calls,"
        f" {total.tokens_in:,} tokens in, {total.tokens_out:,} out, {total.embedding_tokens:,} to embed;"
        f" about ${total.cost_usd:.2f}{unpriced}",
        soft_wrap=True,
    )


def _count_pages(wiring: Wiring, source: SourceObject) -> int:
    seen = wiring.documents.get(wiring.artifacts.document_id(source.key))
    if seen and seen.etag == source.etag and seen.pages_total:
        return seen.pages_total
    with tempfile.TemporaryDirectory(prefix="estimate-") as folder:
        pdf = Path(folder) / "source.pdf"
        wiring.artifacts.download_source(source, pdf)
        return wiring.sandbox.open(pdf).page_count


def _as_json(total: Estimate) -> dict[str, Any]:
    return {
        "documents": total.documents,
        "pages": total.pages,
        "llm_calls": total.calls,
        "tokens_in": total.tokens_in,
        "tokens_out": total.tokens_out,
        "embedding_tokens": total.embedding_tokens,
        "cost_usd": round(total.cost_usd, 4),
        "unpriced_models": sorted(total.unpriced),
    }
