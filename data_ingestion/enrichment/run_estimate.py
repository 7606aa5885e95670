"""What a run would take, before anything is queued or spent: the same figures for panel and commands.

Pure but for the counting of the prompts' tokens.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from data_ingestion.artifacts import SourceObject
from data_ingestion.enrichment.estimate import Estimate, Estimator
from foundation.errors import FailureCode
from foundation.store_names import StoreName
from ledger.data_version import DATA_VERSION
from ledger.records import CacheBehavior, DocumentState

#: When no document has been read yet: text documents have 10 to 100 kB a page.
TYPICAL_PAGE_BYTES = 40_000
#: The PDF itself is at fault: a worker looks at it again and pays nothing.
UNREADABLE_CODES = frozenset(
    {
        FailureCode.NOT_A_PDF,
        FailureCode.EMPTY_FILE,
        FailureCode.ENCRYPTED,
        FailureCode.CORRUPT,
        FailureCode.NO_PAGES,
        FailureCode.TOO_LARGE,
        FailureCode.TOO_MANY_PAGES,
    }
)


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What the ledger knows of a document that is in the bucket.

    `pages` is 0 when nobody has read it. `stores` are those that serve what the bucket has now. `is_unreadable`: what
    the bucket has now was refused for itself. `is_outdated`: an older version of this program stored it.
    """

    pages: int
    stores: frozenset[str] = frozenset()
    is_unreadable: bool = False
    is_outdated: bool = False


def known_document(
    *, state: str, code: str | None, pages: int, stores: Iterable[str], is_replaced: bool, data_version: int | None
) -> KnownDocument:
    """From what the ledger says; `is_replaced`: the bucket has another version by now."""
    is_served = DocumentState(state).is_complete and not is_replaced
    return KnownDocument(
        pages=pages,
        stores=frozenset(stores if is_served else ()),
        is_unreadable=state == DocumentState.FAILED and code in UNREADABLE_CODES and not is_replaced,
        is_outdated=(data_version or DATA_VERSION) < DATA_VERSION,
    )


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """Nothing is assumed to be in the cache of answers, so that the cost is an upper estimate.

    `up_to_date` documents are counted as free; a change of prompts or models since makes workers do them again.
    """

    total: Estimate
    documents: int
    size_bytes: int
    up_to_date: int
    unreadable: int
    guessed: int

    def as_json(self) -> dict[str, Any]:
        """As `POST /api/admin/process` and `enqueue-all` answer to a dry run."""
        return {
            "dry_run": True,
            "documents": self.documents,
            "size_bytes": self.size_bytes,
            "up_to_date": self.up_to_date,
            "unreadable": self.unreadable,
            "to_process": self.total.documents,
            "documents_with_guessed_pages": self.guessed,
            **self.total.as_json(),
        }


def estimate_run(
    sources: Iterable[SourceObject],
    known: Mapping[str, KnownDocument],
    stores: tuple[StoreName, ...],
    cache_behavior: CacheBehavior,
    estimator: Estimator,
) -> RunEstimate:
    """`known` is by S3 key. Pages of known documents are counted, of others guessed by their size; no PDF is read."""
    sources = list(sources)
    page_bytes = _bytes_a_page(sources, known)
    total, up_to_date, unreadable, guessed = Estimate(), 0, 0, 0
    for source in sources:
        document = known.get(source.key, KnownDocument(0))
        if document.is_unreadable:
            unreadable += 1
        elif _is_up_to_date(document, stores, cache_behavior):
            up_to_date += 1
        else:
            guessed += not document.pages
            total += estimator.document(document.pages or max(1, round(source.size / page_bytes)))
    size_bytes = sum(source.size for source in sources)
    return RunEstimate(total, len(sources), size_bytes, up_to_date, unreadable, guessed)


def _is_up_to_date(document: KnownDocument, stores: tuple[StoreName, ...], cache_behavior: CacheBehavior) -> bool:
    is_wanted_anew = cache_behavior == "rebuild" or (cache_behavior == "upgrade" and document.is_outdated)
    return not is_wanted_anew and set(stores) <= document.stores


def _bytes_a_page(sources: Iterable[SourceObject], known: Mapping[str, KnownDocument]) -> float:
    """Of the documents that were read."""
    read = [(source.size, pages) for source in sources if (pages := known.get(source.key, KnownDocument(0)).pages)]
    pages = sum(pages for _, pages in read)
    return max(1.0, sum(size for size, _ in read) / pages) if pages else float(TYPICAL_PAGE_BYTES)
