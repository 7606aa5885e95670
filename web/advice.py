"""What a failure means and what to do about it, in plain words. Pure."""

from foundation.errors import FailureCode
from foundation.failure_codes import code_today
from ledger.records import DocumentRecord, DocumentState
from web.entry import searchable_since

#: Code → (what it means, what to do).
ADVICE: dict[FailureCode, tuple[str, str]] = {
    FailureCode.NOT_A_PDF: ("The file is not a PDF, whatever its name says.", "Upload the real PDF under this name."),
    FailureCode.EMPTY_FILE: ("The file has no bytes.", "The upload broke off, or the original is empty: upload again."),
    FailureCode.ENCRYPTED: (
        "The PDF can only be opened with a password.",
        "Save a copy without the password and upload that.",
    ),
    FailureCode.CORRUPT: (
        "The PDF is damaged beyond what can be repaired.",
        "Get it from its source again, or print it to PDF.",
    ),
    FailureCode.NO_PAGES: ("The PDF has no pages, or none that can be read.", "Check it in a viewer and upload again."),
    FailureCode.TOO_LARGE: (
        "The file is larger than this deployment allows.",
        "Split it, or raise MAX_PDF_MEGABYTES for the workers.",
    ),
    FailureCode.TOO_MANY_PAGES: (
        "The PDF has more pages than this deployment allows.",
        "Split it, or raise MAX_PAGES for the workers.",
    ),
    FailureCode.SOURCE_MISSING: (
        "There was no file under this name when a worker came.",
        "Upload it again, or delete the entry.",
    ),
    FailureCode.EXTRACTION_TIMEOUT: (
        "Too many pages took longer to read than allowed.",
        "Reprocess once; if it stays, raise PAGE_TIMEOUT_SECONDS or simplify the PDF.",
    ),
    FailureCode.WORKER_KILLED: (
        "Workers died twice while they read this document, so it was set aside.",
        "Look at the workers' memory, then reprocess. The document may be hostile.",
    ),
    FailureCode.LLM_FAILED: ("The model did not answer.", "Check its key, quota and status, then reprocess."),
    FailureCode.EMBEDDINGS_FAILED: (
        "The embeddings API did not answer, or refused what it was sent.",
        "Check its key, quota, model and status (the vector store is not at fault), then reprocess.",
    ),
    FailureCode.STORE_FAILED: (
        "The vector store refused or was away.",
        "Check that Qdrant is up, takes writes and has room, then reprocess.",
    ),
    FailureCode.LEASE_LOST: (
        "The worker lost the message while it worked, and stopped so that another could take over.",
        "Wait: another worker does it again. If this happens often, raise VISIBILITY_TIMEOUT_SECONDS.",
    ),
    FailureCode.INTERNAL: (
        "An unexpected error.",
        "The worker's log has the details. Reprocess once.",
    ),
}


def reason_of(code: str) -> dict[str, str]:
    """`{meaning, remedy}` of a failure's code; of an unknown one, of a later version, those of `internal`."""
    meaning, remedy = ADVICE[FailureCode(code) if code in set(FailureCode) else FailureCode.INTERNAL]
    return {"meaning": meaning, "remedy": remedy}


def advice_for(record: DocumentRecord) -> dict[str, str] | None:
    """`{meaning, remedy}` for a document that didn't succeed, or None."""
    if record.state is DocumentState.CANCELLED:
        if searchable_since(record):
            return {
                "meaning": "Somebody cancelled the last attempt. The version before it is still searchable.",
                "remedy": "Reprocess it when the new one is wanted.",
            }
        return {"meaning": "Somebody cancelled this.", "remedy": "Reprocess it when it is wanted."}
    if record.state is DocumentState.DEGRADED and not any(record.points.values()):
        return {
            "meaning": "It was read, but there was nothing that could be searched; the reasons are listed.",
            "remedy": "Look at the pages. A scan needs OCR on the worker; a PDF of pictures alone has no text.",
        }
    if record.state is DocumentState.DEGRADED:
        return {
            "meaning": "It is searchable, but parts are missing; the reasons are listed.",
            "remedy": "Reprocess if a service was away; what the PDF itself lacks stays missing.",
        }
    code = record.code
    if record.state is DocumentState.QUEUED and not code:
        return {"meaning": "No worker has taken it yet.", "remedy": "Nothing. If it stays so, look at the queue."}
    if not code or code not in set(FailureCode):
        return None
    meaning, remedy = ADVICE[FailureCode(code_today(code, record.message))]
    return {"meaning": meaning, "remedy": remedy}
