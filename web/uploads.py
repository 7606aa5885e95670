"""Puts PDFs into the bucket: the browser does it with a presigned form, or sends them through the panel."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Literal
from urllib.parse import urlsplit

from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import NoCredentialsError

from foundation.aws import aws_errors
from foundation.errors import FailureCode, SettingsError, TransientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FORM_SECONDS = 900
CONTENT_TYPE = "application/pdf"
#: Readers look for the signature in the first kilobyte: PDF 32000-1:2008, annex H, note 13.
SIGNATURE_BYTES = 1_024
SIGNATURE = b"%PDF-"
#: One part at a time: an upload through the panel holds a thread as it is.
_TRANSFER = TransferConfig(use_threads=False)


@dataclass(frozen=True, slots=True)
class Uploads:
    """`mode`: `direct` to S3, through the `app`, or `auto`, where the browser tries S3 first."""

    s3: "S3Client"
    bucket: str
    max_bytes: int
    mode: Literal["auto", "direct", "app"]

    def form(self, key: str, most_bytes: int | None = None) -> dict[str, Any]:
        """Where and with which fields somebody may post this one object, for a while: `{url, fields}`.

        It may have `most_bytes`, by default the largest that a PDF may have.
        """
        most = min(most_bytes or self.max_bytes, self.max_bytes)
        conditions: list[Any] = [["content-length-range", 1, most], {"Content-Type": CONTENT_TYPE}]
        form: dict[str, Any] = self.s3.generate_presigned_post(
            self.bucket, key, Fields={"Content-Type": CONTENT_TYPE}, Conditions=conditions, ExpiresIn=FORM_SECONDS
        )
        return form

    def store(self, file: BinaryIO, key: str) -> None:
        """Upload what `file` holds, in parts if it is large. Raises TransientError."""
        with aws_errors("uploading"):
            try:
                self.s3.upload_fileobj(
                    file, self.bucket, key, ExtraArgs={"ContentType": CONTENT_TYPE}, Config=_TRANSFER
                )  # fmt: skip
            except S3UploadFailedError as error:
                raise TransientError(FailureCode.INTERNAL, str(error), dependency="aws") from error

    @property
    def origin(self) -> str:
        """Where forms go, for the content security policy; empty when none do. Raises SettingsError."""
        if self.mode == "app":
            return ""
        try:
            return _origin(self.form("probe")["url"])
        except (AttributeError, NoCredentialsError):  # botocore signs without looking whether there is a key
            raise SettingsError(
                "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a role"
            ) from None


def looks_like_pdf(start: bytes) -> bool:
    return SIGNATURE in start[:SIGNATURE_BYTES]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
