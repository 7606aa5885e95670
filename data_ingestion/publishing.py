"""Writes what S3 keeps of a document beside its images: the files of its generation, its links, its metadata."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from data_ingestion.attempt import Attempt
from data_ingestion.document_export import document_file, markdown_of, page_files
from data_ingestion.document_metadata import DocumentMetadata
from data_ingestion.enrichment.ports import Enrichment
from data_ingestion.kept_points import POINTS_FILE
from data_ingestion.reading import ReadDocument

#: Page files being written at once: few, as the model's answers come through the same interpreter meanwhile, and a
#: document that is answered later ends later.
FILES_IN_FLIGHT = 4


def write_files(attempt: Attempt, document: ReadDocument, check: Callable[[], None]) -> None:
    """The files of this generation, before it is shown; nobody is led to them until the metadata names it.

    `check` raises when they are no longer wanted.
    """
    check()
    artifacts, structure, facts = attempt.tools.artifacts, document.structure, attempt.facts
    s3_key, generation = attempt.s3_key, attempt.generation
    uploads: deque[Future[None]] = deque()
    for page in page_files(document.spool, facts, structure):
        uploads.append(attempt.tools.threads.submit(artifacts.put_page, s3_key, generation, page))
        if len(uploads) >= FILES_IN_FLIGHT:
            uploads.popleft().result()
            check()
    for upload in uploads:
        upload.result()
    markdown = attempt.source.folder / "document.md"
    with markdown.open("w", encoding="utf-8", errors="replace") as file:
        file.writelines(markdown_of(document.pages, structure))
    artifacts.put_markdown(s3_key, generation, markdown)
    artifacts.put_document(s3_key, generation, document_file(facts, structure, document.pages, document.notes()))


def write_points(attempt: Attempt, path: Path) -> None:
    """What the stores will hold of this generation, so that losing them costs no model."""
    artifacts = attempt.tools.artifacts
    artifacts.put_points(artifacts.files_folder(attempt.s3_key, attempt.generation) + POINTS_FILE, path)


def write_artifacts(attempt: Attempt, document: ReadDocument, enrichment: Enrichment) -> None:
    """Links and metadata describe what the stores serve now, so they are written after the flip."""
    artifacts, s3_key = attempt.tools.artifacts, attempt.s3_key
    artifacts.put_links(s3_key, document.links.records())
    earlier = artifacts.get_metadata(s3_key) or DocumentMetadata()
    attempt.lease.check("write-metadata")
    artifacts.put_metadata(
        s3_key,
        DocumentMetadata(
            document_id=attempt.document_id,
            filename=Path(s3_key).name,
            url=artifacts.url(s3_key),
            description=enrichment.description,
            processed_at=attempt.processed_at,
            page_count=attempt.facts.page_count,
            content_sha256=attempt.source.content_sha256,
            generation=attempt.generation,
            toc=document.structure.sections,
            # Of earlier versions, too: deleting the document deletes them all.
            answer_keys=tuple(sorted({*earlier.answer_keys, *enrichment.cache_keys})),
        ),
    )
    # A store that this claim left alone may still point at images of the version before, and need its points.
    is_left_alone = not set(attempt.claim.previous.served) <= set(attempt.claim.request.stores)
    if not is_left_alone:
        attempt.lease.check("prune-images")
        artifacts.prune_images(s3_key, attempt.source.content_sha256)
    attempt.lease.check("prune-files")
    artifacts.prune_files(s3_key, attempt.generation, keep_named=POINTS_FILE if is_left_alone else None)
