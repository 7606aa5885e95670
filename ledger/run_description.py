"""What a bulk run was asked to do, as its item keeps it for people and for the rights of API keys."""

from dataclasses import asdict, dataclass

from pydantic import ConfigDict, with_config

from ledger.table import Item

#: A run names at most so many of its keys; it may have more.
DESCRIBED_KEYS = 100


# `RunRecord` reads it, whatever version wrote it.
@with_config(ConfigDict(extra="ignore"))
@dataclass(frozen=True, slots=True)
class RunDescription:
    """None is what its program did not say.

    Which documents: `keys`, the first `DESCRIBED_KEYS` of them; or all below `prefix`; or as many `documents` as are
    upgraded to the data version `upgrade_to`. `stores` are names, or `default` for what workers do anyway. `by` names
    the API key that asked, and is empty without one; `prefix_of_key` is what that key may see.
    """

    upgrade_to: int | None = None
    documents: int | None = None
    stores: tuple[str, ...] | str | None = None
    cache_behavior: str | None = None
    by: str | None = None
    keys: tuple[str, ...] | None = None
    prefix: str | None = None
    prefix_of_key: str | None = None

    def to_item(self) -> Item:
        """What was said."""
        return {name: value for name, value in asdict(self).items() if value is not None}
