"""Records what a released version stores: `python -m tests.support.make_release_data v0.1.0 [--python PATH]`.

    checkout of the tag ─ its venv ─ its local stack ─ what people and workers do ─ dump ─► tests/data/{tag}/

Everything is done by the version's own programs. Identifiers and times are those of the recording, so that a second one
differs in them; what stands in the data is otherwise the same. `release_data.py` describes the files and reads them.
"""

import argparse
import gzip
import hashlib
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.loopback_models import LoopbackModels, loopback_models
from tests.support.release_data import FOLDER
from tests.support.release_program import Program, local_stack
from tests.support.release_scenarios import (
    rate_an_answer,
    record_model,
    record_offline,
    settle,
    tell_others,
)

REPOSITORY = Path(__file__).resolve().parents[2]
#: What a tag stands for where a clone came without it.
COMMITS = {"v0.1.0": "681426f", "v0.2.0": "a5d8062", "v1.0.0": "6b5f875"}
#: A whole release must stay small enough to read and to keep.
MAX_BYTES = 3_000_000
#: 32-bit floats differ within nine digits.
_FLOAT32_DIGITS = 9
#: Settings whose values a machine decides, and what stands for them.
PLACES = {
    "AWS_ENDPOINT_URL": "endpoint_url",
    "SQS_QUEUE_URL": "queue_url",
    "SQS_DLQ_URL": "dead_letters_url",
    "STATUS_TABLE_NAME": "table",
    "QDRANT_LOCAL_PATH": "qdrant_path",
    "QDRANT_URL": "qdrant_url",
    "OPENAI_BASE_URL": "openai_base_url",
}
Scenario = Callable[[Program, LoopbackModels, Path], None]
OFFLINE = {"EMBEDDING_PROVIDER": "static", "ENRICHMENT": "extractive"}
MODEL = {
    "OPENAI_API_KEY": "a-key",
    "ENRICHMENT": "llm",
    "ENRICHMENT_SCOPE": "page",
    "EMBEDDING_PROVIDER": "openai",
    "LLM_CONCURRENCY": "2",
    "LLM_TPM_LIMIT": "1000000",
    "LLM_RPM_LIMIT": "1000",
}
#: The first version knew no other vectors without a model, and nothing of what happens before the scenario now.
FIRST = "v0.1.0"
LEXICAL = {"EMBEDDING_PROVIDER": "lexical"}
BEFORE: dict[str, Scenario] = {"offline": tell_others, "model": rate_an_answer}
DATA_SETS: dict[str, tuple[dict[str, str], Scenario]] = {
    "offline": (OFFLINE, record_offline),
    "model": (MODEL, record_model),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Records what a released version stores, as data for tests.")
    parser.add_argument("tag", help="such as v0.1.0")
    parser.add_argument("--python", type=Path, help="with that version's requirements; without, they are installed")
    parser.add_argument("--into", type=Path, help="by default tests/data/{tag}")
    options = parser.parse_args()
    target = options.into or FOLDER / options.tag
    with checkout(options.tag) as (tree, commit), tempfile.TemporaryDirectory() as working_folder:
        python = options.python.absolute() if options.python else install(tree)
        made = Path(working_folder) / "made"
        for name, (extra, scenario) in DATA_SETS.items():
            folder = Path(working_folder) / name
            folder.mkdir()
            if options.tag == FIRST and name == "offline":
                extra = {**extra, **LEXICAL}
            with loopback_models() as models:
                given = {**extra, "OPENAI_BASE_URL": models.base_url} if "OPENAI_API_KEY" in extra else extra
                with local_stack(tree, python, folder, given) as program:
                    if options.tag != FIRST:
                        BEFORE[name](program, models, folder)
                    scenario(program, models, folder)
                    settle(program)
                    dump(program, made / name, version=options.tag, commit=commit)
        mask(made, [str(tree), working_folder, str(REPOSITORY), str(Path.home()), "127.0.0.1", "localhost"])
        size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
        if size > MAX_BYTES:
            raise SystemExit(f"{size:,} bytes are more than {MAX_BYTES:,}")
        if target.exists():
            shutil.rmtree(target)
        shutil.copytree(made, target)
        sys.stdout.write(f"{size:,} bytes in {target}\n")


@contextmanager
def checkout(tag: str) -> Iterator[tuple[Path, str]]:
    """A worktree of the tag, or of its commit where the tag is missing; and the commit's whole id."""
    found = _git("rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}", check=False) or _git(
        "rev-parse", f"{COMMITS[tag]}^{{commit}}"
    )
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        _git("worktree", "add", "--detach", str(tree), found)
        try:
            yield tree, found
        finally:
            _git("worktree", "remove", "--force", str(tree))


def install(tree: Path) -> Path:
    """The version's own environment, as its Makefile makes it."""
    subprocess.run(["make", "-C", str(tree), "setup"], check=True, stdout=subprocess.DEVNULL)
    return tree / ".venv" / "bin" / "python"


def dump(program: Program, folder: Path, *, version: str, commit: str) -> None:
    """Write everything that the stack holds."""
    (folder / "points").mkdir(parents=True)
    about = {
        "version": version,
        "commit": commit,
        "recorded_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "bucket": program.settings["AWS_S3_BUCKET_NAME"],
        "can_ocr": False,
        "api_token": program.api_token,
    }
    _write_json(folder / "data_set.json", about)
    settings = {name: f"${{{PLACES[name]}}}" if name in PLACES else value for name, value in program.settings.items()}
    (folder / "settings.env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    _write_json(folder / "objects.json", dump_objects(program, folder.parent / "files"))
    items = sorted(program.items(), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
    _write_lines(folder / "ledger.jsonl", items)
    messages = {
        "queue": dump_messages(program, program.settings["SQS_QUEUE_URL"]),
        "dead_letters": dump_messages(program, program.settings["SQS_DLQ_URL"]),
    }
    _write_json(folder / "messages.json", messages)
    _write_json(folder / "collections.json", dump_collections(program, folder / "points"))


def dump_objects(program: Program, files: Path) -> list[dict[str, str]]:
    """Write the bytes of every object into `files`, and say which object is where."""
    files.mkdir(exist_ok=True)
    s3, bucket = program.client("s3"), program.settings["AWS_S3_BUCKET_NAME"]
    found = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for key in (one["Key"] for one in page.get("Contents", ())):
            answer = s3.get_object(Bucket=bucket, Key=key)
            body = answer["Body"].read()
            file = _file_for(files, hashlib.sha256(body).hexdigest()[:12], key.rsplit("/", 1)[-1])
            file.write_bytes(body)
            found.append({"key": key, "content_type": answer["ContentType"], "file": file.name})
    return found


def _file_for(files: Path, digest: str, name: str) -> Path:
    """Equal objects share the file that the first of them got."""
    return next(files.glob(f"{digest}-*"), files / f"{digest}-{quote(name[-40:], safe='')}")


def dump_messages(program: Program, url: str) -> list[dict[str, Any]]:
    """Every message of a queue, oldest first."""
    sqs = program.client("sqs")
    found: dict[str, Any] = {}
    empty = 0
    while empty < 2:  # a queue answers from a sample
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=600,
            MessageAttributeNames=["All"], MessageSystemAttributeNames=["SentTimestamp"],
        )  # fmt: skip
        messages = answer.get("Messages", [])
        found |= {message["MessageId"]: message for message in messages}
        empty = 0 if messages else empty + 1
    ordered = sorted(found.values(), key=lambda one: (one["Attributes"]["SentTimestamp"], one["Body"]))
    return [
        {
            "body": message["Body"],
            "attributes": {name: one["StringValue"] for name, one in message.get("MessageAttributes", {}).items()},
        }
        for message in ordered
    ]


def dump_collections(program: Program, folder: Path) -> list[dict[str, Any]]:
    """Write every collection's points, and describe the collections."""
    script = Path(__file__).with_name("release_points.py")
    command = [str(program.python), "-P", str(script)]
    done = subprocess.run(command, cwd=program.tree, env=program.env, capture_output=True, text=True, check=True)
    collections = [json.loads(line) for line in done.stdout.splitlines()]
    for collection in collections:
        points = sorted((_rounded(point) for point in collection.pop("points")), key=lambda point: point["id"])
        # Without a time in its head: the same points make the same file.
        packed = gzip.compress("".join(_line(point) for point in points).encode(), mtime=0)
        (folder / f"{collection['name']}.jsonl.gz").write_bytes(packed)
    return collections


def mask(folder: Path, forbidden: list[str]) -> None:
    """Workers are named by host and process: let them be worker-1, worker-2, … in the order of their processes.

    Raises SystemExit when something else of this machine is left.
    """
    host = socket.gethostname()
    worker = re.compile(rf"{re.escape(host)}:(\d+)")
    texts = [path for path in folder.rglob("*") if path.suffix in (".json", ".jsonl", ".env")]
    found = sorted({int(number) for path in texts for number in worker.findall(path.read_text(encoding="utf-8"))})
    names = {str(number): f"worker-{position}" for position, number in enumerate(found, start=1)}
    for path in texts:
        path.write_text(worker.sub(lambda match: names[match[1]], path.read_text(encoding="utf-8")), encoding="utf-8")
    for path in (path for path in folder.rglob("*") if path.is_file()):
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if left := [word for word in (f"{host}:", *forbidden) if word.encode() in body]:
            raise SystemExit(f"{path.relative_to(folder)} tells of this machine: {', '.join(left)}")


def _rounded(point: dict[str, Any]) -> dict[str, Any]:
    """Vectors are 32-bit floats; more digits than they have would only take room."""
    dense = {name: [_digits(number) for number in numbers] for name, numbers in point["dense"].items()}
    sparse = {
        name: {"indices": one["indices"], "values": [_digits(number) for number in one["values"]]}
        for name, one in point["sparse"].items()
    }
    return {**point, "dense": dense, "sparse": sparse}


def _digits(number: float) -> float:
    return float(f"{number:.{_FLOAT32_DIGITS}g}")


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) + "\n"


def _write_lines(path: Path, values: list[Any]) -> None:
    path.write_text("".join(map(_line, values)), encoding="utf-8")


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _git(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(
        ["git", "-C", str(REPOSITORY), *arguments], capture_output=True, text=True, check=check
    )  # fmt: skip
    return done.stdout.strip()


if __name__ == "__main__":
    main()
