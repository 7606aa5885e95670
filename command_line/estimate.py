"""What `enqueue-all` would take, before anything is spent: for `--dry-run`, and to keep within `--max-cost-usd`."""

from command_line.output import EXIT_FAILED, EXIT_USAGE, counted, fail, out, print_json
from data_ingestion.artifacts import Artifacts
from data_ingestion.enrichment.estimate import Estimator
from data_ingestion.enrichment.run_estimate import KnownDocument, RunEstimate, estimate_run, known_document
from foundation.store_names import StoreName
from ledger import Documents
from ledger.data_version import data_version
from ledger.records import CacheBehavior


def estimate_sources(
    artifacts: Artifacts,
    documents: Documents,
    estimator: Estimator,
    prefix: str,
    stores: tuple[StoreName, ...],
    cache_behavior: CacheBehavior,
) -> RunEstimate:
    """What all PDFs under a prefix take, as the panel says it too. One listing, and one query a state of the ledger."""
    sources = list(artifacts.list_sources(prefix))
    etags = {source.key: source.etag for source in sources}
    known: dict[str, KnownDocument] = {}
    for document in documents.all():
        if (key := document.s3_key) in etags:
            known[key] = known_document(
                state=document.state,
                code=document.code,
                pages=document.pages_total,
                stores=document.served,
                is_replaced=document.etag is not None and document.etag != etags[key],
                data_version=data_version(document),
            )
    return estimate_run(sources, known, stores, cache_behavior, estimator)


def refuse_over(plan: RunEstimate, max_cost_usd: float) -> None:
    """End the program when a run would cost more, or nobody knows what it costs."""
    total = plan.total
    if total.unpriced:
        fail(
            f"--max-cost-usd needs prices: AppConfig.prices has none for {', '.join(sorted(total.unpriced))}",
            EXIT_USAGE,
        )
    if total.cost_usd > max_cost_usd:
        fail(f"queued nothing: it would cost about ${total.cost_usd:.2f}, more than ${max_cost_usd:.2f}", EXIT_FAILED)


def show_estimate(plan: RunEstimate, as_json: bool) -> None:
    """Documents, pages, tokens and dollars."""
    if as_json:
        print_json(plan.as_json())
        return
    total = plan.total
    unpriced = f" (no price for {', '.join(sorted(total.unpriced))})" if total.unpriced else ""
    guessed = f", {plan.guessed} of them with pages guessed by size" if plan.guessed else ""
    others = {"up to date": plan.up_to_date, "unreadable": plan.unreadable}
    left = "".join(f"; {count} {name}" for name, count in others.items() if count)
    out.print(
        f"would do {total.documents} of {counted(plan.documents, 'document')}, {counted(total.pages, 'page')}{guessed}:"
        f" {total.calls} LLM calls, {total.tokens_in:,} tokens in, {total.tokens_out:,} out,"
        f" {total.embedding_tokens:,} to embed; about ${total.cost_usd:.2f}{unpriced}{left}",
        soft_wrap=True,
    )
