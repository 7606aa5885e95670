"""The tutorial, the how-to pages and the README are followed word by word: their commands run in order, and print what
the page says. The tutorial starts the stack that all of them use."""

import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.machine import REPOSITORY

TUTORIAL = REPOSITORY / "docs" / "tutorial.md"
PAGES = (TUTORIAL, REPOSITORY / "README.md", *sorted((REPOSITORY / "docs" / "how-to").glob("*.md")))
SECONDS = 240
pytestmark = pytest.mark.timeout(1_200)  # some thirty commands and three ingestions, beside other tests
#: Stays until it is interrupted; a free port instead of its own, which another test may have.
START = "leafmill up"
READY = "Ctrl-C ends it"
#: What the page says of a block that no test can run.
NOT_RUN = re.compile(r"<!-- not run: \w.*-->\n$")


@dataclass(frozen=True, slots=True)
class Step:
    commands: str
    printed: tuple[str, ...]  # what the page shows after it


def steps(page: Path) -> Iterator[Step]:
    """The page's blocks of commands, each with the block of output that follows it, if one does."""
    text = page.read_text(encoding="utf-8")
    blocks = list(re.finditer(r"^( *)```(\w*)\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block[2] != "sh" or NOT_RUN.search(text[: block.start()].rstrip(" ")):
            continue
        shown = following[3] if following and following[2] == "" else ""
        yield Step(textwrap.dedent(block[3]).strip(), tuple(textwrap.dedent(shown).splitlines()))


def pattern(line: str) -> str:
    """A printed line as a regular expression: `…` is anything, runs of blanks are alike."""
    parts = [r"\s+".join(re.escape(word) for word in part.split()) for part in line.split("…")]
    return r"\s*.*?\s*".join(parts)


def is_shown(line: str, printed: str) -> bool:
    return any(re.match(pattern(line) + r"\s*$", other.strip()) for other in printed.splitlines())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the samples, as a clone has them, and a PDF of the reader's own."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "samples").symlink_to(REPOSITORY / "samples")
    (folder / "report.pdf").write_bytes((REPOSITORY / "samples" / "notice-to-mariners.pdf").read_bytes())
    return folder


def environment() -> dict[str, str]:
    names = ("HOME", "TIKTOKEN_CACHE_DIR", "LANG")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}


@pytest.mark.system
def test_the_commands_print_what_the_pages_say(place: Path) -> None:
    env, stack = environment(), None
    assert sum(step.commands == START for step in steps(TUTORIAL)) == 1
    try:
        for page in PAGES:
            for step in steps(page):
                if step.commands.startswith(START):
                    if stack is not None:
                        continue
                    stack, printed = start(place, env)
                    printed = re.sub(r"(http://127\.0\.0\.1):\d+", r"\1:8000", printed)
                else:
                    printed = run(step.commands, place, env)
                for name, value in re.findall(r"^export (\w+)=(\S+)", step.commands, re.MULTILINE):
                    env[name] = value
                missing = [line for line in step.printed if not is_shown(line, printed)]
                assert missing == [], f"{page.name}, after `{step.commands}`, which printed:\n{printed}"
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
