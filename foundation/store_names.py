"""The three stores by name, and how people and messages write those names."""

from typing import Literal

StoreName = Literal["pages", "semantic", "haystack"]
STORE_NAMES: tuple[StoreName, ...] = ("pages", "semantic", "haystack")
_STORE_ALIASES = {"haystack-qdrant": "haystack", "haystack_qdrant": "haystack"}


def parse_store_names(value: str | list[str] | tuple[str, ...] | None) -> tuple[StoreName, ...]:
    """`all`, a comma list or a list → store names in canonical order. Raises ValueError for an unknown name."""
    if value is None:
        return STORE_NAMES
    names = value.split(",") if isinstance(value, str) else list(value)
    names = [_STORE_ALIASES.get(str(name).strip(), str(name).strip()) for name in names if str(name).strip()]
    if "all" in names or not names:
        return STORE_NAMES
    unknown = sorted(set(names) - set(STORE_NAMES))
    if unknown:
        raise ValueError(f"unknown store {', '.join(unknown)}: choose from {', '.join(STORE_NAMES)} or all")
    return tuple(name for name in STORE_NAMES if name in names)
