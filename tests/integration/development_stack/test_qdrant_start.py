"""Which Qdrant the local stack starts, and that none is left behind."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from qdrant_client import QdrantClient
from qdrant_client.http.exceptions import UnexpectedResponse

from development_stack import qdrant
from development_stack.qdrant import QdrantStartError
from tests.integration.development_stack.conftest import answers, eventually

REPOSITORY = Path(__file__).parents[3]


@pytest.mark.parametrize("program", ["development server", "qdrant on the PATH"])
def test_the_server_ends_when_its_parent_is_killed(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if program != "development server":
        _pretend_qdrant(tmp_path, monkeypatch)
    script = f"""
        import sys, time
        from pathlib import Path
        from development_stack import qdrant
        print(qdrant.start(Path({str(tmp_path / "data")!r})).url, flush=True)
        time.sleep(600)
    """
    (tmp_path / "data").mkdir()
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    assert answers(url)

    parent.kill()
    parent.wait()

    assert eventually(lambda: not answers(url))


def _pretend_qdrant(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program named qdrant that takes its settings from where Qdrant takes them."""
    program = folder / "bin" / "qdrant"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\nexport PYTHONPATH={REPOSITORY}\n"
        f'exec {sys.executable} -m development_stack.qdrant_server --path "$QDRANT__STORAGE__STORAGE_PATH"'
        ' --port "$QDRANT__SERVICE__HTTP_PORT"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


def test_a_qdrant_on_the_path_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend_qdrant(tmp_path, monkeypatch)
    running = qdrant.start(tmp_path / "data", api_key="secret")
    try:
        assert (tmp_path / "data" / "storage" / "edge").is_dir()
        with pytest.raises(UnexpectedResponse):
            QdrantClient(url=running.url, check_compatibility=False).get_collections()
        QdrantClient(url=running.url, api_key="secret", check_compatibility=False).get_collections()
    finally:
        running.close()
    assert not answers(running.url)


def test_a_qdrant_that_does_not_start_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend_qdrant(tmp_path, monkeypatch)
    (tmp_path / "bin" / "qdrant").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(QdrantStartError, match="did not start"):
        qdrant.start(tmp_path / "data")


def test_a_url_that_is_given_is_taken_as_it_is(tmp_path: Path) -> None:
    running = qdrant.start(tmp_path, url="http://qdrant.example:6333")
    running.close()
    assert (running.url, list(tmp_path.iterdir())) == ("http://qdrant.example:6333", [])
