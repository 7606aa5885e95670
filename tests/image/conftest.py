"""Tests of a built worker image, run by `make image-test`: `pytest --image NAME tests/image`.

They need a container engine and minutes, so that without `--image` they aren't collected at all.
"""

import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from composition.parts import Parts
from config import Settings, load_settings
from scripts.container_engine import Engine, find_engine

Answer = TypeVar("Answer")

#: What a document, a stop or a verdict of the health check may take at most on a slow machine.
DEADLINE_SECONDS = 420.0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--image", help="name of a built worker image; without it its tests aren't run")


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    return None if config.getoption("--image", default=None) else True


@pytest.fixture(scope="session")
def engine() -> Engine:
    return find_engine()


@pytest.fixture(scope="session")
def image(pytestconfig: pytest.Config) -> str:
    return str(pytestconfig.getoption("--image"))


@dataclass(frozen=True, slots=True)
class Container:
    """A worker in a container, as Fargate would run it: not root, nothing to write to but /tmp, no capabilities."""

    engine: Engine
    id: str

    def wait(self) -> int:
        """Until it ends by itself; returns its exit code."""
        subprocess.run([self.engine.name, "wait", self.id], capture_output=True, check=True, timeout=DEADLINE_SECONDS)
        return self.exit_code

    def stop(self) -> int:
        """SIGTERM, with as much time to end as Fargate gives; returns the exit code."""
        self.engine("stop", "--time", "120", self.id)
        return self.exit_code

    @property
    def exit_code(self) -> int:
        return int(self.inspect("{{.State.ExitCode}}"))

    def inspect(self, template: str) -> str:
        return self.engine("inspect", "--format", template, self.id)

    def logs(self) -> str:
        done = subprocess.run([self.engine.name, "logs", self.id], capture_output=True, text=True, check=True)
        return done.stdout + done.stderr

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.engine.name, "exec", self.id, *command], capture_output=True, text=True, check=False
        )

    def is_unhealthy(self) -> bool:
        """What the engine's health check says. Podman leaves running it to systemd, which containers may lack."""
        if self.engine.name == "podman":
            self.engine("healthcheck", "run", self.id, check=False)
        return self.inspect("{{.State.Health.Status}}") == "unhealthy"


@pytest.fixture
def run(engine: Engine, image: str, stack_env: dict[str, str]) -> Iterator[Callable[..., Container]]:
    """Start a worker container on the test's own stack."""
    started: list[Container] = []

    def start(*arguments: str, memory: str = "1g", env: dict[str, str] | None = None) -> Container:
        command = [*engine.runs, "--detach", "--name", f"worker-{uuid.uuid4().hex[:10]}"]
        command += ["--read-only", "--tmpfs", "/tmp:rw,size=256m,mode=1777", "--cap-drop", "ALL"]
        command += ["--security-opt", "no-new-privileges", "--init=false", "--memory", memory]
        values = {**stack_env, **(env or {})}
        for name, value in values.items():
            command += ["--env", f"{name}={value}"]
        done = subprocess.run([*command, image, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        container = Container(engine, done.stdout.strip().splitlines()[-1])
        started.append(container)
        return container

    yield start
    for container in started:
        engine("rm", "--force", container.id, check=False)


@pytest.fixture
def parts(stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    """The parts on this side, on the same stack."""
    for name in {field.upper() for field in Settings.model_fields} & set(os.environ):
        monkeypatch.delenv(name)
    for name, value in stack_env.items():
        monkeypatch.setenv(name, value)
    parts = Parts(load_settings(env_file="no-such-file"))
    yield parts
    parts.close()


def wait_until(question: Callable[[], Answer | None]) -> Answer:
    """Ask until the answer is true. Raises AssertionError when it doesn't come in time."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"not within {DEADLINE_SECONDS:.0f} s")


def counts(parts: Parts, queue_url: str) -> dict[str, int]:
    """Messages of a queue: waiting and in flight."""
    attributes: Any = parts.aws.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    return {
        "waiting": int(attributes["ApproximateNumberOfMessages"]),
        "in flight": int(attributes["ApproximateNumberOfMessagesNotVisible"]),
    }
