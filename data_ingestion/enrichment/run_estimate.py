"""What a run would take, before anything is queued or spent. Pure but for the counting of the prompts' tokens."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from composition.enrichment import make_estimator
from config import Settings
from data_ingestion.artifacts import SourceObject
from data_ingestion.enrichment.estimate import Estimate
from foundation.app_config import AppConfig
from foundation.store_names import StoreName
from ledger.data_version import DATA_VERSION
from ledger.records import CacheBehavior

#: When no document has been read yet: text documents have 10 to 100 kB a page.
TYPICAL_PAGE_BYTES = 40_000


def estimate_run(
    sources: Iterable[SourceObject],
    documents: Mapping[str, Mapping[str, Any]],
    stores: tuple[StoreName, ...],
    cache_behavior: CacheBehavior,
    settings: Settings,
    config: AppConfig,
    document_id: Callable[[str], str],
) -> dict[str, Any]:
    """`documents` is the catalogue: pages of known documents are counted, of others guessed by their size.

    Nothing is assumed to be in the cache of answers, so that the cost is an upper estimate. `up_to_date` documents are
    counted as free; a change of prompts or models since makes workers do them again.
    """
    estimator = make_estimator(settings, config)
    page_bytes = _bytes_a_page(documents)
    total, count, size_bytes, up_to_date, guessed = Estimate(), 0, 0, 0, 0
    for source in sources:
        count += 1
        size_bytes += source.size
        known = documents.get(document_id(source.key), {})
        if cache_behavior != "rebuild" and _is_up_to_date(known, stores, cache_behavior):
            up_to_date += 1
            continue
        pages = known.get("pages_total") or max(1, round(source.size / page_bytes))
        guessed += not known.get("pages_total")
        total += estimator.document(pages)
    return {
        "dry_run": True,
        "documents": count,
        "size_bytes": size_bytes,
        "up_to_date": up_to_date,
        "to_process": count - up_to_date,
        "pages": total.pages,
        "documents_with_guessed_pages": guessed,
        "llm_calls": total.calls,
        "tokens_in": total.tokens_in,
        "tokens_out": total.tokens_out,
        "embedding_tokens": total.embedding_tokens,
        "cost_usd": round(total.cost_usd, 4),
        "models_without_price": sorted(total.unpriced),
    }


def _is_up_to_date(known: Mapping[str, Any], stores: tuple[StoreName, ...], cache_behavior: CacheBehavior) -> bool:
    is_old = (known.get("data_version") or DATA_VERSION) < DATA_VERSION
    return (
        not (cache_behavior == "upgrade" and is_old)
        and known.get("status") in ("succeeded", "degraded")
        and not known.get("newer_waits")
        and set(stores) <= set(known.get("stores", ()))
    )


def _bytes_a_page(documents: Mapping[str, Mapping[str, Any]]) -> float:
    """Of the documents that were read."""
    read = [entry for entry in documents.values() if entry.get("pages_total") and entry.get("size_bytes")]
    pages = sum(entry["pages_total"] for entry in read)
    return max(1.0, sum(entry["size_bytes"] for entry in read) / pages) if pages else float(TYPICAL_PAGE_BYTES)
