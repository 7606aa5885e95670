"""How a document ended: the result for the caller and the ledger's entry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from data_ingestion.ingestion import Ingested
from data_ingestion.stages import Stages
from foundation.store_names import StoreName
from ledger import Claim, DocumentRecord, DocumentResult, DocumentState
from ledger.data_version import DATA_VERSION
from ledger.item_values import DECIMALS
from ledger.records import ServedStore
from model_api.usage import Usage


@dataclass(frozen=True, slots=True)
class ProcessingResult:
    """What `process_single_source` gives back. `reason` says why when nothing was done."""

    s3_key: str
    state: DocumentState
    reason: str = ""
    pages: int = 0
    links: int = 0
    images: int = 0
    points: Mapping[StoreName, int] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    degraded: tuple[str, ...] = ()
    stage_seconds: Mapping[str, float] = field(default_factory=dict)


def document_result(
    claim: Claim, ingested: Ingested, shape: str, last_modified: datetime, stages: Stages
) -> DocumentResult:
    """What the ledger says of a document that is served. Stores that this claim did not target keep their entries."""
    document, usage, described = ingested.document, ingested.usage, ingested.enrichment.usage
    served = ServedStore(
        sha256=ingested.content_sha256, shape=shape, generation=ingested.generation, data_version=DATA_VERSION
    )
    return DocumentResult(
        content_sha256=ingested.content_sha256,
        last_modified=last_modified.isoformat(),
        processed_at=ingested.processed_at,
        served={**claim.previous.served, **dict.fromkeys(claim.request.stores, served)},
        points={**claim.previous.points, **ingested.points},
        pages_total=document.facts.page_count,
        pages_done=document.facts.page_count,
        links=len(document.links),
        images=len(document.image_keys),
        sections=len(document.structure.sections),
        structure_source=document.structure.source,
        hidden_characters=document.hidden_characters,
        page_outcomes={str(outcome): len(pages) for outcome, pages in document.outcomes.items()},
        degraded=ingested.degraded,
        notes=tuple(document.notes()),
        # A model may answer better next time; a PDF stays what it is.
        retry_worthwhile=bool(ingested.enrichment.degraded),
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        cost_usd=usage.cost_usd,
        llm_calls=described.calls,
        llm_cached_calls=described.cached_calls,
        embedding_tokens=usage.tokens_in - described.tokens_in,
        stage_seconds=stages.seconds,
        stage_starts=stages.starts,
        stage_costs_usd=stage_costs(usage.cost_usd, described.cost_usd),
        deaths=0,
    )


def stage_costs(whole_usd: float, described_usd: float) -> dict[str, float]:
    """What each stage that pays a model cost: describing is paid in `enrich`, embedding in `index`. Pure."""
    costs = {"enrich": described_usd, "index": whole_usd - described_usd}
    return {stage: round(usd, DECIMALS) for stage, usd in costs.items() if round(usd, DECIMALS) > 0}


def removed_result() -> DocumentResult:
    """What the ledger says of a document of which nothing is left."""
    return DocumentResult(served={}, points={}, content_sha256=None, links=0, images=0, pages_total=0)


def unchanged_result(previous: DocumentRecord) -> DocumentResult:
    """The same bytes under a new ETag: what was said of them before holds. An attempt that came to nothing since has
    left its own number of pages."""
    pages = sum(previous.page_outcomes.values()) or previous.pages_total
    kept = previous.model_dump(include={"run_id"} & previous.model_fields_set)
    return DocumentResult(pages_total=pages, pages_done=pages, **kept)


def spending(spent: Mapping[str, Usage]) -> dict[str, dict[str, float]]:
    """What is added up for a run and for a model's day."""
    return {
        model: {"tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out, "cost_usd": usage.cost_usd}
        for model, usage in spent.items()
    }
