"""Who is to blame when a worker dies without a word: pure decisions on what the ledger says of a document.

    died beside others  ──►  suspect: next time alone  ──► done: it was another's fault
                                                       └─► died again: quarantined, before a third try

A worker that dies takes all of its documents with it, and the ledger can't tell which of them it was. So one death
makes a document a suspect only, and only a death alone is its own.
"""

from dataclasses import dataclass

from ledger.records import DocumentRecord, DocumentState

#: A document whose worker died this often, the last time with no other document beside it, is not tried again.
MAX_DEATHS = 2


@dataclass(frozen=True, slots=True)
class Deaths:
    """Of workers that worked on a document: all, and those with no other document beside it."""

    total: int = 0
    alone: int = 0

    @property
    def is_suspect(self) -> bool:
        """It is only worked on alone."""
        return self.total > 0

    @property
    def is_guilty(self) -> bool:
        return self.total >= MAX_DEATHS and self.alone > 0


NO_DEATHS = Deaths()


def content_etag(seen: DocumentRecord) -> str | None:
    """The content that is worked on, or was last."""
    return seen.claim.etag if seen.claim and seen.claim.etag is not None else seen.etag


def read_deaths(seen: DocumentRecord | None, etag: str, now: float) -> Deaths:
    """What counts against the content `etag` at `now` (epoch seconds): a claim that has run out is a death."""
    if seen is None:
        return NO_DEATHS
    earlier = Deaths(seen.deaths, seen.deaths_alone) if content_etag(seen) == etag else NO_DEATHS
    if seen.claim:
        if seen.claim.expires_at > now:
            return NO_DEATHS  # somebody works on it, and lives
        return Deaths(earlier.total + 1, earlier.alone + seen.claim.alone)
    return earlier if seen.state is DocumentState.QUEUED else NO_DEATHS
