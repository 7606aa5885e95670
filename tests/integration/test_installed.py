"""The wheel, installed into an environment of its own: the command is there, and so is all its data.

Packages come from this environment's site-packages by a .pth file, so that nothing is downloaded; that the ranges in
pyproject.toml name them all is `tests/unit/test_packaging.py`'s.
"""

import os
import re
import signal
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machine import REPOSITORY

SECONDS = 240
DATA = ("web/templates/base.html", "web/static/style.css", "profiles/generic.json", "infra/template.yaml")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


def build(folder: Path) -> Path:
    command = ["uv", "build", "--quiet", "--wheel", "--no-build-isolation", "--offline", "--out-dir", str(folder)]
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, *command[1:], str(REPOSITORY)], check=True, timeout=SECONDS)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def leafmill(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, as installed from the wheel."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(python), str(wheel)],
        check=True,
        timeout=SECONDS,
    )
    (site_packages,) = folder.glob("lib/python*/site-packages")
    # Not through `site.addsitedir`, which would read the .pth that names the clone.
    (site_packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder / "bin" / "leafmill"


def test_the_same_files_make_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == wheel.read_bytes()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder whose owner has modules of the same names as ours."""
    for name in ("config.py", "app.py", "fargate_worker.py", "foundation.py", "logging.py"):
        (tmp_path / name).write_text("raise SystemExit('a module of the user was imported')\n")
    return tmp_path


def run(leafmill: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {name: os.environ[name] for name in ("PATH", "HOME", "TIKTOKEN_CACHE_DIR") if name in os.environ}
    return subprocess.run(
        [leafmill, *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def test_the_wheel_has_the_data_and_nothing_of_the_workshop(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert names.issuperset(DATA)
    assert "development_stack/samples/notice-to-mariners.pdf" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "docs/", "scripts/"))]


def test_the_command_tells_its_version_and_runs_its_own_modules(leafmill: Path, elsewhere: Path) -> None:
    done = run(leafmill, elsewhere, "--version")
    assert re.fullmatch(r"leafmill \d+\.\d+\S*\n", done.stdout), done.stderr
    origin = subprocess.run(
        [leafmill.with_name("python"), "-P", "-c", "import config; print(config.__file__)"],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(leafmill.parents[1]) in origin.stdout, "the clone's modules are tested, not the wheel's"


@pytest.mark.system
def test_it_inspects_a_pdf_from_any_folder(leafmill: Path, elsewhere: Path, samples: Path) -> None:
    done = run(leafmill, elsewhere, "inspect", str(samples / "notice-to-mariners.pdf"))
    assert done.returncode == 0, done.stderr
    assert "1 pages (1 text)" in done.stdout


@pytest.fixture
def stack(leafmill: Path, elsewhere: Path) -> "Iterator[subprocess.Popen[str]]":
    env = {name: os.environ[name] for name in ("PATH", "HOME", "TIKTOKEN_CACHE_DIR") if name in os.environ}
    with subprocess.Popen(
        [leafmill, "up", "--port", "0"],
        cwd=elsewhere,
        env={**env, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield process
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)


@pytest.mark.system
def test_up_starts_and_the_other_commands_work_with_it(
    leafmill: Path, elsewhere: Path, stack: "subprocess.Popen[str]", samples: Path
) -> None:
    assert stack.stdout is not None
    assert any("Ctrl-C ends it" in line for line in iter(stack.stdout.readline, ""))
    env_file = elsewhere / ".local" / "stack.env"
    assert env_file.is_file()
    env_file.rename(elsewhere / ".env")  # what commands read without ENV_FILE
    done = run(leafmill, elsewhere, "ingest", str(samples / "notice-to-mariners.pdf"))
    assert done.returncode == 0, done.stderr
    assert "succeeded" in done.stdout
    found = run(leafmill, elsewhere, "search", "eastern quay")
    assert "notice-to-mariners.pdf, p. 1" in found.stdout, found.stderr
    answer = run(leafmill, elsewhere, "ask", "Which berths are ships sent to while the eastern quay is closed?")
    assert answer.returncode == 0, answer.stderr
    assert "[1]" in answer.stdout
