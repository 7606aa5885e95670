"""What docs/parameters.md says of the parameters of the stacks, as the templates and the settings describe them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from config import Settings
from infra.template import TEMPLATE_FILE, load_template

#: Each template, and what deploys it.
STACKS = {
    "template.yaml": "make deploy",
    "panel.yaml": "make deploy-panel",
    "events.yaml": "make deploy-events",
    "key.yaml": "aws cloudformation deploy",
}
#: What `make deploy-events` gives of its own accord.
GIVEN = frozenset({"WorkersStack"})
Row = tuple[str, str, str, str]


def sections() -> Iterator[tuple[str, list[Row]]]:
    """What deploys a stack, and its parameters that a person may give: name, default, bounds, and what it does.

    `make deploy-panel` and `make deploy-events` take from the workers' stack what it has under the same name.
    """
    workers = load_template()
    taken = GIVEN | set(workers["Parameters"]) | set(workers["Outputs"])
    for template, command in STACKS.items():
        parameters = load_template(TEMPLATE_FILE.parent / template).get("Parameters", {})
        own = {name: one for name, one in parameters.items() if template == "template.yaml" or name not in taken}
        rows = [(f"`{name}`", _default(one), _allowed(one), description(name, one)) for name, one in own.items()]
        if rows:
            yield command, rows


def description(name: str, parameter: Mapping[str, Any]) -> str:
    """The template's own words, or those of the setting that has the same name."""
    setting = Settings.model_fields.get(setting_of(name))
    return str(parameter.get("Description") or (setting.description if setting else "") or "")


def setting_of(parameter: str) -> str:
    """`OpenAiEmbeddingModel` is `openai_embedding_model`. Pure."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).lower().replace("open_ai", "openai")


def _default(parameter: Mapping[str, Any]) -> str:
    if "Default" not in parameter:
        return "**needed**"
    return f"`{parameter['Default']}`" if parameter["Default"] != "" else ""


def _allowed(parameter: Mapping[str, Any]) -> str:
    if "AllowedValues" in parameter:
        return ", ".join(f"`{value}`" for value in parameter["AllowedValues"])
    least, most = parameter.get("MinValue"), parameter.get("MaxValue")
    if least is not None and most is not None:
        return f"{least:,} to {most:,}"
    return "" if least is None else f"{least:,} or more"
