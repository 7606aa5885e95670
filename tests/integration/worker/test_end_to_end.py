"""The whole path as its users take it: a PDF dropped into S3, the worker as a process of its own, and a search."""

import json
import os
import signal
from pathlib import Path

import pytest

from composition.parts import Parts
from tests.support import program_server
from tests.support.machine import WORKER_SECONDS, Machine
from work_queue.producer import BulkRequest
from work_queue.queue import Outgoing


@pytest.fixture
def machine(stack_env: dict[str, str]) -> Machine:
    return Machine(stack_env)


def test_a_dropped_pdf_comes_out_searchable(machine: Machine, parts: Parts, samples: Path) -> None:
    machine.manage("upload", str(samples / "harbour-handbook.pdf"), "--prefix", "guides/")
    machine.work()
    key = "source-pdfs/guides/harbour-handbook.pdf"
    document = machine.status()[key]
    assert (document["status"], document["degraded"], document["code"]) == ("succeeded", [], None)
    assert (document["pages_total"], document["images"], document["points"]["pages"]) == (6, 6, 6)
    assert document["points"]["semantic"] == document["points"]["haystack"] > 6

    hit = machine.manage("search", "How long does it take to close the floodgate?")["hits"][0]
    assert hit["page"] == 5
    assert hit["heading_path"] == "5 Emergencies > 5.2 Closing the floodgate"
    assert "eleven minutes" in hit["text"]
    assert all(store["points"] == store["active_points"] > 0 for store in machine.manage("stats")["stores"])

    links = parts.artifacts.get_links(key)
    inner = [link for link in links if link.link_type == "internal" and "5.2" in link.link_text]
    assert inner[0].target_page == 5
    assert (inner[0].target_snippet or "").startswith("5.2 Closing the floodgate")
    assert "https://example.org/tides" in {link.target_url for link in links}

    metadata = parts.artifacts.get_metadata(key)
    assert metadata
    assert metadata.description.title == "The Harbour Keeper's Handbook"
    assert (metadata.page_count, metadata.filename) == (6, "harbour-handbook.pdf")
    stored = parts.artifacts.get_stored_metadata(key)
    assert {"document_id", "s3_pdf_path", "summary", "keywords", "processing_timestamp", "toc"} <= stored.keys()
    assert metadata.to_json() == stored
    assert parts.history.read()[key]["status"] == "succeeded"
    assert len(list(parts.artifacts.image_keys(key))) == 6


def test_each_stage_logs_one_event_that_says_which_document_and_message(
    machine: Machine, parts: Parts, samples: Path
) -> None:
    """And the ledger keeps when each began and how long it took."""
    machine.manage("upload", str(samples / "notice-to-mariners.pdf"))
    machine.work()
    stages = [event for event in machine.log if event["event"] == "stage done"]
    assert {"download", "open", "read", "enrich", "index", "flip", "publish"} <= {event["stage"] for event in stages}
    for event in stages:
        assert event["s3_key"] == "source-pdfs/notice-to-mariners.pdf"
        assert event["message_id"]
        assert event["seconds"] >= 0
    [record] = parts.documents.all()
    assert set(record.stage_starts) == set(record.stage_seconds) == {event["stage"] for event in stages}
    assert record.stage_starts["read"] < record.stage_starts["index"] < record.stage_starts["flip"] < record.seconds
    [attempt] = parts.documents.attempts(record.document_id)
    assert (attempt.stage_starts, attempt.stage_seconds) == (record.stage_starts, record.stage_seconds)


