"""Starts the engines that `make real-engines` has made. Where one wasn't made, a test that wants it is skipped."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from development_stack.programs import free_port
from scripts.real_engines import engines

#: A Java program on a busy machine.
START_SECONDS = 120.0
_ELASTICMQ_SETTINGS = """
node-address {{ protocol = http, host = "127.0.0.1", port = {port}, context-path = "" }}
rest-sqs {{ enabled = true, bind-port = {port}, bind-hostname = "127.0.0.1", sqs-limits = strict }}
rest-stats {{ enabled = false }}
aws {{ region = us-east-1, accountId = 123456789012 }}
"""


def engine_path(name: str) -> Path:
    """Where it is. Skips the test, with the reason, where it was not made."""
    path = engines()[name].path
    if not path.exists():
        pytest.skip(f"{name} is not there: make real-engines")
    return path


@contextmanager
def elasticmq(folder: Path) -> Iterator[str]:
    """SQS by ElasticMQ on a loopback port, as long as the block lasts; yields its address."""
    jars = engine_path("elasticmq")
    port = free_port()
    settings = folder / "elasticmq.conf"
    settings.write_text(_ELASTICMQ_SETTINGS.format(port=port), encoding="utf-8")
    # Quick to start and small: nobody measures it.
    options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", f"-Dconfig.file={settings}"]
    command = ["java", *options, "-cp", f"{jars}/*", "org.elasticmq.server.Main"]
    with _running(command, f"http://127.0.0.1:{port}", folder / "elasticmq.log") as address:
        yield address


@contextmanager
def fakecloud(folder: Path) -> Iterator[str]:
    """A second AWS by fakecloud on a loopback port, as long as the block lasts; yields its address.

    It asks IAM: the keys `test` and `test` may do everything, others what their policies allow.
    """
    address = f"127.0.0.1:{free_port()}"
    command = [str(engine_path("fakecloud")), "--addr", address, "--iam", "strict", "--log-level", "warn"]
    with _running(command, f"http://{address}", folder / "fakecloud.log") as url:
        yield url


@contextmanager
def _running(command: Sequence[str], address: str, log: Path) -> Iterator[str]:
    """A server as long as the block lasts. Raises RuntimeError when it doesn't answer."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=log.parent, start_new_session=True
        ) as process,
    ):
        try:
            end = time.monotonic() + START_SECONDS
            while not _answers(address):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"{command[0]} did not start: {log.read_text(errors='replace')[-2_000:]}")
                time.sleep(0.1)
            yield address
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True  # it has an opinion
    except OSError:
        return False
