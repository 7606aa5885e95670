"""Fetches and builds the engines of `make test-real` and `make test-qdrant`, once, outside of the project.

    python scripts/real_engines.py elasticmq      seconds
    python scripts/real_engines.py qdrant         Qdrant's server from its source: half an hour and more, 6 GB
    python scripts/real_engines.py fakecloud      a second AWS, in Rust: an hour

What is there already is left as it is. REAL_ENGINES_DIR names the folder; without it `~/.cache/leafmill-engines`.

ElasticMQ wants Java 11 and Maven, the others Rust; Qdrant wants git, clang and protoc with its own .proto files as well
(Debian has those in libprotobuf-dev). Compilers run one at a time (CARGO_BUILD_JOBS changes that) and without much
optimization: the engines answer tests, they aren't measured.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ELASTICMQ_VERSION = "1.7.1"
FAKECLOUD_VERSION = "0.51.0"
QDRANT_VERSION = "1.18.3"
#: Where Qdrant's sources are; a folder will do.
QDRANT_SOURCE = "https://github.com/qdrant/qdrant"
RAFT_SOURCE = "https://github.com/tikv/raft-rs"
#: What Qdrant 1.18's Cargo.toml names.
RAFT_COMMIT = "aafb07c7bab439c6139926a77dfafc5b10e9bc84"

_CARGO_ENVIRONMENT = {
    "CARGO_BUILD_JOBS": "1",
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_DEBUG": "0",
}
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>engines</groupId><artifactId>elasticmq</artifactId><version>1</version>
<dependencies><dependency><groupId>org.elasticmq</groupId><artifactId>elasticmq-server_3</artifactId>
<version>{version}</version></dependency></dependencies></project>
"""
_COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
#: Tonic's own release lacks what a fork of it added to the client of a cluster's other servers; one server has none.
_FORKED_TONIC = 'tonic = { git = "https://github.com/qdrant/tonic", branch = "v0.14.6-qdrant" }\n'
_FORKED_OPTION = "\n        .http2_max_local_error_reset_streams(None)"


class EngineError(Exception):
    """An engine can't be made here. The message says what is missing."""


def engines_folder() -> Path:
    return Path(os.environ.get("REAL_ENGINES_DIR") or Path.home() / ".cache" / "leafmill-engines")


@dataclass(frozen=True, slots=True)
class Engine:
    """`path` is what is there once it has been made: a program, or a folder of jars."""

    name: str
    path: Path
    needs: tuple[str, ...]
    make: Callable[[Path], None]

    def ensure(self) -> None:
        """Raises EngineError and subprocess.CalledProcessError."""
        if self.path.exists():
            print(f"{self.name}: {self.path} is there")
            return
        missing = [program for program in self.needs if not shutil.which(program)]
        if missing:
            raise EngineError(f"{self.name} needs {', '.join(missing)} on the PATH")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.make(self.path)
        print(f"{self.name}: {self.path}")


def engines() -> dict[str, Engine]:
    folder = engines_folder()
    return {
        "elasticmq": Engine("elasticmq", folder / f"elasticmq-{ELASTICMQ_VERSION}", ("java", "mvn"), _make_elasticmq),
        "fakecloud": Engine(
            "fakecloud", folder / f"fakecloud-{FAKECLOUD_VERSION}" / "bin" / "fakecloud", ("cargo",), _make_fakecloud
        ),
        "qdrant": Engine(
            "qdrant", folder / f"qdrant-{QDRANT_VERSION}" / "qdrant", ("cargo", "git", "protoc", "clang"), _make_qdrant
        ),
    }


def _make_elasticmq(path: Path) -> None:
    """Its jars and those that it needs. The folder appears when all of them are there."""
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        folder = Path(name)
        (folder / "pom.xml").write_text(_POM.format(version=ELASTICMQ_VERSION), encoding="utf-8")
        _run(["mvn", "-B", "-q", "-U", _COPY_GOAL, "-DoutputDirectory=jars", "-DincludeScope=runtime"], folder)
        (folder / "jars").rename(path)


def _make_fakecloud(path: Path) -> None:
    """What was compiled before an interruption is kept."""
    root = path.parents[1]
    _run(
        ["cargo", "install", "--locked", "--version", FAKECLOUD_VERSION, "--root", str(root), "fakecloud"],
        root.parent, {**_CARGO_ENVIRONMENT, "CARGO_TARGET_DIR": str(root.parent / "src" / "fakecloud")},
    )  # fmt: skip


def _make_qdrant(path: Path) -> None:
    """QDRANT_SOURCE and RAFT_SOURCE in the environment name other places of the sources, folders for example."""
    build = path.parent / "build"
    qdrant, raft = build / "qdrant", build / "raft-rs"
    _check_out(os.environ.get("RAFT_SOURCE") or RAFT_SOURCE, RAFT_COMMIT, raft)
    _check_out(os.environ.get("QDRANT_SOURCE") or QDRANT_SOURCE, f"v{QDRANT_VERSION}", qdrant)
    _replace(
        qdrant / "Cargo.toml", f"[patch.crates-io]\n{_FORKED_TONIC}",
        f'[patch."{RAFT_SOURCE}"]\nraft = {{ path = "../raft-rs" }}\nraft-proto = {{ path = "../raft-rs/proto" }}\n',
    )  # fmt: skip
    _replace(qdrant / "lib/api/src/grpc/dynamic_channel_pool.rs", _FORKED_OPTION, "")
    _run(["cargo", "build", "--release", "--bin", "qdrant"], qdrant, _CARGO_ENVIRONMENT)
    shutil.copy2(qdrant / "target" / "release" / "qdrant", path)


def _check_out(source: str, commit: str, folder: Path) -> None:
    """The commit's files as they are, whatever an earlier try has left."""
    if not folder.exists():
        _run(["git", "clone", "--quiet", "--no-checkout", source, str(folder)], Path.cwd())
    _run(["git", "checkout", "--quiet", "--force", commit], folder)


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    if old not in text:
        raise EngineError(f"{path} isn't the file that this recipe knows: {old.strip()!r} is not in it")
    path.write_text(text.replace(old, new), encoding="utf-8")


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> None:
    subprocess.run(command, cwd=folder, env={**(environment or {}), **os.environ}, check=True)


def main(names: Sequence[str]) -> int:
    known = engines()
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        sys.stderr.write(f"name some of {', '.join(known)}\n")
        return 2
    for name in names:
        try:
            known[name].ensure()
        except (EngineError, subprocess.CalledProcessError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
