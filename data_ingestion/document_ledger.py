"""Where it stands what is known of documents, and where it is written what becomes of them."""

from dataclasses import dataclass

from ledger import Claims, Documents, Runs
from ledger.history import History


@dataclass(frozen=True, slots=True)
class DocumentLedger:
    """The ledger's parts that an attempt reads and writes, and the history, a view of it."""

    documents: Documents
    claims: Claims
    runs: Runs
    history: History
