"""Erases a document: every trace that this project can reach, older versions of objects among them.

The order lets a run that was interrupted be repeated by the key alone: what names the other traces (the metadata and
its versions) goes last but for the ledger, whose absence keeps later events from leaving a new trace.
"""

from collections.abc import Callable
from dataclasses import dataclass

from data_ingestion.artifacts import Artifacts
from data_ingestion.document_metadata import DocumentMetadata
from data_ingestion.object_versions import ObjectVersions, Version
from ledger.documents import document_key
from ledger.history import HISTORY_KEY
from ledger.table import Table
from model_api.answer_cache import ANSWERS_PREFIX, request_key_of
from model_api.asked_questions import forget

#: What people say of answers, each with its question, the answer and the passages that it was made of.
FEEDBACK_PREFIX = "feedback/answers/"
#: Where a trace of one document stays, and until when. `docs/data.md` has the whole table.
STAYS = (
    ("logs and metrics lines, which name the key", "LogRetentionDays after they were written"),
    ("the table's point-in-time backups", "35 days, read only by restoring a copy"),
    ("messages under way, which name the key", "until a worker has seen them, 14 days at most"),
    ("events that were sent, which name the key", "with those who got them, by their own rules"),
    ("the event that it was deleted", "until it is sent; at once, unless its target is down"),
    ("a run that was started for this key alone", "90 days after it was started"),
    ("Qdrant's own snapshots, and deleted points in segments", "until the snapshot is deleted; the next optimization"),
    ("what a model's provider keeps", "by your contract with it"),
)


@dataclass(frozen=True, slots=True)
class Erased:
    """How much went; nothing where there was nothing to erase."""

    versions: int
    ledger_items: int


def erase_document(
    artifacts: Artifacts,
    versions: ObjectVersions,
    table: Table,
    s3_key: str,
    *,
    remove_derived: Callable[[str], object],
    write_history: Callable[[], object],
) -> Erased:
    """Erase everything of `s3_key`. Repeating it finds nothing.

    `remove_derived` takes points, files and the history's entry away, as for a source that is gone; `write_history`
    writes the history without it. Raises what they raise, and errors.TransientError.
    """
    if artifacts.find_source(s3_key) is not None:  # a deletion of nothing leaves a marker
        artifacts.delete_source(s3_key)
    metadata_versions = versions.of(artifacts.metadata_key(s3_key))
    answers = _answer_keys(versions, metadata_versions)
    remove_derived(s3_key)
    write_history()
    document_id = artifacts.document_id(s3_key)
    doomed = [
        *versions.of(s3_key),
        *versions.of(artifacts.links_key(s3_key)),
        *versions.below(artifacts.files_folder(s3_key)),
        *(
            version
            for version in versions.below(artifacts.images_folder(s3_key))
            if artifacts.is_image(s3_key, version[0])
        ),
        *(version for key in answers for version in versions.of(key)),
        *_ratings(versions, s3_key),
        *versions.replaced(HISTORY_KEY),
    ]
    count = versions.delete(doomed)
    forget(table, filter(None, map(request_key_of, answers)))
    count += versions.delete(versions.of(artifacts.metadata_key(s3_key)))
    partition, _ = document_key(document_id)
    items = [(item["pk"], item["sk"]) for item in table.query("pk", partition)]
    for key in (*items, ("history", document_id)):
        table.delete(key)
    return Erased(count, len(items))


def _answer_keys(versions: ObjectVersions, of_metadata: list[Version]) -> list[str]:
    """Every answer that any version of the metadata names."""
    found = set[str]()
    for version in of_metadata:
        metadata = versions.read_json(version)
        if isinstance(metadata, dict):
            found |= {str(key) for key in DocumentMetadata.from_json(metadata).answer_keys}
    return sorted(key for key in found if key.startswith(ANSWERS_PREFIX))


def _ratings(versions: ObjectVersions, s3_key: str) -> list[Version]:
    """Ratings of answers that passages of the document went into. Every rating is read: only people write them."""
    kept = list(versions.below(FEEDBACK_PREFIX))
    doomed = {version[0] for version in kept if _names(versions.read_json(version), s3_key)}
    return [version for version in kept if version[0] in doomed]


def _names(rating: object, s3_key: str) -> bool:
    sources = rating.get("sources") if isinstance(rating, dict) else None
    return any(isinstance(source, dict) and source.get("s3_key") == s3_key for source in sources or ())
