"""Bringing stored documents up to what this version stores: what there is, what it would take, and in which order.

Old versions of documents serve until the new one is complete. Answers of models and vectors of unchanged texts are
taken over, so that estimates are upper bounds.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from data_ingestion.enrichment.estimate import Estimate, Estimator
from ledger.data_version import DATA_VERSION, data_version, is_outdated
from ledger.records import DocumentRecord, DocumentState

_NO_UPGRADE = (DocumentState.DELETED, DocumentState.PROCESSING)


@dataclass(frozen=True, slots=True)
class UpgradePlan:
    """`by_version` counts the served documents by the version that stored them. `outdated` is newest first.

    `estimates` belong to `outdated`, one each. `worker_seconds` is what reading them took the last time.
    """

    by_version: dict[int, int]
    outdated: tuple[DocumentRecord, ...]
    estimates: tuple[Estimate, ...]

    @property
    def total(self) -> Estimate:
        return sum(self.estimates, Estimate())

    @property
    def worker_hours(self) -> float:
        """Of one worker that does one document at a time."""
        return sum(document.seconds for document in self.outdated) / 3_600

    def within(self, max_cost_usd: float) -> tuple[DocumentRecord, ...]:
        """The newest documents whose upper estimates fit into the sum together."""
        chosen: list[DocumentRecord] = []
        spent = 0.0
        for document, estimate in zip(self.outdated, self.estimates, strict=True):
            spent += estimate.cost_usd
            if spent > max_cost_usd:
                break
            chosen.append(document)
        return tuple(chosen)


def plan_upgrade(documents: Iterable[DocumentRecord], estimator: Estimator) -> UpgradePlan:
    """Which documents an older version stored. Those at work and those that are gone are left out. Pure."""
    by_version: Counter[int] = Counter()
    outdated = []
    for document in documents:
        version = data_version(document)
        if version is None or document.state in _NO_UPGRADE:
            continue
        by_version[version] += 1
        if is_outdated(document):
            outdated.append(document)
    outdated.sort(key=lambda document: document.processed_at or "", reverse=True)
    estimates = tuple(estimator.document(max(1, document.pages_total)) for document in outdated)
    return UpgradePlan({DATA_VERSION: 0, **dict(sorted(by_version.items()))}, tuple(outdated), estimates)
