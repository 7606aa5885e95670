"""Which version of the program this is."""

import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_NAME = "leafmill"
_PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


@cache
def program_version() -> str:
    """Of the installed package; the image has the code alone, and pyproject.toml beside it."""
    try:
        return version(_NAME)
    except PackageNotFoundError:
        return str(tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]["version"])
