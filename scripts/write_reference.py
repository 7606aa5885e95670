"""Writes the pages of docs/ that say what the code says: settings, options of commands, metrics and alarms, parameters
of the stacks, the API, licences of packages.

    python scripts/write_reference.py

`make docs` runs it; `tests/unit/docs/test_reference.py` fails while a page differs from what it would write.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typer.core import TyperGroup, TyperOption
from typer.main import get_command

from command_line.application import PROGRAM, app
from config import Settings
from foundation.app_config import AppConfig, parse_app_config
from infra.template import TEMPLATE_FILE, load_template
from scripts import api_reference, template_reference
from scripts.api_reference import table
from scripts.licences import licence_of, locked_packages
from work_queue.metrics import METRICS

if TYPE_CHECKING:
    from typer._click.core import Command

DOCS = Path(__file__).resolve().parents[1] / "docs"
#: On top of each page, so that nobody edits it by hand.
NOTICE = "<!-- Written by scripts/write_reference.py (`make docs`): change the code, not this page. -->"
#: A default longer than this is a prompt or a list of prices, which the profile's file shows better.
LONGEST_DEFAULT = 60


def main() -> None:
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
        print(f"docs/{name}")


def settings_page() -> str:
    """Every setting of the environment and every key of AppConfig, by group."""
    app_config = parse_app_config(None)
    return _page(
        "Settings",
        "Settings say what differs between deployments. A process reads them once, when it starts, from the environment"
        " and from `.env` or the file that `ENV_FILE` names; the environment wins. `leafmill doctor` checks them.\n\n"
        "Two variables are read by others: `ENV_FILE` before the settings, and `TIKTOKEN_CACHE_DIR` by tiktoken, which"
        " looks there for its vocabularies.",
        *_fields(Settings, str.upper, lambda name, field: _default(field)),
        "## AppConfig\n\n"
        "AppConfig is what people tune while workers run: the object `config/app_config.json` in the bucket. What it"
        " leaves out comes from the profile that it names (`profiles/`). The panel's Settings page edits it, and"
        " workers notice a change within half a minute. Unknown keys are kept, and a value out of bounds is refused.",
        *_fields(AppConfig, str, lambda name, field: _shown(getattr(app_config, name)), heading="###"),
    )


def commands_page() -> str:
    """Every command with its arguments and options."""
    command = get_command(app)
    return _page(
        "Options of the commands",
        f"What `{PROGRAM} COMMAND --help` says. [Commands](commands.md) explains what they are for.",
        *_commands(command, PROGRAM),
    )


def metrics_page() -> str:
    """Every metric of the workers and every alarm of the templates."""
    metrics = [
        (f"`{name}`", metric.unit, f"`{metric.dimension}`" if metric.dimension else "", metric.meaning)
        for name, metric in METRICS.items()
    ]
    return _page(
        "Metrics and alarms",
        "Workers print metrics as lines of JSON in [CloudWatch's embedded metric format]"
        "(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html);"
        " the log driver turns them into metrics. On a terminal they print none. The namespace is `METRICS_NAMESPACE`,"
        " which the template sets to `PdfIngestion/STACK`. A metric with a dimension is there with it and without it.",
        "## Metrics\n\n" + table(("metric", "unit", "by", "what it counts"), metrics),
        "## Alarms\n\nWith `AlarmEmail`, the alarms that need a person send an e-mail. The three that scale the service"
        " are no faults. `UnsentEventsAlarm` is in the stack of the [events](events.md).\n\n"
        + table(("alarm", "what it says", "what to do"), _alarms()),
    )


def parameters_page() -> str:
    """Every parameter of the stacks that a person may give."""
    return _page(
        "Parameters of the stacks",
        'What `PARAMETERS="Name=value …"` may give. A parameter keeps its value until it is given again.'
        " `make deploy-panel` and `make deploy-events` take what they share with the workers' stack from there; the"
        " others are listed. [Deploying](deploy.md) explains them.",
        *(
            f"## {command}\n\n" + table(("parameter", "default", "allowed", "what it does"), rows)
            for command, rows in template_reference.sections()
        ),
    )


def licences_page() -> str:
    """Every package of the image with its licence."""
    rows = [(f"`{package}`", licence_of(package)) for package in locked_packages()]
    return _page(
        "Licences of the packages",
        "leafmill is under AGPL-3.0. These are the Python packages that the image may hold (`requirements/panel.txt`),"
        " each under a licence that AGPL-3.0 can be combined with; a test fails for another. `make image` lists what is"
        " in one image, Debian's packages as well, as a bill of materials.",
        table(("package", "licence"), rows),
    )


def api_page() -> str:
    """Every operation of the API, its models and problems."""
    return _page(
        "Operations of the API",
        "What `GET /api/v1/openapi.json` says. [The API](api.md) explains keys, errors, limits and idempotency."
        " Addresses are below `/api/v1`.",
        "## Operations",
        *api_reference.operations(),
        "## Models",
        *api_reference.models(),
        "## Problems\n\n" + api_reference.problems(),
    )


def _fields(
    model: type[BaseModel],
    spelling: Callable[[str], str],
    default: Callable[[str, FieldInfo], str],
    *,
    heading: str = "##",
) -> Iterator[str]:
    schema = model.model_json_schema()
    groups: dict[str, list[tuple[str, ...]]] = {}
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        row = (
            f"`{spelling(name)}`",
            default(name, field),
            _allowed(schema["properties"][name]),
            field.description or "",
        )
        groups.setdefault(str(extra["group"]), []).append(row)
    for group, rows in groups.items():
        yield f"{heading} {group}\n\n" + table(("name", "default", "allowed", "what it does"), rows)


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "by the machine"
    return "**needed**" if field.default is PydanticUndefined else _shown(field.default)


def _shown(value: Any) -> str:
    if value is None or value in ("", (), {}):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return f"`{text}`" if len(text) <= LONGEST_DEFAULT and not isinstance(value, dict) else "the profile's"


def _allowed(schema: Mapping[str, Any]) -> str:
    """What a JSON schema allows, in words."""
    choices = [choice for choice in schema.get("anyOf", [schema]) if choice.get("type") != "null"]
    schema = choices[0]
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{least:,} to {most:,}"
    if least is not None:
        return f"{least:,} or more"
    if "exclusiveMinimum" in schema:
        return f"more than {schema['exclusiveMinimum']:g}"
    return {"boolean": "`true`, `false`", "integer": "a number", "number": "a number"}.get(schema.get("type", ""), "")


def _commands(command: "Command", name: str) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for own_name, part in command.commands.items():
            yield from _commands(part, f"{name} {own_name}")
        return
    rows = [
        (f"`{_spelling(parameter)}`", _parameter_default(parameter), getattr(parameter, "help", None) or "")
        for parameter in command.params
        if parameter.name != "help"
    ]
    parts = [f"## {name}", _unwrapped(command.help or "")]
    yield "\n\n".join([*parts, table(("option", "default", "what it does"), rows)] if rows else parts)


def _spelling(parameter: Any) -> str:
    if not isinstance(parameter, TyperOption):
        name = str(parameter.metavar or parameter.name).upper()
        return f"{name}…" if parameter.nargs == -1 else name
    names = " ".join(sorted([*parameter.opts, *parameter.secondary_opts], key=len, reverse=True))
    return names if parameter.is_flag else f"{names} {parameter.metavar or str(parameter.name).upper()}"


def _parameter_default(parameter: Any) -> str:
    if parameter.required:
        return "**needed**"
    default = None if callable(parameter.default) else parameter.default
    return "" if default is None or default in (False, "", []) else f"`{default}`"


def alarming_resources() -> Iterator[tuple[str, dict[str, Any]]]:
    """Of all templates that have alarms."""
    for path in (TEMPLATE_FILE, TEMPLATE_FILE.parent / "events.yaml"):
        yield from load_template(path)["Resources"].items()


def _alarms() -> Iterator[tuple[str, ...]]:
    for name, resource in alarming_resources():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            said, _, page = str(resource["Properties"]["AlarmDescription"]).rpartition("docs/")
            anchor = page.partition("#")[2].replace("-", " ") or page.removesuffix(".md")
            yield f"`{name}`", said.strip(" ;"), f"[{anchor}]({page})"


def _unwrapped(text: str) -> str:
    """The paragraphs of a docstring, each on a line of its own."""
    return "\n\n".join(re.sub(r"\s+", " ", part).strip() for part in text.split("\n\n"))


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", NOTICE, *parts]) + "\n"


#: The pages and what writes each.
PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "command-options.md": commands_page,
    "metrics.md": metrics_page,
    "parameters.md": parameters_page,
    "licences.md": licences_page,
    "api-reference.md": api_page,
}

if __name__ == "__main__":
    main()
