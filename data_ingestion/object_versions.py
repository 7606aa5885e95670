"""Versions of objects in the bucket: what a deletion leaves behind, and erasure takes as well."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from foundation.aws import aws_errors, is_missing
from foundation.batches import in_batches
from foundation.errors import FailureCode, TransientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: DeleteObjects takes at most this many.
DELETE_BATCH = 1_000

#: Key and version id.
Version = tuple[str, str]


class ObjectVersions:
    """Reads and deletes versions. Raises errors.TransientError when S3 can't answer."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def below(self, prefix: str) -> Iterator[Version]:
        """Every version and delete marker of the keys that begin so."""
        with aws_errors(f"listing versions of {prefix}"):
            pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                    yield item["Key"], item["VersionId"]

    def of(self, key: str) -> list[Version]:
        """Every version and delete marker of one key."""
        return [version for version in self.below(key) if version[0] == key]

    def replaced(self, key: str) -> list[Version]:
        """Those that are not the newest."""
        with aws_errors(f"listing versions of {key}"):
            pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=key)
            return [
                (item["Key"], item["VersionId"])
                for page in pages
                for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
                if item["Key"] == key and not item["IsLatest"]
            ]

    def read_json(self, version: Version) -> Any:
        """What a version says; None for a delete marker, one that is gone, and what is no JSON."""
        key, version_id = version
        with aws_errors(f"reading {key}"):
            try:
                body = self._s3.get_object(Bucket=self._bucket, Key=key, VersionId=version_id)["Body"].read()
            except ClientError as error:
                if is_missing(error) or error.response["ResponseMetadata"]["HTTPStatusCode"] == 405:
                    return None
                raise
        try:
            return json.loads(body)
        except ValueError:
            return None

    def delete(self, versions: list[Version]) -> int:
        """For good; returns how many."""
        for batch in in_batches(versions, DELETE_BATCH):
            with aws_errors("erasing versions"):
                answer = self._s3.delete_objects(
                    Bucket=self._bucket,
                    Delete={"Objects": [{"Key": key, "VersionId": version} for key, version in batch], "Quiet": True},
                )
            if refused := answer.get("Errors"):  # an answer of success all the same
                raise TransientError(
                    FailureCode.INTERNAL,
                    f"S3 did not erase {len(refused)} versions because of {refused[0].get('Code')}",
                    dependency="aws",
                )
        return len(versions)
