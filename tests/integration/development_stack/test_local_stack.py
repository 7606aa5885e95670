"""The local stack is made as the template says, and leaves nothing behind."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote_plus, urlsplit

import pytest

from composition.aws import make_clients
from config import Settings, load_settings
from development_stack.stack import LocalStack, local_stack, provision_settings, write_env_file
from foundation.aws import AwsClients
from infra.template import Resolver, load_template

CLEAN = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with local_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def settings(stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in set(os.environ) & {field.upper() for field in Settings.model_fields}:
        monkeypatch.delenv(name)
    write_env_file(tmp_path / "stack.env", stack.env)
    return load_settings(tmp_path / "stack.env")


@pytest.fixture
def clients(settings: Settings) -> AwsClients:
    return make_clients(settings)


def test_a_dropped_pdf_and_its_removal_reach_the_queue_and_other_files_do_not(
    settings: Settings, clients: AwsClients
) -> None:
    bucket = settings.aws_s3_bucket_name
    for key in ("source-pdfs/a b.pdf", "source-pdfs/notes.txt", "elsewhere/c.pdf"):
        clients.s3.put_object(Bucket=bucket, Key=key, Body=b"%PDF-")
    clients.s3.delete_object(Bucket=bucket, Key="source-pdfs/a b.pdf")

    received = clients.sqs.receive_message(QueueUrl=settings.sqs_queue_url, MaxNumberOfMessages=10)["Messages"]

    records = [record for message in received for record in json.loads(message["Body"]).get("Records", [])]
    assert [(r["eventName"], unquote_plus(r["s3"]["object"]["key"])) for r in records] == [
        ("ObjectCreated:Put", "source-pdfs/a b.pdf"),
        ("ObjectRemoved:Delete", "source-pdfs/a b.pdf"),
    ]


def test_queue_and_table_have_the_templates_numbers_and_keys(settings: Settings, clients: AwsClients) -> None:
    template = load_template()
    queue = template["Resources"]["Queue"]["Properties"]
    attributes = clients.sqs.get_queue_attributes(QueueUrl=settings.sqs_queue_url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == str(queue["VisibilityTimeout"])
    assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == queue["RedrivePolicy"]["maxReceiveCount"]
    dead_letters = clients.sqs.get_queue_attributes(QueueUrl=settings.sqs_dlq_url, AttributeNames=["QueueArn"])
    assert json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"] == dead_letters["Attributes"]["QueueArn"]
    assert settings.visibility_timeout_seconds == queue["VisibilityTimeout"]

    expected = Resolver(template).properties("Table")
    table = clients.dynamodb.describe_table(TableName=settings.status_table_name)["Table"]
    assert table["KeySchema"] == expected["KeySchema"]
    assert {index["IndexName"]: index["KeySchema"] for index in table["GlobalSecondaryIndexes"]} == {
        index["IndexName"]: index["KeySchema"] for index in expected["GlobalSecondaryIndexes"]
    }
    expiry = clients.dynamodb.describe_time_to_live(TableName=settings.status_table_name)["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expires_at")


def test_provisioning_twice_changes_nothing(stack: LocalStack) -> None:
    once = provision_settings(stack.endpoint_url, qdrant_url="http://q", stack_name="twice")
    assert provision_settings(stack.endpoint_url, qdrant_url="http://q", stack_name="twice") == once
    assert once["SQS_QUEUE_URL"] != stack.env["SQS_QUEUE_URL"], "stacks of different names don't meet"


def test_the_env_file_is_for_its_owner_only_and_repeats_no_secret_of_the_environment(
    stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "also-secret")
    path = tmp_path / "stack.env"
    write_env_file(path, provision_settings(stack.endpoint_url, qdrant_url="http://q", bucket_name="my-own-bucket"))
    text = path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "AWS_S3_BUCKET_NAME=my-own-bucket\n" in text
    assert not [word for word in ("secret", "AKIA", "lexical", "extractive") if word in text]


@pytest.mark.system
def test_the_server_dies_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    env_file = tmp_path / "stack.env"
    command = [sys.executable, "scripts/local_stack.py", "up", "--env-file", str(env_file)]
    with subprocess.Popen(command, env=CLEAN, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert "answer at http://127.0.0.1:" in parent.stdout.readline()
        endpoint = dict(line.split("=", 1) for line in env_file.read_text().splitlines())["AWS_ENDPOINT_URL"]
        with socket.create_connection((urlsplit(endpoint).hostname, urlsplit(endpoint).port)) as connection:
            parent.send_signal(signal.SIGKILL)
            # The server never answers a request that isn't finished: the end of the stream is the end of the server.
            connection.settimeout(240)
            with suppress(ConnectionResetError):  # when the server had not taken the connection yet
                assert connection.recv(1) == b""


@pytest.mark.system
def test_ctrl_c_ends_the_stack_with_exit_0(tmp_path: Path) -> None:
    command = [sys.executable, "scripts/local_stack.py", "up", "--env-file", str(tmp_path / "stack.env")]
    with subprocess.Popen(command, env=CLEAN, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        said = iter(parent.stdout.readline, "")
        while "Ctrl-C" not in next(said):
            pass
        watchdog = threading.Timer(240, parent.kill)
        watchdog.start()
        parent.send_signal(signal.SIGINT)
        _, errors = parent.communicate()
        watchdog.cancel()
    assert (parent.returncode, errors) == (0, "")


def test_an_endpoint_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound but not listening: refuses
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        command = [sys.executable, "scripts/local_stack.py", "provision", "--endpoint-url", url]
        ended = subprocess.run(
            [*command, "--env-file", str(tmp_path / "x.env")], env=CLEAN, capture_output=True, text=True, check=False
        )
    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "x.env").exists()
