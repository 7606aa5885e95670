"""Decides, without any I/O, whether a document needs work: what stands in the ledger against what S3 has now."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from foundation.app_config import AppConfig
from foundation.store_names import StoreName
from ledger import DocumentRecord
from ledger.data_version import DATA_VERSION
from ledger.records import CacheBehavior

#: Part of every shape that was ever stored; what the code itself stores is numbered in ledger/data_version.py.
PIPELINE_VERSION = 1

#: What AppConfig says that is seen in the result.
_SHAPING_KEYS = {
    *("chunk_tokens", "chunk_overlap_tokens", "image_dpi", "image_format", "image_quality", "categories"),
    *("link_colors", "metadata_prompt", "section_prompt", "page_prompt", "llm_temperature"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Which stores need the document; none when it is up to date. `reason` is for the log."""

    stores: tuple[StoreName, ...]
    reason: str

    @property
    def is_needed(self) -> bool:
        return bool(self.stores)


def fingerprint(app_config: AppConfig, *, embedder: str, enrichment: str, can_ocr: bool) -> str:
    """Identifies everything besides the PDF that shapes what is stored, in 16 hex characters."""
    shape: dict[str, Any] = {
        "pipeline": PIPELINE_VERSION,
        "embedder": embedder,
        "enrichment": enrichment,
        "ocr": app_config.ocr_languages if can_ocr else None,
        **app_config.model_dump(include=_SHAPING_KEYS),
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]


def decide(
    seen: DocumentRecord | None,
    *,
    stores: tuple[StoreName, ...],
    shapes: frozenset[str],
    cache_behavior: CacheBehavior,
    etag: str | None = None,
    content_sha256: str | None = None,
) -> Plan:
    """Which of `stores` need this document, known by its ETag (before the download) or its hash (after it).

    A store is up to date when it serves the same content, made under one of `shapes`. What an older version of this
    code stored is up to date as well, unless an upgrade was asked for. A document that was degraded for a reason that
    may pass (the model's answer, not the PDF) is done again.
    """
    if cache_behavior == "rebuild":
        return Plan(stores, "a rebuild was asked for")
    if seen is None:
        return Plan(stores, "never seen")
    known = seen.etag == etag if etag else seen.content_sha256 == content_sha256
    if not known:
        return Plan(stores, "the content changed")
    if seen.retry_worthwhile:
        return Plan(stores, "the last result was degraded and may be better now")
    stale = tuple(store for store in stores if not _is_served(seen, store, shapes))
    if stale:
        return Plan(stale, "stores are missing or were made differently")
    if cache_behavior == "upgrade":
        old = tuple(store for store in stores if seen.served[store].data_version < DATA_VERSION)
        return Plan(old, "an older version stored it" if old else "unchanged")
    return Plan((), "unchanged")


def _is_served(seen: DocumentRecord, store: StoreName, shapes: frozenset[str]) -> bool:
    served = seen.served.get(store)
    return served is not None and served.sha256 == seen.content_sha256 and served.shape in shapes
