"""Small files that are either the old ones or the new ones, whatever happens while they are written."""

import os
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json


def write_json(path: Path, value: Any) -> None:
    """Raises OSError."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(to_json(value, indent=1))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    flush_folder(path.parent)


def read_json(path: Path, default: Any) -> Any:
    """`default` when there is no such file."""
    return from_json(path.read_bytes()) if path.exists() else default


def flush_folder(path: Path) -> None:
    """A rename survives the machine's crash only once the folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
