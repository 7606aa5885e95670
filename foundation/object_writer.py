"""Writes objects to a bucket with a tenth of the CPU that boto3 takes: a document has three for each page."""

import time
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import obstore
import structlog
from botocore.exceptions import BotoCoreError
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import BaseError
from obstore.store import S3Store

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_s3 import S3Client
    from obstore.store import ClientConfig, S3Config

#: After a write that failed, boto3 writes for so long.
REST_SECONDS = 30.0
#: How long credentials are used. boto3 renews those of a role when they end within ten minutes; obstore asks for new
#: ones in the last five of its own.
_CREDENTIALS_FOR = timedelta(minutes=10)
#: S3 closes a connection that is idle for longer.
_IDLE_FOR = timedelta(seconds=15)

_log = structlog.get_logger(__name__)


class ObjectWriter:
    """Thread-safe. obstore tries once; what it can't write, boto3 writes, with its retries, or explains."""

    def __init__(self, session: "boto3.Session", s3: "S3Client", bucket: str) -> None:
        self._session = session
        self._s3 = s3
        self._bucket = bucket
        self._rests_until = 0.0  # monotonic

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Write an object over the one that is there. Raises what boto3 raises."""
        if not self._is_written(key, body, content_type):
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def _is_written(self, key: str, body: bytes, content_type: str) -> bool:
        if time.monotonic() < self._rests_until or key.strip("/") != key:  # obstore would strip it too
            return False
        try:
            obstore.put(self._store, key, body, attributes={"Content-Type": content_type}, use_multipart=False)
        except ValueError:  # S3 takes more keys than obstore: "a//b", "a/../b"
            return False
        except (BaseError, OSError, BotoCoreError) as error:
            self._rests_until = time.monotonic() + REST_SECONDS
            reason = str(error).partition("\n")[0]
            _log.info("boto3 writes objects for a while", seconds=REST_SECONDS, key=key, reason=reason)
            return False
        return True

    @cached_property
    def _store(self) -> S3Store:
        """Made for the first write: until then nobody needs credentials."""
        return S3Store(
            self._bucket,
            config=self._checksum(),
            # Of the names for it the one that no variable of the environment overrides.
            aws_endpoint_url_s3=self._address(),
            virtual_hosted_style_request=True,  # the bucket is a part of the address
            skip_signature=False,
            unsigned_payload=False,
            credential_provider=Boto3CredentialProvider(self._session, ttl=_CREDENTIALS_FOR),
            client_options=self._client_options(),
            retry_config={"max_retries": 0},
        )

    def _address(self) -> str:
        """Where boto3 has the bucket: at the settings' endpoint, the environment's, or AWS's of the region."""
        signed = self._s3.generate_presigned_url("head_bucket", Params={"Bucket": self._bucket})
        return signed.partition("?")[0].rstrip("/")

    def _checksum(self) -> "S3Config":
        """As boto3's setting wants it, for services that take none. The signature needs a SHA-256 anyway."""
        config: Any = self._s3.meta.config
        return {"checksum_algorithm": "SHA256"} if config.request_checksum_calculation == "when_supported" else {}

    def _client_options(self) -> "ClientConfig":
        config: Any = self._s3.meta.config  # its type doesn't know what its options become
        return {
            "allow_http": True,
            "connect_timeout": timedelta(seconds=config.connect_timeout),
            "timeout": timedelta(seconds=config.read_timeout),
            "pool_idle_timeout": _IDLE_FOR,
            "user_agent": config.user_agent or "leafmill",
        }
