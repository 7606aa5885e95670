"""The ledger in DynamoDB is the truth about documents and runs: who works on what, how far, how it ended, what it cost.

One table, keys `pk` and `sk`:

| pk | sk | what |
|---|---|---|
| `document#{document_id}` | `state` | one item a document: claim, progress, outcome |
| `document#{document_id}` | `attempt#{generation}` | one item an attempt that ended, kept for a while (TTL) |
| `document#{document_id}` | `event#{sequence}` | one item an event, kept for a while (TTL) |
| `run#{run_id}` | `state` | one item a bulk run, with counters |
| `runs` | `{started_at}#{run_id}` | runs by time |
| `cost#{day}` | `{model}` | tokens and dollars of a day |
| `history` | `{document_id}` | outbox of the history view |
| `workers` | `paused#{worker}` | a worker that is paused, and why; written anew every minute |
| `workers` | `pause` | an operator's pause of all workers: by whom, since when, why; until somebody resumes |
| `events` | `{time}#{event id}` | events that wait to be sent |
| `events-sending` | `lease` | who sends what others left |
| `history-flush` | `lease` | who writes the history view, and until when the fleet rests |
| `waiting-tasks` | `earliest` | new tasks that old ones keep from working |
| `question#{request key}` | `asked` | a question that a model was asked: where to look for an answer in S3 (TTL) |
| `questions` | `state` | whether S3 may have answers to other questions |
| `rate#{model}` | `bucket` | token bucket of the LLM limits |
| `api-keys` | `{key_id}` | one item a key of the API: scopes, prefix, a hash of its secret |
| `api-idempotency#{key_id}` | `{sha256}` | the answer to a request with an idempotency key, kept for a day (TTL) |
"""

from ledger.admission import ClaimRequest, DuplicateWorkError
from ledger.claim import Claim
from ledger.claims import Claims
from ledger.documents import Documents
from ledger.records import DocumentRecord, DocumentResult, DocumentState
from ledger.runs import Runs
from ledger.table import Table

__all__ = [
    "Claim", "ClaimRequest", "Claims", "DocumentRecord", "DocumentResult", "DocumentState", "Documents",
    "DuplicateWorkError", "Runs", "Table",
]  # fmt: skip
