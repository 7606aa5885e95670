"""What is wrong with settings, in the environment's terms; misspelt ones, which nobody reads, are found too."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from dotenv import dotenv_values
from pydantic_core import ErrorDetails

from foundation.errors import SettingsError

#: How alike two names must be (difflib's ratio) to be taken for one: `QDRNAT_URL` and `QDRANT_URL` have 0.9.
SIMILARITY = 0.83
#: Other programs' names that are near to ours.
_FOREIGN = frozenset({"AWS_SECURITY_TOKEN", "ECS_CONTAINER_METADATA_URI", "LOGLEVEL"})
_FOREIGN_PREFIXES = ("AWS_ENDPOINT_URL_",)


def misspelt(given: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Names that are no settings, and the setting that each was probably meant to be. Pure.

    Where the right name is given too, the other one is somebody else's.
    """
    known = frozenset(known)
    given = {name.upper() for name in given}
    found = {}
    for name in sorted(given - known - _FOREIGN):
        near = next((other for other in _alike(name, known) if other not in given), None)
        if near and not name.startswith(_FOREIGN_PREFIXES):
            found[name] = near
    return found


@cache
def _alike(name: str, known: frozenset[str]) -> list[str]:
    """The known names that are like this one, the nearest first. A process that loads settings again compares the same
    names again, for 16 ms."""
    return get_close_matches(name, known, n=len(known), cutoff=SIMILARITY)


def spelling_faults(env_file: str | Path, environment: Mapping[str, str], known: Iterable[str]) -> list[str]:
    """What is wrong with the names in the environment and an env file, in words; the file may be missing."""
    in_file = names_in_file(env_file)
    return [
        f"{name}{f' in {env_file}' if name in in_file else ''} is not a setting: did you mean {near}?"
        for name, near in misspelt([*environment, *in_file], known).items()
    ]


def names_in_file(env_file: str | Path) -> frozenset[str]:
    """The upper-case names that an env file gives values to; none where there is no file."""
    return frozenset(name.upper() for name in dotenv_values(env_file)) if Path(env_file).is_file() else frozenset()


def named_env_file(environment: Mapping[str, str]) -> str | None:
    """The file that ENV_FILE names, None without one. Raises SettingsError when it isn't there."""
    named = environment.get("ENV_FILE")
    if named and (not Path(named).exists() or Path(named).is_dir()):
        raise SettingsError(f"ENV_FILE names {named}, and there is no such file")
    return named or None


def describe_fault(fault: ErrorDetails) -> str:
    """One fault in the environment's terms. Never shows the value: it may be a secret."""
    name = ".".join(str(part) for part in fault["loc"]).upper()
    if fault["type"] == "missing":
        return f"{name} is missing"
    reason = fault["msg"].removeprefix("Value error, ")
    return f"{name}: {reason[:1].lower()}{reason[1:]}"
