"""AppConfig for people: read with the version it has, saved only over that version, every change remembered."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from foundation.app_config import APP_CONFIG_KEY, PROFILES_FOLDER, AppConfig, parse_app_config
from foundation.aws import aws_errors, is_missing, is_precondition_failed
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
            "fields": describe_fields(),
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
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if version == NO_VERSION else {"IfMatch": version}
        with aws_errors(f"writing {APP_CONFIG_KEY}"):
            try:
                self._s3.put_object(
                    Bucket=self._bucket, Key=APP_CONFIG_KEY, Body=body, ContentType="application/json", **condition
                )
            except ClientError as error:
                if is_precondition_failed(error) or is_missing(error):
                    raise self._conflict() from None
                raise
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


def describe_fields() -> dict[str, dict[str, Any]]:
    """What is known of each key: its JSON schema (type, bounds, choices) and its explanation."""
    schema = AppConfig.model_json_schema()
    return {
        name: {**spec, "help": HELP.get(name, spec.get("description", ""))}
        for name, spec in schema["properties"].items()
    }


#: What a key does, for people who have not read the code.
HELP = {
    "profile": "Which set of defaults applies: generic for any documents, dnd for Dungeons & Dragons books.",
    "llm_model": "The model that describes documents and answers questions; empty leaves it to the deployment.",
    "llm_temperature": "How freely the model words its answers. 0 gives the same answer each time.",
    "llm_max_output_tokens": "The longest answer, in tokens.",
    "prices": "US dollars for a million tokens, by model. Costs are computed with these.",
    "vector_store_type": "Which store questions are answered from, unless the asker chooses.",
    "rerank_alpha": "How much similarity of meaning counts.",
    "rerank_alpha_share_offline": "How much of that is left when no model makes the vectors.",
    "rerank_beta": "How much shared words count.",
    "rerank_gamma": "How much a passage gains when its headings name what was asked for.",
    "retrieval_k": "How many passages a question gets.",
    "retrieval_fetch_multiplier": "How many more candidates are fetched than kept.",
    "retrieval_min_similarity": "How alike in meaning a passage must be that shares no word with the question.",
    "context_max_tokens_per_result": "A passage longer than this is cut.",
    "context_max_total_tokens": "All passages together; the least fitting are left out.",
    "system_prompt": "What the model is told before a question.",
    "metadata_prompt": "How the model is asked to describe a document. Changing it makes documents be described anew.",
    "section_prompt": "How the model is asked to describe a section.",
    "page_prompt": "How the model is asked to describe a page.",
    "categories": "What documents are sorted into, one a line. Empty: no categories.",
    "enrichment_input_tokens": "How much of a document one question to the model may hold.",
    "link_colors": "Which colour of a link means which category, as #rrggbb.",
    "chunk_tokens": "How long a passage is. Changing it makes documents be cut anew.",
    "chunk_overlap_tokens": "What neighbouring passages share; at most half of their length.",
    "image_dpi": "How sharp page images are.",
    "image_format": "How page images are stored.",
    "image_quality": "100 is best and largest. PNG ignores it.",
    "ocr_languages": "What scanned pages are written in, as Tesseract names it: eng, or deu+eng.",
}
