"""AppConfig as the bucket has it now, and what follows from it: re-read while workers run, kept when it can't be."""

import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

import structlog
from botocore.exceptions import ClientError

from foundation.app_config import APP_CONFIG_KEY, AppConfig, parse_app_config
from foundation.aws import aws_errors, error_code, is_missing
from foundation.errors import SettingsError, TransientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: An edit is noticed after at most this long.
REFRESH_SECONDS = 30.0

log = structlog.get_logger("data_ingestion")


class AppConfigFile:
    """`config/app_config.json`, read at most every REFRESH_SECONDS. Thread-safe."""

    def __init__(self, s3: "S3Client", bucket: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._clock = clock
        self._lock = Lock()
        self._current: AppConfig | None = None
        self._etag = ""
        self._next_read_at = 0.0

    def current(self) -> AppConfig:
        """The configuration in force. Raises SettingsError or TransientError only when there never was a good one."""
        with self._lock:
            if self._current is None or self._clock() >= self._next_read_at:
                self._next_read_at = self._clock() + REFRESH_SECONDS
                self._refresh()
            assert self._current is not None  # _refresh sets it or raises
            return self._current

    def expire(self) -> None:
        """Somebody changed it: the next look reads it again."""
        with self._lock:
            self._next_read_at = 0.0

    def _refresh(self) -> None:
        try:
            self._read()
        except (SettingsError, TransientError) as error:
            if self._current is None:
                raise
            log.warning("app config not refreshed", reason=str(error))

    def _read(self) -> None:
        with aws_errors(f"reading {APP_CONFIG_KEY}"):
            try:
                answer = self._s3.get_object(Bucket=self._bucket, Key=APP_CONFIG_KEY, IfNoneMatch=self._etag or "none")
            except ClientError as error:
                if error_code(error) in {"304", "NotModified"}:
                    return
                if not is_missing(error):
                    raise
                self._current, self._etag = parse_app_config(None), ""
                return
            body = answer["Body"].read()
        self._current, self._etag = parse_app_config(body), answer["ETag"]
        log.info("app config read", profile=self._current.profile)
