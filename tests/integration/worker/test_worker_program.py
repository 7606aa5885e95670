"""`fargate_worker.py` as a program: help, health, errors in one line, exit codes, start-up cost, signals."""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import pytest

from composition.parts import Parts
from development_stack.stack import provision_settings
from tests.support import program_server
from tests.support.aws_engine import engine_name

REPOSITORY = Path(__file__).resolve().parents[3]
PROGRAM = str(REPOSITORY / "fargate_worker.py")
#: Promised: from process start to the first ReceiveMessage.
MAX_START_CPU_SECONDS = 1.5
MAX_IDLE_MEGABYTES = 150
#: For what is certain to come, however busy the machine is.
WAIT_SECONDS = 240


def run(env: dict[str, str], *arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(folder), "ENV_FILE": os.devnull, **env}
    return subprocess.run(
        [sys.executable, PROGRAM, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
    )


def run_forked(env: dict[str, str], *arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """The same without a start of its own, for what comes after that."""
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(folder), "ENV_FILE": os.devnull, **env}
    return program_server.run([PROGRAM, *arguments], env=environment, timeout=WAIT_SECONDS)


def test_help_says_what_it_does_and_costs_nothing(tmp_path: Path) -> None:
    done = run({}, "--help", folder=tmp_path)
    assert done.returncode == 0
    assert "--until-empty" in done.stdout
    assert ".env.example" in done.stdout


def test_wrong_settings_are_named_in_one_line(stack_env: dict[str, str], tmp_path: Path) -> None:
    broken = {**stack_env, "VISIBILITY_TIMEOUT_SECONDS": "0"}
    del broken["SQS_QUEUE_URL"]
    done = run_forked(broken, "--until-empty", folder=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: wrong settings: ")
    assert "SQS_QUEUE_URL is missing" in line
    assert "VISIBILITY_TIMEOUT_SECONDS" in line


def test_no_aws_is_said_in_one_line(stack_env: dict[str, str], tmp_path: Path) -> None:
    env = {**stack_env, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "SQS_QUEUE_URL": "http://127.0.0.1:9/1/q"}
    done = run_forked(env, "--until-empty", folder=tmp_path)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("error: reading the queue's attributes: no connection (")
    assert "Traceback" not in done.stderr


def test_no_qdrant_is_said_in_one_line(stack_env: dict[str, str], tmp_path: Path) -> None:
    done = run_forked({**stack_env, "QDRANT_URL": "http://127.0.0.1:9"}, "--until-empty", folder=tmp_path)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("error: qdrant does not answer: ")
    assert "Traceback" not in done.stderr


def test_one_that_is_to_end_says_in_one_line_that_workers_are_paused(
    stack_env: dict[str, str], parts: Parts, tmp_path: Path
) -> None:
    parts.operator_pauses.pause("Ann")
    done = run_forked(stack_env, "--until-empty", folder=tmp_path)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("error: workers are paused by Ann since ")


@pytest.mark.parametrize("name", ["STATUS_TABLE_NAME", "AWS_S3_BUCKET_NAME"])
def test_a_table_or_bucket_that_is_not_there_is_said_in_one_line(
    stack_env: dict[str, str], tmp_path: Path, name: str
) -> None:
    done = run_forked({**stack_env, name: "no-such-thing"}, "--until-empty", folder=tmp_path)
    assert done.returncode == 3
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: asking the ")
    assert "no-such-thing: " in last
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(engine_name() == "fakecloud", reason="CloudFormation made the table: the test can't make it again")
def test_a_ledger_that_goes_away_pauses_polling_until_it_is_back(
    stack_env: dict[str, str], parts: Parts, tmp_path: Path, samples: Path
) -> None:
    environment = {
        **os.environ,
        "TMPDIR": str(tmp_path),
        "ENV_FILE": os.devnull,
        **stack_env,
        "WORKER_CONCURRENCY": "1",
    }
    reading, writing = os.pipe()
    with open(os.devnull, "wb") as nobody, open(writing, "wb") as stderr:
        worker = program_server.start([PROGRAM], env=environment, stdout=nobody, stderr=stderr)
    try:
        events = (json.loads(line) for line in open(reading, "rb") if line.startswith(b"{"))  # noqa: SIM115
        next(event for event in events if event["event"] == "message ended")  # the S3 test event
        table = parts.settings.status_table_name
        parts.aws.dynamodb.delete_table(TableName=table)
        for number in range(2):
            parts.artifacts.upload_source(samples / "notice-to-mariners.pdf", f"source-pdfs/{number}.pdf")
        paused = next(event for event in events if event["event"] == "polling paused")
        assert paused["dependency"] == "aws"
        stack_name = table.partition("-")[0]
        provision_settings(str(parts.settings.aws_endpoint_url), qdrant_url="", stack_name=stack_name)
        done = list(islice((event for event in events if event.get("outcome") == "done"), 2))
        assert min(event["receive_count"] for event in done) == 1, "what waits in the queue keeps its receives"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(WAIT_SECONDS) == 0
    finally:
        worker.kill()
        worker.wait()


def test_a_bug_is_told_and_a_thread_that_hangs_does_not_keep_the_process(tmp_path: Path) -> None:
    code = """
import sys, threading, fargate_worker
def consume(*_, **__):
    threading.Thread(target=threading.Event().wait).start()
    raise LookupError("oops")
fargate_worker._consume = consume
sys.exit(fargate_worker.run(until_empty=True))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "LookupError: oops"


def test_a_worker_that_polls_is_healthy_light_and_quick_to_start_and_sigterm_ends_it_with_0(
    stack_env: dict[str, str], tmp_path: Path
) -> None:
    assert run({}, "--healthcheck", folder=tmp_path).returncode == 1
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "ENV_FILE": os.devnull, **stack_env}
    worker = subprocess.Popen(
        [sys.executable, PROGRAM], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert worker.stderr
        awake = next(json.loads(line) for line in worker.stderr if '"awake"' in line)
        assert awake["cpu_seconds"] < MAX_START_CPU_SECONDS
        ended = [json.loads(line) for line in [worker.stderr.readline() for _ in range(2)]]  # the S3 test event
        assert ended[-1]["event"] == "message ended"
        statm = Path(f"/proc/{worker.pid}/statm").read_text().split()
        assert int(statm[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20) < MAX_IDLE_MEGABYTES
        assert run({}, "--healthcheck", folder=tmp_path).returncode == 0
        worker.terminate()
        assert worker.wait(WAIT_SECONDS) == 0
        assert worker.stdout
        metrics = [json.loads(line) for line in worker.stdout]
        assert any("WakeToFirstReceiveSeconds" in line for line in metrics)
        assert run({}, "--healthcheck", folder=tmp_path).returncode == 1
    finally:
        worker.kill()
        worker.communicate()


def test_as_the_first_process_of_a_container_it_obeys_sigterm(stack_env: dict[str, str], tmp_path: Path) -> None:
    """PID 1 has no default handlers: what it doesn't handle itself is ignored."""
    namespace = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not make a PID namespace")
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "ENV_FILE": os.devnull, **stack_env}
    parent = subprocess.Popen(
        [*namespace, sys.executable, PROGRAM], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert parent.stderr
        assert any('"awake"' in line for line in parent.stderr)
        (worker,) = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        os.kill(int(worker), signal.SIGTERM)
        assert parent.wait(WAIT_SECONDS) == 0
    finally:
        parent.kill()
        parent.communicate()


def test_the_health_check_imports_nothing_heavy(tmp_path: Path) -> None:
    code = "import sys, fargate_worker; print(*(m for m in ('boto3', 'pydantic', 'structlog') if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=WAIT_SECONDS, check=True
    )
    assert done.stdout.strip() == ""


def test_a_loop_that_has_stopped_coming_round_is_unhealthy(tmp_path: Path) -> None:
    long_ago = time.monotonic() - 10_000
    (tmp_path / "ingestion-worker.alive").write_text(f"{long_ago}\n")
    assert run({}, "--healthcheck", folder=tmp_path).returncode == 1


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--until-empty", "--healthcheck"]])
def test_wrong_usage_ends_with_2(arguments: list[str], tmp_path: Path) -> None:
    assert run({}, *arguments, folder=tmp_path).returncode == 2
