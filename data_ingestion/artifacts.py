"""Sources and everything derived from them, in one bucket; nothing else writes there. `ObjectKeys` says where."""

import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from data_ingestion.document_file import DocumentFile
from data_ingestion.document_metadata import DocumentMetadata
from data_ingestion.object_keys import ObjectKeys, image_type
from data_ingestion.object_versions import DELETE_BATCH
from data_ingestion.page_file import PageFile
from foundation.aws import aws_errors, error_code, is_missing, is_precondition_failed
from foundation.batches import in_batches
from foundation.errors import FailureCode, PermanentError, TransientError
from foundation.object_writer import ObjectWriter
from foundation.packed_json import pack
from model_api.answer_cache import ANSWERS_PREFIX, S3AnswerCache
from pdf_reader.link_record import LinkRecord

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: Bytes read at a time while a source is downloaded and hashed.
_DOWNLOAD_CHUNK_BYTES = 1 << 20
#: So many folders are listed one by one.
_FEW_FOLDERS = 10
#: What is written piece by piece goes to a file from here on.
_IN_MEMORY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class SourceObject:
    """A PDF as S3 lists it. `etag` is without quotes."""

    key: str
    size: int
    etag: str
    last_modified: datetime


class Artifacts(ObjectKeys):
    """Reads sources and writes what is derived from them. Thread-safe."""

    def __init__(self, s3: "S3Client", writer: ObjectWriter, bucket: str, pdf_prefix: str) -> None:
        super().__init__(bucket, pdf_prefix)
        self._s3 = s3
        self._writer = writer

    def ask(self) -> None:
        """Raise TransientError unless the bucket is there and answers. "Forbidden" is an answer: it may be meant of
        the whole bucket only."""
        with aws_errors(f"asking the bucket {self.bucket}"):
            try:
                self._s3.head_bucket(Bucket=self.bucket)
            except ClientError as error:
                if error_code(error) != "403":
                    raise

    # Sources

    def find_source(self, s3_key: str) -> SourceObject | None:
        """What S3 has under the key now, or None."""
        with aws_errors(f"looking for {s3_key}"):
            try:
                head = self._s3.head_object(Bucket=self.bucket, Key=s3_key)
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
        return SourceObject(s3_key, head["ContentLength"], head["ETag"].strip('"'), head["LastModified"])

    def list_sources(self, prefix: str | None = None) -> Iterator[SourceObject]:
        """Every PDF under the prefix (the configured one by default), in key order, page by page."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.pdf_prefix if prefix is None else prefix
        )
        with aws_errors("listing sources"):
            for page in pages:
                for item in page.get("Contents", ()):
                    if item["Key"].lower().endswith(".pdf"):
                        yield SourceObject(item["Key"], item["Size"], item["ETag"].strip('"'), item["LastModified"])

    def download_source(self, source: SourceObject, to: Path) -> str:
        """Write exactly the version that `source` describes to a file and return its SHA-256 in hex.

        Raises PermanentError(SOURCE_MISSING) when it is gone, TransientError when it was replaced meanwhile.
        """
        digest = hashlib.sha256()
        with aws_errors(f"downloading {source.key}"):
            try:
                body = self._s3.get_object(Bucket=self.bucket, Key=source.key, IfMatch=source.etag)["Body"]
            except ClientError as error:
                if is_missing(error):
                    gone = f"{source.key} was deleted before it could be read"
                    raise PermanentError(FailureCode.SOURCE_MISSING, gone) from None
                if is_precondition_failed(error):
                    raise TransientError(FailureCode.SOURCE_MISSING, f"{source.key} was replaced meanwhile") from None
                raise
            with to.open("wb") as file:
                for block in body.iter_chunks(_DOWNLOAD_CHUNK_BYTES):
                    digest.update(block)
                    file.write(block)
        return digest.hexdigest()

    def upload_source(self, path: Path, s3_key: str) -> None:
        self._put_path(s3_key, path, "application/pdf")

    def delete_source(self, s3_key: str) -> None:
        with aws_errors(f"deleting {s3_key}"):
            self._s3.delete_object(Bucket=self.bucket, Key=s3_key)

    # What is derived

    def put_image(self, path: Path, key: str) -> None:
        image = path.read_bytes()  # some 0.3 MB
        with aws_errors(f"writing {key}"):
            self._writer.put(key, image, image_type(key))

    def find_image(self, s3_key: str, content_sha256: str, page: int) -> str | None:
        """The key of a page's image, whatever format it was rendered in; None without one."""
        key = self._first_key(self.image_key(s3_key, content_sha256, page, ""))
        return key if key and image_type(key) else None

    def put_links(self, s3_key: str, links: Iterable[LinkRecord]) -> None:
        """Write an array of links; many of them wait on disk."""
        key = self.links_key(s3_key)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
            file.write(b"[")
            for number, link in enumerate(links):
                file.write((b"," if number else b"") + pack(link.to_json(), "replace"))
            file.write(b"]")
            file.seek(0)
            with aws_errors(f"writing {key}"):
                self._s3.put_object(Bucket=self.bucket, Key=key, Body=file, ContentType="application/json")

    def put_metadata(self, s3_key: str, metadata: DocumentMetadata) -> None:
        self._put_json(self.metadata_key(s3_key), metadata.to_json())

    def get_links(self, s3_key: str) -> list[LinkRecord]:
        return [LinkRecord.from_json(link) for link in self._get_json(self.links_key(s3_key)) or ()]

    def get_metadata(self, s3_key: str) -> DocumentMetadata | None:
        stored = self.get_stored_metadata(s3_key)
        return None if stored is None else DocumentMetadata.from_json(stored or {})

    def get_stored_metadata(self, s3_key: str) -> Any:
        """The metadata's file as it is, for showing it; None when it isn't there."""
        return self._get_json(self.metadata_key(s3_key))

    def get_document(self, s3_key: str, generation: str) -> DocumentFile | None:
        """The document's file in a generation, or None when it isn't there."""
        value = self._get_json(self.document_key(s3_key, generation))
        return DocumentFile.from_json(value) if value else None

    def put_document(self, s3_key: str, generation: str, document: DocumentFile) -> None:
        self._put_json(self.document_key(s3_key, generation), document.to_json())

    def get_page(self, s3_key: str, generation: str, page: int) -> PageFile | None:
        """A page's file in a generation, or None when it isn't there. `page` is 1-based."""
        value = self._get_json(self.page_key(s3_key, generation, page))
        return PageFile.from_json(value) if value else None

    def put_page(self, s3_key: str, generation: str, page: PageFile) -> None:
        self._put_json(self.page_key(s3_key, generation, page.page), page.to_json())

    def put_markdown(self, s3_key: str, generation: str, path: Path) -> None:
        self._put_path(self.markdown_key(s3_key, generation), path, "text/markdown; charset=utf-8")

    def put_points(self, key: str, path: Path) -> None:
        self._put_path(key, path, "application/gzip")

    @contextmanager
    def open_points(self, key: str) -> Iterator[gzip.GzipFile]:
        """A file of points, to be read line by line and, after `seek(0)`, again. Raises TransientError.

        It is fetched first: its reader writes to Qdrant between two lines, and S3 doesn't wait for that.
        """
        with tempfile.TemporaryFile() as file:
            with aws_errors(f"reading {key}"), self._s3.get_object(Bucket=self.bucket, Key=key)["Body"] as body:
                shutil.copyfileobj(body, file)
            file.seek(0)
            with gzip.open(file, "rb") as lines:
                yield lines

    def prune_files(self, s3_key: str, keep_generation: str, *, keep_named: str | None = None) -> int:
        """Delete the files of a document's other generations, but for those of one name; returns how many."""
        kept = self.files_folder(s3_key, keep_generation)
        doomed = self._keys_beside(kept, f"listing files of {s3_key}")
        return self._delete([key for key in doomed if keep_named is None or not key.endswith(f"/{keep_named}")])

    def file_keys(self, s3_key: str) -> Iterator[str]:
        return self._keys(self.files_folder(s3_key), f"listing files of {s3_key}")

    def prune_images(self, s3_key: str, keep_sha256: str) -> int:
        """Delete page images of other versions of this document; returns how many."""
        kept = f"{self.images_folder(s3_key)}{keep_sha256[:12]}/"
        doomed = self._keys_beside(kept, f"listing images of {s3_key}")
        return self._delete(key for key in doomed if self.is_image(s3_key, key))

    def delete_derived(self, s3_key: str) -> int:
        """Delete images, links, files and metadata of a document; returns how many objects.

        What is not there is not asked for: a bucket with versions would keep a delete marker with the document's name.
        """
        keys = [*self.image_keys(s3_key), *self.file_keys(s3_key)]
        single = (self.links_key(s3_key), self.metadata_key(s3_key))
        return self._delete([*keys, *(key for key in single if self._first_key(key) == key)])

    def delete_answers(self, keys: list[str]) -> int:
        """Delete stored answers of a model; other keys are left alone. Returns how many."""
        return self._delete([key for key in keys if key.startswith(ANSWERS_PREFIX)])

    def answer_cache(self) -> S3AnswerCache:
        """A model's answers that belong to no document."""
        return S3AnswerCache(self._s3, self._writer, self.bucket)

    def image_keys(self, s3_key: str) -> Iterator[str]:
        """Of this document only: `{folder}/{12 hex}/{page}.{ext}`, so that `a.pdf` leaves `a/b.pdf` alone."""
        listed = self._keys(self.images_folder(s3_key), f"listing images of {s3_key}")
        return (key for key in listed if self.is_image(s3_key, key))

    def _keys(self, prefix: str, doing: str) -> Iterator[str]:
        with aws_errors(doing):
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                for item in page.get("Contents", ()):
                    yield item["Key"]

    def _keys_beside(self, folder: str, doing: str) -> Iterator[str]:
        """The keys in the folders beside this one. Its own aren't listed: there are as many as pages."""
        parent = folder[: folder.rindex("/", 0, -1) + 1]
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=parent, Delimiter="/")
        with aws_errors(doing):
            folders = [found["Prefix"] for page in pages for found in page.get("CommonPrefixes", ())]
        # Many are other documents', in a folder that has this one's name: a request for each would be too many.
        prefixes = [prefix for prefix in folders if prefix != folder] if len(folders) <= _FEW_FOLDERS else [parent]
        for prefix in prefixes:
            yield from (key for key in self._keys(prefix, doing) if not key.startswith(folder))

    def _first_key(self, prefix: str) -> str | None:
        """The first of those that begin so. Workers may not read all that they may list."""
        with aws_errors(f"looking for {prefix}"):
            answer = self._s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix, MaxKeys=1)
        return next((item["Key"] for item in answer.get("Contents", ())), None)

    def _delete(self, keys: Iterator[str] | list[str]) -> int:
        pending = list(keys)
        for batch in in_batches(pending, DELETE_BATCH):
            with aws_errors("deleting derived objects"):
                answer = self._s3.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True}
                )
            if refused := answer.get("Errors"):  # an answer of success all the same
                first = refused[0]
                raise TransientError(
                    FailureCode.INTERNAL,
                    f"S3 did not delete {len(refused)} objects, {first.get('Key')} because of {first.get('Code')}",
                    dependency="aws",
                )
        return len(pending)

    def _put_path(self, key: str, path: Path, content_type: str) -> None:
        with aws_errors(f"writing {key}"), path.open("rb") as file:
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=file, ContentType=content_type)

    def _put_json(self, key: str, value: Any) -> None:
        body = pack(value, "replace")
        with aws_errors(f"writing {key}"):
            self._writer.put(key, body, "application/json")

    def _get_json(self, key: str) -> Any:
        with aws_errors(f"reading {key}"), suppress(self._s3.exceptions.NoSuchKey):
            return json.loads(self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())
        return None
