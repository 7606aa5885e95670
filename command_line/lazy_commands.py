"""Commands that are imported when they are used: `--help`, `--version` and completion of their names import none."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

if TYPE_CHECKING:
    from typer._click.core import Command, Context
    from typer._click.formatting import HelpFormatter


@dataclass(frozen=True, slots=True)
class Extra:
    """Optional dependencies by their name in pyproject.toml; `modules` are some that only they bring."""

    name: str
    modules: tuple[str, ...]

    def missing(self) -> str | None:
        """The first of its modules that is not installed."""
        return next((module for module in self.modules if find_spec(module) is None), None)


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """`target` is `module:attribute`, a function or a `typer.Typer`; `help` is the first line of its docstring.

    `extra` is what of pyproject.toml's optional dependencies the command needs.
    """

    name: str
    target: str
    help: str
    extra: "Extra | None" = None

    def load(self) -> "Command":
        """Import it and make its command. Raises typer.TyperException with exit code 2 when its extra is missing."""
        if self.extra and (missing := self.extra.missing()):
            raise MissingExtraError(self.name, self.extra.name, missing)
        module, _, attribute = self.target.partition(":")
        found = getattr(import_module(module), attribute)
        app = found
        if not isinstance(found, typer.Typer):
            app = typer.Typer(add_completion=False, rich_markup_mode=None)
            app.command(self.name)(found)
        app.rich_markup_mode = None
        return get_command(app)


class MissingExtraError(typer.TyperException):
    """A command needs packages that are not installed."""

    exit_code = 2

    def __init__(self, command: str, extra: str, module: str) -> None:
        super().__init__(
            f"`{command}` needs the optional packages [{extra}], and {module} is not there:"
            f" in a clone of leafmill run `pip install '.[{extra}]'`"
        )


class LazyCommands(MutableMapping[str, "Command"]):
    """The commands of a group by name. Reading one imports it; listing the names doesn't."""

    def __init__(self, commands: Sequence[LazyCommand], before: Callable[[], None]) -> None:
        self._lazy: Mapping[str, LazyCommand] = {command.name: command for command in commands}
        self._before = before
        self._loaded: dict[str, Command] = {}

    def __getitem__(self, name: str) -> "Command":
        if name not in self._loaded:
            self._loaded[name] = _preceded(self._lazy[name].load(), self._before)
        return self._loaded[name]

    def __setitem__(self, name: str, command: "Command") -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        raise TypeError("commands are not removed")

    def __iter__(self) -> Iterator[str]:
        return iter(self._lazy)

    def __len__(self) -> int:
        return len(self._lazy)


def lazy_group(commands: Sequence[LazyCommand], before: Callable[[], None]) -> type[TyperGroup]:
    """A class for `typer.Typer(cls=…)`. `before` is called when a command runs, not for its help."""

    class Group(TyperGroup):
        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            self.commands = LazyCommands(commands, before)

        def list_commands(self, ctx: "Context") -> list[str]:
            return list(self.commands)

        def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
            with formatter.section("Commands"):
                formatter.write_dl([(command.name, command.help) for command in commands])

    return Group


def _preceded(command: "Command", before: Callable[[], None]) -> "Command":
    """The command, or each command of a group, with a call of `before` ahead of its own."""
    if isinstance(command, TyperGroup):
        for part in command.commands.values():
            _preceded(part, before)
    if (callback := command.callback) is not None:

        @wraps(callback)
        def run(*args: Any, **kwargs: Any) -> Any:
            before()
            return callback(*args, **kwargs)

        command.callback = run
    return command
