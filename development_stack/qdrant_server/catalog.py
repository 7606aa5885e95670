"""The collections of a folder and their aliases.

    FOLDER/collections/NAME/        a collection
    FOLDER/collections/.new-…       one that was being made when the server ended; deleted at the next start
    FOLDER/collections/.gone-…      the same of one that was being deleted
    FOLDER/aliases.json             alias → collection

Readers take a collection from a dictionary that is never changed, only replaced: they see all of a change or nothing.
"""

import shutil
import threading
import uuid
from pathlib import Path
from typing import Any

from development_stack.qdrant_server.collection import PointCollection
from development_stack.qdrant_server.errors import (
    BadRequestError,
    ConflictError,
    InvalidError,
    NotFoundError,
    collection_missing,
)
from development_stack.qdrant_server.fields import format_error, items, known_fields, text
from development_stack.qdrant_server.files import flush_folder, read_json, write_json
from development_stack.qdrant_server.folder import FolderError

_COLLECTIONS = "collections"
_ALIASES = "aliases.json"
_MAX_NAME_CHARACTERS = 255
_FORBIDDEN = frozenset('<>:"/\\|?*\0\x1f')
_NAMES = ("collection_name", "alias_name")


class Catalog:
    """Finds, makes and deletes collections. Thread-safe. `folder` is the server's alone (`folder.lock`)."""

    def __init__(self, folder: Path) -> None:
        """Raises FolderError when what is there can't be opened."""
        self._folder = folder
        self._root = folder / _COLLECTIONS
        self._root.mkdir(parents=True, exist_ok=True)
        self._changing = threading.Lock()
        for left_over in [*self._root.glob(".new-*"), *self._root.glob(".gone-*")]:
            shutil.rmtree(left_over)
        self._collections = {path.name: _open(path) for path in sorted(self._root.iterdir())}
        self._aliases: dict[str, str] = {
            alias: name for alias, name in read_json(folder / _ALIASES, {}).items() if name in self._collections
        }

    def get(self, name: str) -> PointCollection:
        """The collection of this name or alias. Raises NotFoundError."""
        found = self._collections.get(self._aliases.get(name, name))
        if found is None:
            raise collection_missing(name)
        return found

    def exists(self, name: str) -> bool:
        return self._aliases.get(name, name) in self._collections

    @property
    def names(self) -> list[str]:
        return list(self._collections)

    def aliases(self, collection: str | None = None) -> list[dict[str, str]]:
        """All aliases, or those of one collection."""
        return [
            {"alias_name": alias, "collection_name": name}
            for alias, name in sorted(self._aliases.items())
            if collection in (None, name)
        ]

    def create(self, name: str, description: dict[str, Any]) -> None:
        """Make a collection. Raises ConflictError when there is one, InvalidError for a name that no file can have."""
        _check_name(name)
        with self._changing:
            if name in self._collections:
                raise ConflictError(f"Wrong input: Collection `{name}` already exists!")
            if name in self._aliases:
                raise BadRequestError(
                    f"Wrong input: Can't create collection with name {name}. Alias with the same name already exists"
                )
            made = self._make(name, {**description, "indexes": {}})
            self._collections = {**self._collections, name: made}

    def delete(self, name: str) -> bool:
        """Delete a collection and its aliases; False when there is none."""
        with self._changing:
            collection = self._collections.get(name)
            if collection is None:
                return False
            self._write_aliases({alias: of for alias, of in self._aliases.items() if of != name})
            self._collections = {other: one for other, one in self._collections.items() if other != name}
            self._discard(collection)
        return True

    def change_aliases(self, body: Any) -> None:
        """Carry out all of the actions, or none when one of them is refused."""
        actions = known_fields(body, "body", ("actions",), required=("actions",))["actions"]
        with self._changing:
            aliases = dict(self._aliases)
            for action in items(actions, "actions"):
                self._change_alias(aliases, action)
            self._write_aliases(aliases)

    def flush(self) -> None:
        for collection in list(self._collections.values()):
            collection.flush()

    def close(self) -> None:
        for collection in self._collections.values():
            collection.close()

    def _make(self, name: str, description: dict[str, Any]) -> PointCollection:
        new = self._root / f".new-{uuid.uuid4()}"
        try:
            PointCollection.create(new, description)
            new.rename(self._root / name)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        flush_folder(self._root)
        return PointCollection(name, self._root / name)

    def _discard(self, collection: PointCollection) -> None:
        gone = self._root / f".gone-{uuid.uuid4()}"
        collection.close()
        (self._root / collection.name).rename(gone)
        flush_folder(self._root)
        shutil.rmtree(gone, ignore_errors=True)

    def _change_alias(self, aliases: dict[str, str], action: Any) -> None:
        kinds = known_fields(action, "actions", ("create_alias", "delete_alias", "rename_alias"))
        if len(kinds) != 1:
            raise format_error("an action must have one of create_alias, delete_alias, rename_alias")
        [(kind, value)] = kinds.items()
        names = {
            "create_alias": _NAMES,
            "delete_alias": _NAMES[1:],
            "rename_alias": ("old_alias_name", "new_alias_name"),
        }
        given = known_fields(value, kind, names[kind], required=names[kind])
        first, *rest = (text(given[name], name) for name in names[kind])
        if kind == "delete_alias":
            aliases.pop(first, None)
            return
        [alias] = rest
        _check_name(alias)
        if alias in self._collections:
            raise BadRequestError(f"Wrong input: Collection with name `{alias}` already exists!")
        if kind == "create_alias":
            if first not in self._collections:
                raise collection_missing(first)
            aliases[alias] = first
            return
        if first not in aliases:
            raise NotFoundError(f"Not found: Alias {first} does not exists!")
        aliases[alias] = aliases.pop(first)

    def _write_aliases(self, aliases: dict[str, str]) -> None:
        if aliases != self._aliases:
            write_json(self._folder / _ALIASES, aliases)
            self._aliases = aliases


def _open(path: Path) -> PointCollection:
    try:
        return PointCollection(path.name, path)
    except Exception as error:  # the engine has no types of its own
        raise FolderError(f"{path} cannot be opened: {error}. Move it away, and ingest its documents again") from error


def _check_name(name: str) -> None:
    # A name that begins with a dot could be one of this folder's own.
    bad = sorted(set(name) & _FORBIDDEN)
    if not name or len(name.encode()) > _MAX_NAME_CHARACTERS or name.startswith(".") or bad:
        because = f"it holds {bad[0]!r}" if bad else "it is empty, too long or begins with a dot"
        raise InvalidError(f"Validation error in path: [name: value {name!r} invalid, {because}]")
