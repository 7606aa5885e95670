"""docs/tutorial.md is followed word by word: its commands run in order, and print what the page says."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.machine import REPOSITORY

PAGE = REPOSITORY / "docs" / "tutorial.md"
SECONDS = 240
pytestmark = pytest.mark.timeout(900)  # a dozen commands and an ingestion, beside other tests
#: Stays until it is interrupted; a free port instead of its own, which another test may have.
START = "leafmill up"
READY = "Ctrl-C ends it"
#: What the page says of a block that no test can run.
NOT_RUN = re.compile(r"<!-- not run: \w.*-->\n$")


@dataclass(frozen=True, slots=True)
class Step:
    commands: str
    printed: tuple[str, ...]  # what the page shows after it


def steps() -> Iterator[Step]:
    """The page's blocks of commands, each with the block of output that follows it, if one does."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = list(re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block[1] != "sh" or NOT_RUN.search(text[: block.start()]):
            continue
        shown = following[2] if following and following[1] == "" else ""
        yield Step(block[2].strip(), tuple(shown.splitlines()))


def pattern(line: str) -> str:
    """A printed line as a regular expression: `…` is anything, runs of blanks are alike."""
    parts = [r"\s+".join(re.escape(word) for word in part.split()) for part in line.split("…")]
    return r"\s*.*?\s*".join(parts)


def is_shown(line: str, printed: str) -> bool:
    return any(re.match(pattern(line) + r"\s*$", other.strip()) for other in printed.splitlines())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the samples, as a clone has them."""
    folder = tmp_path_factory.mktemp("tutorial")
    (folder / "samples").symlink_to(REPOSITORY / "samples")
    return folder


def environment() -> dict[str, str]:
    names = ("HOME", "TIKTOKEN_CACHE_DIR", "LANG")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}


def test_the_commands_print_what_the_page_says(place: Path) -> None:
    env, stack = environment(), None
    followed = list(steps())
    assert sum(step.commands == START for step in followed) == 1
    try:
        for step in followed:
            if step.commands == START:
                stack, printed = start(place, env)
                printed = re.sub(r"(http://127\.0\.0\.1):\d+", r"\1:8000", printed)
            elif step.commands.startswith("export "):
                name, _, value = step.commands.removeprefix("export ").partition("=")
                env[name] = value
                continue
            else:
                printed = run(step.commands, place, env)
            missing = [line for line in step.printed if not is_shown(line, printed)]
            assert missing == [], f"after `{step.commands}`, which printed:\n{printed}"
    finally:
        if stack is not None:
            stack.send_signal(signal.SIGINT)
            assert stack.wait(SECONDS) == 130 or stack.returncode == 0


def start(place: Path, env: dict[str, str]) -> "tuple[subprocess.Popen[str], str]":
    """`leafmill up`, and what it printed until it was ready."""
    with (place / "up.log").open("w") as log:
        stack = subprocess.Popen(
            [*START.split(), "--port", "0"], cwd=place, env=env, stdout=subprocess.PIPE, stderr=log, text=True,
            # Under nohup or in the background of a script it is ignored, and a child would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
    assert stack.stdout is not None
    printed = []
    for line in iter(stack.stdout.readline, ""):
        printed.append(line)
        if READY in line:
            return stack, "".join(printed)
    pytest.fail("leafmill up ended: " + (place / "up.log").read_text(encoding="utf-8")[-2_000:])


def run(commands: str, place: Path, env: dict[str, str]) -> str:
    """What a block of commands printed; each must succeed."""
    done = subprocess.run(
        ["bash", "-e", "-c", commands], cwd=place, env=env, timeout=SECONDS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"`{commands}` ended with {done.returncode}: {done.stderr}"
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "printed", "shown"),
    [
        ("a  b …", "a b c", True),
        ("a b …", "x a b c", False),
        ("a", "a b", False),
        ("… c", "a b c", True),
        ("6/20/20", "6/20/21", False),
    ],
)
def test_a_line_is_shown_where_only_its_gaps_differ(line: str, printed: str, shown: bool) -> None:
    assert is_shown(line, printed) is shown
