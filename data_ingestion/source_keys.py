"""Names that people and browsers send, made into S3 keys that stay where they belong. Pure.

S3 takes any key literally, but what stands between it and us may not: dot segments, empty segments and backslashes are
refused wherever a key comes from outside.
"""

import re
import unicodedata

from data_ingestion.object_keys import IMAGES_PREFIX, image_type

#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
MAX_KEY_BYTES = 1_024
MAX_NAME_CHARACTERS = 180

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


class KeyRefusedError(ValueError):
    """A key or name that is not safe to use; the message says why."""


def source_key(value: str, prefix: str) -> str:
    """The key of a PDF under `prefix`, which may be left out of `value`. Raises KeyRefusedError."""
    key = _confined(value if value.startswith(prefix) else prefix + value, prefix)
    if not key.lower().endswith(".pdf"):
        raise KeyRefusedError("a document's key ends in .pdf")
    return key


def folder_prefix(value: str, prefix: str) -> str:
    """What keys begin with, for a run over a part of the bucket; it may end anywhere."""
    wanted = value if value.startswith(prefix) else prefix + value.lstrip("/")
    if wanted == prefix:
        return prefix
    _confined(wanted.rstrip("/"), prefix)
    return wanted


def image_key(value: str, bucket: str) -> str:
    """The key of a page image, given bare or as `s3://bucket/key`. Raises KeyRefusedError."""
    scheme = f"s3://{bucket}/"
    if value.startswith("s3://") and not value.startswith(scheme):
        raise KeyRefusedError("images of another bucket are not shown")
    key = _confined(value.removeprefix(scheme), IMAGES_PREFIX)
    if not image_type(key):
        raise KeyRefusedError("that is not an image")
    return key


def upload_key(filename: str, folder: str, prefix: str) -> str:
    """Where a file of this name goes: its last part, cleaned, in lower-case `.pdf`. Raises KeyRefusedError.

    The bucket's event filter takes `.pdf` only, in lower case.
    """
    name = _clean(re.split(r"[/\\]", filename)[-1])
    stem = name[:-4] if name.lower().endswith(".pdf") else ""
    if not stem.strip(" ."):
        raise KeyRefusedError("a PDF's name ends in .pdf")
    parts = [_clean(part) for part in re.split(r"[/\\]", folder) if part.strip()]
    return source_key("/".join([*parts, stem[:MAX_NAME_CHARACTERS].strip(" ") + ".pdf"]), prefix)


def _clean(name: str) -> str:
    return _SPACES.sub(" ", _CONTROL.sub("", unicodedata.normalize("NFC", name))).strip()


def _confined(key: str, prefix: str) -> str:
    if not key.startswith(prefix) or key == prefix:
        raise KeyRefusedError(f"the key is not under {prefix}")
    if _CONTROL.search(key) or "\\" in key:
        raise KeyRefusedError("the key has characters that are not allowed")
    if any(part in ("", ".", "..") for part in key.split("/")):
        raise KeyRefusedError("the key has empty or dot segments")
    if len(key.encode("utf-8")) > MAX_KEY_BYTES:
        raise KeyRefusedError(f"the key is longer than {MAX_KEY_BYTES} bytes")
    return key
