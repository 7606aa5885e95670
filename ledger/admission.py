"""Who may work on a document: a request, and the decision on what the ledger says of the document."""

from dataclasses import dataclass

from foundation.errors import BusyError
from foundation.store_names import StoreName
from ledger.deaths import NO_DEATHS, Deaths, content_etag, read_deaths
from ledger.records import CacheBehavior, DocumentRecord, DocumentState

#: Somebody else's claim is looked at again after at least this long.
MIN_BUSY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """What somebody wants to do to a document. `delivery_id` is the SQS message's, or None without one; `is_alone`:
    the worker works on no other document until this one is done."""

    document_id: str
    s3_key: str
    etag: str
    stores: tuple[StoreName, ...]
    cache_behavior: CacheBehavior
    run_id: str | None = None
    delivery_id: str | None = None
    is_alone: bool = False


class DuplicateWorkError(Exception):
    """Another delivery asked for the very same work and is at it: this one has nothing to do."""


@dataclass(frozen=True, slots=True)
class Admission:
    """`request` may have the document: as its n-th attempt, after so many deaths of workers."""

    attempt: int
    deaths: Deaths = NO_DEATHS


def admit(seen: DocumentRecord | None, request: ClaimRequest, now: float) -> Admission:
    """Pure: may `request` have the document that stands in the ledger as `seen`, at `now` (epoch seconds)?

    Raises DuplicateWorkError or BusyError.
    """
    if seen is None:
        return Admission(attempt=1)
    claim = seen.claim
    deaths = read_deaths(seen, request.etag, now)
    same_content = content_etag(seen) == request.etag
    if claim:
        left = claim.expires_at - now
        if left > 0:
            # Two deliveries of one message are never "duplicates": deleting one would delete the other's safety net.
            same_work = (
                same_content and claim.cache == request.cache_behavior and set(request.stores) <= set(claim.stores)
            )
            if same_work and request.delivery_id and claim.delivery != request.delivery_id:
                raise DuplicateWorkError
            raise BusyError("another worker holds this document", max(MIN_BUSY_SECONDS, left))
        return Admission(seen.attempt + 1, deaths)
    if seen.state == DocumentState.QUEUED and same_content:
        return Admission(seen.attempt + 1, deaths)
    return Admission(attempt=1)