def test_the_same_pdf_again_does_nothing_and_a_changed_one_is_done_again(
    machine: Machine, parts: Parts, samples: Path, tmp_path: Path
) -> None:
    for name in ("harbour-handbook.pdf", "notice-to-mariners.pdf"):
        machine.manage("upload", str(samples / name))
    machine.work()
    before = machine.status()
    for name in ("harbour-handbook.pdf", "notice-to-mariners.pdf"):
        machine.manage("upload", str(samples / name))
    machine.work()
    assert machine.status() == before

    changed = tmp_path / "notice-to-mariners.pdf"
    changed.write_bytes((samples / "harbour-handbook.pdf").read_bytes())
    machine.manage("upload", str(changed))
    machine.work()
    after = machine.status()
    assert after["source-pdfs/harbour-handbook.pdf"] == before["source-pdfs/harbour-handbook.pdf"]
    assert after["source-pdfs/notice-to-mariners.pdf"]["pages_total"] == 6
    stats = {store["store"]: store for store in machine.manage("stats")["stores"]}
    assert stats["pages"]["points"] == 12
    assert len(list(parts.artifacts.image_keys("source-pdfs/notice-to-mariners.pdf"))) == 6


@pytest.mark.system
def test_rebuild_does_an_unchanged_document_again_under_one_generation(machine: Machine, samples: Path) -> None:
    machine.manage("upload", str(samples / "notice-to-mariners.pdf"))
    machine.work()
    first = machine.status()["source-pdfs/notice-to-mariners.pdf"]
    queued = machine.manage("enqueue-all", "--cache-behavior", "rebuild", "--store", "semantic")
    assert queued["enqueued"] == 1
    machine.work()
    second = machine.status()["source-pdfs/notice-to-mariners.pdf"]
    assert second["updated_at"] > first["updated_at"]
    assert second["run_id"] == queued["run_id"]
    assert second["points"] == first["points"]
    for store in machine.manage("stats")["stores"]:
        assert store["points"] == store["active_points"] == first["points"][store["store"]]


def test_what_cannot_be_done_is_kept_with_the_reason_and_stops_nothing(
    machine: Machine, parts: Parts, samples: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.pdf"
    text.write_text("This is no PDF.")
    machine.put(parts, text)
    parts.queue.send(Outgoing(BulkRequest("source-pdfs/missing.pdf").body()))
    parts.aws.sqs.send_message(QueueUrl=parts.settings.sqs_queue_url, MessageBody="{broken")
    machine.manage("upload", str(samples / "notice-to-mariners.pdf"))
    machine.work()

    found = machine.status()
    assert found["source-pdfs/notice-to-mariners.pdf"]["status"] == "succeeded"
    assert (found["source-pdfs/text.pdf"]["status"], found["source-pdfs/text.pdf"]["code"]) == ("failed", "not_a_pdf")
    assert found["source-pdfs/missing.pdf"]["code"] == "source_missing"
    assert all(found[f"source-pdfs/{name}.pdf"]["message"] for name in ("text", "missing"))

    letters = parts.aws.sqs.receive_message(
        QueueUrl=parts.settings.sqs_dlq_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )["Messages"]
    codes = {letter["MessageAttributes"]["error_code"]["StringValue"] for letter in letters}
    assert len(letters) == 3
    assert {"not_a_pdf", "source_missing"} < codes
    assert "{broken" in {letter["Body"] for letter in letters}


def test_deleting_a_document_leaves_nothing_of_it(machine: Machine, parts: Parts, samples: Path) -> None:
    for name in ("harbour-handbook.pdf", "notice-to-mariners.pdf"):
        machine.manage("upload", str(samples / name))
    machine.work()
    assert machine.refused("delete", "harbour-handbook.pdf") == (
        2, "error: this deletes for good, and there is nobody to ask: say --yes\n",
    )  # fmt: skip
    machine.manage("delete", "harbour-handbook.pdf", "--yes")
    machine.work()  # the removal's own event, which finds it done
    assert machine.status()["source-pdfs/harbour-handbook.pdf"]["status"] == "deleted"
    assert list(parts.history.read()) == ["source-pdfs/notice-to-mariners.pdf"]
    hits = machine.manage("search", "floodgate")["hits"]
    assert {hit["source"] for hit in hits} <= {"source-pdfs/notice-to-mariners.pdf"}
    bucket = parts.settings.aws_s3_bucket_name
    keys = [item["Key"] for item in parts.aws.s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert not [key for key in keys if "harbour-handbook" in key]


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"SQS_QUEUE_URL": "", "QDRANT_URL": ""}, 2, ["SQS_QUEUE_URL is missing", "QDRANT_URL"]),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
            3,
            ["AWS_ENDPOINT_URL=http://127.0.0.1:9", "local stack ended?"],
        ),
        ({"QDRANT_URL": "http://127.0.0.1:9"}, 3, ["QDRANT_URL=http://127.0.0.1:9", "is Qdrant up?"]),
    ],
    ids=["wrong settings", "no AWS", "no Qdrant"],
)
@pytest.mark.parametrize(
    "command", [["fargate_worker.py", "--until-empty"], ["scripts/manage_vector_stores.py", "search", "x"]]
)
def test_what_is_not_there_is_said_in_one_line(
    stack_env: dict[str, str], command: list[str], changes: dict[str, str], code: int, words: list[str]
) -> None:
    env = {**os.environ, **stack_env, **changes, "ENV_FILE": os.devnull}
    done = program_server.run(command, env=env, timeout=WORKER_SECONDS)
    assert done.returncode == code, done.stderr[-2_000:]
    last = done.stderr.strip().splitlines()[-1]
    assert all(word in last for word in words), last
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "script",
    [
        "fargate_worker.py", "app.py", "scripts/manage_vector_stores.py", "scripts/local_stack.py",
        "scripts/inspect_pdf.py", "development_stack/demo.py", "development_stack/up.py",
        "development_stack/moto_process.py",
    ],
)  # fmt: skip
def test_every_program_helps(script: str) -> None:
    done = program_server.run([script, "--help"], env=os.environ, timeout=WORKER_SECONDS)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert "Usage" in done.stdout or "usage" in done.stdout


