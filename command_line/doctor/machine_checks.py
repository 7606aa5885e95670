"""This machine: room for temporary files, Tesseract with its languages, and tiktoken's vocabularies."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator

from command_line.doctor.findings import Check, Finding, Verdict
from foundation.tokens import DEFAULT_ENCODING, TokenCounter

#: The largest source, its page images and a child's files; `worker.dependency_probes` stops polling at much less.
MIN_FREE_BYTES = 1 << 30
_TESSERACT_SECONDS = 10.0
#: Of the models' answers and prompts, and of the embeddings.
_ENCODINGS = (DEFAULT_ENCODING, "cl100k_base")


def machine_checks(ocr_languages: str) -> Iterator[Check]:
    """`ocr_languages` as AppConfig has them: `eng+deu`."""
    yield Check("disk", _disk, setting="TMPDIR", value=tempfile.gettempdir())
    yield Check("tesseract", lambda: _tesseract(ocr_languages))
    yield Check("vocabularies", _vocabularies, setting="TIKTOKEN_CACHE_DIR")


def _disk() -> Iterator[Finding]:
    folder = tempfile.gettempdir()
    free_bytes = shutil.disk_usage(folder).free
    verdict = Verdict.OK if free_bytes >= MIN_FREE_BYTES else Verdict.WARNING
    step = None if verdict is Verdict.OK else "free some, or let TMPDIR name a folder with more room"
    yield Finding(
        "disk", verdict, f"{free_bytes / (1 << 30):.1f} GB are free for temporary files", "TMPDIR", folder, None, step
    )


def _tesseract(languages: str) -> Iterator[Finding]:
    program = shutil.which("tesseract")
    if program is None:
        yield Finding(
            "tesseract", Verdict.WARNING, "is not on the PATH: scanned pages stay without text",
            next_step="install it (Debian: apt-get install tesseract-ocr); the worker's image has it",
        )  # fmt: skip
        return
    listed = subprocess.run(  # noqa: S603
        [program, "--list-langs"], capture_output=True, text=True, timeout=_TESSERACT_SECONDS, check=False
    )
    yield compare_languages(languages, listed.stdout.splitlines()[1:])


def compare_languages(wanted: str, installed: Iterable[str]) -> Finding:
    """Pure."""
    missing = sorted(set(wanted.split("+")) - {language.strip() for language in installed})
    if missing:
        packages = " ".join(f"tesseract-ocr-{language.replace('_', '-')}" for language in missing)
        return Finding(
            "tesseract", Verdict.WARNING, f"has no {', '.join(missing)}, which AppConfig.ocr_languages names",
            "ocr_languages", wanted, None, f"install them (Debian: {packages}), or change AppConfig.ocr_languages",
        )  # fmt: skip
    return Finding("tesseract", Verdict.OK, f"reads {wanted}")


def _vocabularies() -> Iterator[Finding]:
    folder = os.environ.get("TIKTOKEN_CACHE_DIR")
    missing = [name for name in _ENCODINGS if not TokenCounter(name).is_exact]
    if missing:
        yield Finding(
            "vocabularies", Verdict.WARNING, f"{' and '.join(missing)} can't be had, so that tokens are estimated",
            "TIKTOKEN_CACHE_DIR", folder, None,
            "let TIKTOKEN_CACHE_DIR name a folder with tiktoken's files, or let the machine download them once",
        )  # fmt: skip
    else:
        yield Finding("vocabularies", Verdict.OK, "tokens are counted exactly", "TIKTOKEN_CACHE_DIR", folder)
