"""Build the worker image with whatever builds images here, and write down what is in it.

Wheels are fetched on this side, with this machine's pip settings, checked against the hashes in
`requirements/panel.txt` and mounted into the build: so no address, proxy or key of this machine gets into the image.
"""

import hashlib
import platform
import shutil
import subprocess
import tempfile
import venv
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from command_line.output import fail, out
from scripts.container_engine import Engine, NoEngineError, find_engine
from scripts.image_sbom import describe_image

REPOSITORY = Path(__file__).resolve().parents[1]

#: The Dockerfile looks here for what was fetched beforehand.
PREPARED = REPOSITORY / ".local" / "image"
REQUIREMENTS = REPOSITORY / "requirements" / "panel.txt"
DEFAULT_IMAGE = "localhost/leafmill-worker:dev"
DEFAULT_BASE_IMAGE = "docker.io/library/debian:bookworm-slim"
#: What is made when the default base can't be pulled.
LOCAL_BASE_IMAGE = "localhost/debian:bookworm-slim"
DEBIAN_SUITE = "bookworm"
#: The Python and the C library of that Debian: which wheels fit.
PYTHON_VERSION = "3.11"
NEWEST_GLIBC_MINOR = 36
_WHEEL_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
HOST_ARCHITECTURE = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}[
    platform.machine().lower()
]