@pytest.mark.system
def test_a_dry_run_says_what_a_run_would_take_and_queues_nothing(
    machine: Machine, parts: Parts, samples: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.pdf"
    text.write_text("This is no PDF.")
    machine.put(parts, text)
    machine.manage("upload", str(samples))
    machine.work()
    plan = machine.manage("enqueue-all", "--dry-run", "--cache-behavior", "rebuild")
    assert (plan["to_process"], plan["pages"], plan["unreadable"]) == (2, 7, 1)
    assert machine.manage("enqueue-all", "--dry-run")["up_to_date"] == 2
    assert (plan["llm_calls"], plan["cost_usd"]) == (0, 0)
    assert machine.manage("status")["queue"]["visible"] == 0


@pytest.mark.system
def test_a_watched_run_stays_to_its_end_and_tells_by_its_exit_code_that_a_document_failed(
    machine: Machine, parts: Parts, samples: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.pdf"
    text.write_text("This is no PDF.")
    machine.put(parts, text)
    machine.manage("upload", str(samples / "notice-to-mariners.pdf"))
    machine.work()
    with machine.begin("enqueue-all", "--watch", "--cache-behavior", "rebuild", "--json") as watching:
        assert watching.stderr is not None
        assert "2 left" in watching.stderr.readline()  # all is queued, and no worker is there
        machine.work()
        told, remarks = watching.communicate(timeout=WORKER_SECONDS)
    run = json.loads(told)
    assert (run["state"], run["queued"], run["left"]) == ("done", 2, 0)
    assert (run["ends"]["succeeded"], run["ends"]["failed"]) == (1, 1)
    assert watching.returncode == 1
    assert "0 left" in remarks.splitlines()[-1]


@pytest.mark.system
def test_watching_can_be_left_while_the_run_goes_on(machine: Machine, samples: Path) -> None:
    machine.manage("upload", str(samples / "notice-to-mariners.pdf"))
    machine.work()
    with machine.begin("enqueue", "notice-to-mariners.pdf", "--watch", "--cache-behavior", "rebuild") as watching:
        assert watching.stderr is not None
        run_id = watching.stderr.readline().split()[1].rstrip(":")
        watching.send_signal(signal.SIGINT)
        _, remarks = watching.communicate(timeout=WORKER_SECONDS)
    assert watching.returncode == 130
    assert "goes on without being watched" in remarks
    machine.work()
    assert machine.manage("watch", run_id)["ends"]["succeeded"] == 1
