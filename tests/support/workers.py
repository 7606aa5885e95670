"""Real workers as subprocesses, against one stack, and the questions that are asked when they have ended."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from composition.parts import Parts
from config import Settings
from tests.support import program_server
from tests.support.forked_process import Process
from work_queue.queue import Backlog, SqsQueue

#: For what is certain to come, however busy the machine is.
END_SECONDS = 240


@dataclass
class Worker:
    """A worker process under test. Its log is a file, so that no pipe can fill up."""

    process: Process
    log_file: Path

    def wait(self) -> int:
        return self.process.wait(END_SECONDS)

    def events(self) -> list[dict[str, Any]]:
        lines = self.log_file.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and '"_aws"' not in line]


@dataclass
class Workers:
    """Starts workers, and ends what is left of them."""

    env: Mapping[str, str]
    folder: Path
    started: list[Worker] = field(default_factory=list)

    def start(self, *arguments: str, **env: str) -> Worker:
        """`arguments` are those of worker_under_test, `env` what differs from the stack's environment."""
        number = len(self.started)
        own_folder = self.folder / f"worker-{number}"
        own_folder.mkdir()
        log_file = own_folder / "log"
        with log_file.open("wb") as log:
            process = program_server.start(
                ["-m", "tests.support.worker_under_test", *arguments],
                env={**os.environ, **self.env, "TMPDIR": str(own_folder), "LOG_FORMAT": "json", **env},
                stdout=log,
                stderr=log,
            )
        worker = Worker(process, log_file)
        self.started.append(worker)
        return worker

    def end_all(self) -> None:
        for worker in self.started:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()

    def survivors(self) -> list[int]:
        """Processes that still run with one of our workers' environment: children that outlived their worker."""
        mark = f"TMPDIR={self.folder}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and mark in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue  # ended meanwhile, or not ours
        return found


class Stack:
    """What the workers leave behind."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._aws = Parts(settings).aws
        self.queue = SqsQueue(self._aws.sqs, settings.sqs_queue_url)
        self.dead_letters = SqsQueue(self._aws.sqs, settings.sqs_dlq_url)

    def forget_test_event(self) -> None:
        """S3 announces itself with a message when the notification is set up."""
        while received := self.queue.receive(max_messages=10, wait_seconds=0, visibility_timeout_seconds=30):
            for message in received:
                self.queue.delete(message.receipt_handle)

    def is_drained(self) -> bool:
        return self.queue.backlog() == self.dead_letters.backlog() == Backlog(0, 0, 0)

    def everything(self, s3_key: str) -> dict[str, Any]:
        """Whatever a worker may publish: objects with their ETags, the ledger item, active generations."""
        pages = self._aws.s3.get_paginator("list_objects_v2").paginate(Bucket=self._settings.aws_s3_bucket_name)
        objects = {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}
        parts = Parts(self._settings)
        try:
            document_id = parts.artifacts.document_id(s3_key)
            active = {
                name: store.generations(document_id, active=True)
                for name, store in parts.stores.items()
                if store.exists()
            }
            return {"objects": objects, "ledger": parts.documents.get(document_id), "active": active}
        finally:
            parts.close()

    def assert_served(self, s3_key: str, pages: int) -> None:
        """The document is there once and whole: ledger, history, one active generation in each store, images."""
        parts = Parts(self._settings)
        try:
            document_id = parts.artifacts.document_id(s3_key)
            item = parts.documents.get(document_id)
            assert item
            assert (item.state, item.pages_total, item.claim) == ("succeeded", pages, None)
            for name, store in parts.stores.items():
                active = store.generations(document_id, active=True)
                assert len(active) == 1, (name, active)
                assert store.count(document_id) == store.count(document_id, active=True) == item.points[name]
            assert parts.stores["pages"].count(document_id) == pages
            assert len(list(parts.artifacts.image_keys(s3_key))) == pages
            assert self._history_entry(parts, s3_key)["status"] == "succeeded"
        finally:
            parts.close()

    def _history_entry(self, parts: Parts, s3_key: str) -> Any:
        """A worker that writes the history now keeps us from it, and may have begun before the document's end."""
        end = time.monotonic() + END_SECONDS
        while True:
            parts.history.flush()
            history = parts.history.read()
            if s3_key in history or time.monotonic() > end:
                return history[s3_key]
            time.sleep(0.2)
