"""AppConfig for people: read with the version it has, saved only over that version, every change remembered."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from foundation.app_config import APP_CONFIG_KEY, PROFILES_FOLDER, describe_app_config, parse_app_config
from foundation.aws import aws_errors, is_missing
from foundation.conditional_put import replace_json
from ledger.config_changes import ConfigChanges
from web.problems import ProblemError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: The version of a file that isn't there yet.
NO_VERSION = "none"


class ConfigEditor:
    """Edits `config/app_config.json`, which holds only what differs from the profile. Thread-safe."""

    def __init__(self, s3: "S3Client", bucket: str, changes: ConfigChanges) -> None:
        self._s3 = s3
        self._bucket = bucket
        self.changes = changes

    def read(self) -> dict[str, Any]:
        """`version`, `overrides` (what the file says), `values` (what is in force), `fields` and `profiles`.

        Raises SettingsError when the file is wrong, TransientError.
        """
        overrides, version = self._read()
        config = parse_app_config(json.dumps(overrides))
        return {
            "version": version,
            "overrides": overrides,
            "values": config.model_dump(mode="json"),
            "fields": describe_app_config(),
            "profiles": sorted(path.stem for path in PROFILES_FOLDER.glob("*.json")),
        }

    def save(self, changes: Mapping[str, Any], version: str, who: str) -> dict[str, Any]:
        """Set these keys (None: back to the profile's value) if the file still has `version`; then as `read`.

        Raises SettingsError for a bad value, ProblemError(409) when somebody else saved first, TransientError.
        """
        before, current = self._read()
        if current != version:
            raise self._conflict()
        after = {key: value for key, value in {**before, **changes}.items() if value is not None}
        old = parse_app_config(json.dumps(before)).model_dump(mode="json")
        new = parse_app_config(json.dumps(after)).model_dump(mode="json")
        body = json.dumps(after, ensure_ascii=False, indent=2).encode()
        etag = None if version == NO_VERSION else version
        if not replace_json(self._s3, self._bucket, APP_CONFIG_KEY, body, etag):
            raise self._conflict()
        differing = {key: (old.get(key), new.get(key)) for key in {*old, *new} if old.get(key) != new.get(key)}
        if differing:
            self.changes.add(differing, who)
        return self.read()

    def _read(self) -> tuple[dict[str, Any], str]:
        with aws_errors(f"reading {APP_CONFIG_KEY}"):
            try:
                answer = self._s3.get_object(Bucket=self._bucket, Key=APP_CONFIG_KEY)
            except ClientError as error:
                if is_missing(error):
                    return {}, NO_VERSION
                raise
            body = answer["Body"].read()
        parse_app_config(body)  # says what is wrong with it
        overrides: dict[str, Any] = json.loads(body)
        return overrides, answer["ETag"].strip('"')

    def _conflict(self) -> ProblemError:
        return ProblemError(
            HTTPStatus.CONFLICT,
            "changed_meanwhile",
            "Somebody else saved the configuration meanwhile. Your changes are not saved; load it again and compare.",
        )
