"""Which files go to which keys, checked before the first is sent; and sending them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from command_line.output import EXIT_USAGE, err, fail, progress_bar
from data_ingestion.artifacts import Artifacts
from data_ingestion.source_keys import KeyRefusedError, upload_key
from foundation.errors import PermanentError
from pdf_reader.precheck import refuse_what_is_no_pdf


@dataclass(slots=True)
class UploadPlan:
    """Files with the S3 keys that they get, and by path why others of a folder are left out."""

    targets: list[tuple[Path, str]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def plan_upload(files: list[Path], folder: str, pdf_prefix: str, max_pdf_megabytes: int) -> UploadPlan:
    """What to upload into `folder`, which is below `pdf_prefix`. PDFs of a folder keep their paths below it.

    Ends the program when a file that was named is no PDF or isn't there, or when two files would get one key. Files of
    a folder that are no PDFs are left out, and told on standard error.
    """
    plan = UploadPlan()
    taken: dict[str, Path] = {}
    for path, inside, is_named in _files(files):
        try:
            refuse_what_is_no_pdf(path, max_pdf_megabytes)
            key = upload_key(path.name, f"{folder}/{inside}", pdf_prefix)
        except (PermanentError, KeyRefusedError, OSError) as error:
            reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            if is_named:
                fail(f"{path}: {reason}", EXIT_USAGE)
            plan.left_out[str(path)] = reason
            err.print(f"left out: {path}: {reason}", markup=False, soft_wrap=True)
            continue
        if key in taken:
            fail(f"{taken[key]} and {path} would both become {key}", EXIT_USAGE)
        taken[key] = path
        plan.targets.append((path, key))
    if not plan.targets:
        fail("nothing to upload", EXIT_USAGE)
    return plan


def upload_all(artifacts: Artifacts, plan: UploadPlan) -> None:
    """Raises TransientError."""
    with progress_bar("uploading", len(plan.targets)) as advance:
        for done, (path, key) in enumerate(plan.targets, start=1):
            artifacts.upload_source(path, key)
            advance(done)


def _files(given: list[Path]) -> Iterator[tuple[Path, str, bool]]:
    """Each file, its folder below the one that was named, and whether it was named itself."""
    for path in given:
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                if found.suffix.lower() == ".pdf" and found.is_file():
                    yield found, found.parent.relative_to(path).as_posix().removeprefix("."), False
        elif path.is_file():
            yield path, "", True
        else:
            fail(f"no such file: {path}", EXIT_USAGE)
