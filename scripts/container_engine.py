"""Docker, Podman or Buildah, whichever works here: where they differ, so that nobody else has to know."""

import shutil
import subprocess
import sys
from dataclasses import dataclass

#: Podman asks for more open files and processes than a sandbox may grant; a worker needs neither that many.
_ULIMITS = ("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096")


class NoEngineError(Exception):
    """Neither Docker (with its daemon) nor Podman nor Buildah can be used."""


@dataclass(frozen=True, slots=True)
class Engine:
    """`builds` and `runs` are command lines that take a build's or a container's own arguments.

    Buildah only builds: its `runs` is empty.
    """

    name: str
    builds: tuple[str, ...]
    runs: tuple[str, ...]

    def __call__(self, *arguments: str, check: bool = True) -> str:
        """Run a sub-command (`inspect`, `history` …) and return what it prints. Raises CalledProcessError."""
        done = subprocess.run([self.name, *arguments], capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise subprocess.CalledProcessError(done.returncode, [self.name, *arguments], done.stdout, done.stderr)
        return done.stdout.strip()

    def has_image(self, image: str) -> bool:
        return bool(self("images", "--quiet", image, check=False))

    def can_pull(self, image: str) -> bool:
        """Fetch an image, unless it is here already."""
        if self.has_image(image):
            return True
        return subprocess.run([self.name, "pull", "--quiet", image], capture_output=True, check=False).returncode == 0


def find_engine() -> Engine:
    """The first that works. Raises NoEngineError."""
    if shutil.which("docker") and _works("docker", "info"):
        network = ("--network", "host")
        return Engine("docker", ("docker", "build", *network), ("docker", "run", *network))
    # HEALTHCHECK exists only in Docker's format. crun doesn't work in every sandbox, runc does.
    runtime = ("--runtime", "runc") if shutil.which("runc") else ()
    options = ("--network", "host", *_ULIMITS)
    if shutil.which("podman") and _works("podman", "info"):
        podman = ("podman", *runtime)
        return Engine(
            "podman", (*podman, "build", "--format", "docker", "--layers", *options), (*podman, "run", *options)
        )
    if shutil.which("buildah"):
        build = ("buildah", "build", *runtime, "--format", "docker", "--layers", *options)
        return Engine("buildah", build, ())
    raise NoEngineError(
        "needs docker with its daemon, podman or buildah; on Debian: apt-get install podman runc mmdebstrap"
    )


def _works(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    sys.stdout.write(find_engine().name + "\n")