def fetch_wheels(folder: Path, architecture: str) -> None:
    """Download the wheels of the locked requirements, unless `folder` holds them already."""
    stamp = folder / "fetched-for"
    wanted = f"{architecture} {hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()}\n"
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    machine = _WHEEL_MACHINES[architecture]
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(NEWEST_GLIBC_MINOR, 4, -1)]
    platforms += [f"manylinux2014_{machine}", f"manylinux1_{machine}"]
    with tempfile.TemporaryDirectory() as working_folder:
        venv.create(working_folder, with_pip=True)  # a venv that uv made has no pip
        command = [f"{working_folder}/bin/python", "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        command += ["--require-hashes", "--no-deps", "--only-binary=:all:", "--implementation", "cp"]
        command += ["--python-version", PYTHON_VERSION]
        command += [f"--platform={name}" for name in platforms]
        command += [f"--abi={name}" for name in (f"cp{PYTHON_VERSION.replace('.', '')}", "abi3", "none")]
        subprocess.run([*command, "--dest", str(folder), "--requirement", str(REQUIREMENTS)], check=True)
    stamp.write_text(wanted, encoding="ascii")


def copy_vocabularies(source: Path | None, folder: Path) -> None:
    """Take tiktoken's vocabularies from a cache folder; without one the build downloads them."""
    shutil.rmtree(folder, ignore_errors=True)
    if source and source.is_dir():
        folder.mkdir(parents=True)
        for file in source.iterdir():
            shutil.copyfile(file, folder / file.name)


def choose_base(engine: Engine, base_image: str | None, architecture: str) -> str:
    """What was asked for; else Debian's own image; else, where no registry can be reached, the same made with
    mmdebstrap. Raises RuntimeError when there is none."""
    if base_image:
        return base_image
    if architecture != HOST_ARCHITECTURE:
        return DEFAULT_BASE_IMAGE  # the engine pulls the one that fits; what is made or kept here is of our own kind
    if engine.has_image(LOCAL_BASE_IMAGE):
        return LOCAL_BASE_IMAGE
    if engine.can_pull(DEFAULT_BASE_IMAGE):
        return DEFAULT_BASE_IMAGE
    if not engine.runs or not shutil.which("mmdebstrap"):
        raise RuntimeError(
            f"can't pull {DEFAULT_BASE_IMAGE}; install mmdebstrap and podman to make it, or set BASE_IMAGE"
        )
    out.print(f"no registry within reach: making {LOCAL_BASE_IMAGE} with mmdebstrap")
    with tempfile.TemporaryDirectory() as working_folder:
        tarball = f"{working_folder}/base.tar"
        # As Debian's own "slim": no documentation, and no usrmerge, which would bring all of Perl.
        command = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=usr-is-merged"]
        command += ['--aptopt=APT::Install-Recommends "false"']
        command += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale", "info")]
        perl = "?and(?installed, ?name(perl), ?not(?essential))"
        command += [f'--customize-hook=chroot "$1" apt-get purge --yes --quiet --autoremove usrmerge "{perl}"']
        subprocess.run([*command, DEBIAN_SUITE, tarball], check=True, stdout=subprocess.DEVNULL)
        engine("import", tarball, LOCAL_BASE_IMAGE)
    return LOCAL_BASE_IMAGE


def layers(engine: Engine, image: str) -> list[tuple[str, str]]:
    """Size and origin of every layer that holds anything, lowest first."""
    history = engine("history", "--no-trunc", "--format", "{{.Size}}\t{{.CreatedBy}}", image)
    rows = [line.split("\t", 1) for line in history.splitlines()]
    return [(size, " ".join(made_by.split())[:90]) for size, made_by in reversed(rows) if not size.startswith("0")]


def labels(base: str) -> dict[str, str]:
    """What the image says of itself, by the keys of OCI's image specification."""
    return {
        "title": "leafmill",
        "description": "PDFs from S3 become searchable: worker and panel",
        "version": version("leafmill"),
        "revision": commit(),
        "licenses": "AGPL-3.0-only",
        "base.name": base,
    }


def commit() -> str:
    """The commit of these files, with `-dirty` if they differ from it; nothing outside of a clone."""
    asked = ["git", "-C", str(REPOSITORY), "describe", "--always", "--abbrev=40", "--exclude", "*", "--dirty"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def build(
    image: Annotated[str, typer.Option(envvar="IMAGE", help="Name and tag.")] = DEFAULT_IMAGE,
    base_image: Annotated[str | None, typer.Option(envvar="BASE_IMAGE", help="Debian 12, or its equal.")] = None,
    architecture: Annotated[str | None, typer.Option(help="amd64 or arm64; this machine's by default.")] = None,
    ocr_languages: Annotated[str, typer.Option(envvar="OCR_LANGUAGES", help="As Tesseract calls them.")] = "eng",
    vocabularies: Annotated[
        Path | None, typer.Option(envvar="TIKTOKEN_CACHE_DIR", help="A cache of tiktoken's; else downloaded.")
    ] = None,
    sbom: Annotated[Path, typer.Option(help="Where to write what is in it (CycloneDX).")] = PREPARED / "sbom.cdx.json",
) -> None:
    """Build the image, print its layers, write its SBOM."""
    architecture = architecture or HOST_ARCHITECTURE
    try:
        engine = find_engine()
        base = choose_base(engine, base_image, architecture)
        fetch_wheels(PREPARED / "wheels", architecture)
        copy_vocabularies(vocabularies, PREPARED / "tiktoken")
        command = [*engine.builds, "--platform", f"linux/{architecture}", "--file", "Dockerfile.worker"]
        command += ["--build-arg", f"BASE_IMAGE={base}", "--build-arg", f"OCR_LANGUAGES={ocr_languages}"]
        for name, value in labels(base).items():
            command += ["--label", f"org.opencontainers.image.{name}={value}"]
        subprocess.run([*command, "--tag", image, "."], cwd=REPOSITORY, check=True)
    except (NoEngineError, RuntimeError) as error:
        fail(str(error), 2)
    except subprocess.CalledProcessError as error:
        fail(f"{error.cmd[0]} ended with {error.returncode} {error.stderr or ''}", 1)
    out.print(f"[bold]{image}[/bold] built by {engine.name} on {base}", soft_wrap=True)
    if engine.runs:
        for size, made_by in layers(engine, image):
            out.print(f"{size:>10}  {made_by}", markup=False, soft_wrap=True)
        components = describe_image(engine, image, sbom)
        out.print(f"{components} components listed in {sbom}", soft_wrap=True)


if __name__ == "__main__":
    typer.run(build)
