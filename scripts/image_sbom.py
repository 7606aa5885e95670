"""What is in an image, as a CycloneDX software bill of materials: asked of the image itself, not of what went in."""

import json
import subprocess
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scripts.container_engine import Engine

_LIST_WHEELS = """
import importlib.metadata as m, json
print(json.dumps([[d.name, d.version, d.metadata.get("License-Expression") or ""] for d in m.distributions()]))
"""
_LIST_DEBIAN = r"dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\n'"


def describe_image(engine: Engine, image: str, path: Path) -> int:
    """Write the bill of materials of `image`; returns how many components it lists.

    Raises CalledProcessError when the image can't tell.
    """
    wheels = json.loads(_ask(engine, image, "python", "-c", _LIST_WHEELS))
    debian = [line.split("\t") for line in _ask(engine, image, "sh", "-c", _LIST_DEBIAN).splitlines()]
    bill = bill_of_materials(image, wheels, debian)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")
    return len(bill["components"])


def bill_of_materials(image: str, wheels: list[list[str]], debian: list[list[str]]) -> dict[str, Any]:
    """CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/). `wheels`: name, version, SPDX licence or nothing;
    `debian`: name, version, architecture."""
    components = []
    for name, version, licence in sorted(wheels):
        component = _component(name, version, f"pkg:pypi/{quote(name.lower().replace('_', '-'))}@{quote(version)}")
        if licence:
            component["licenses"] = [{"expression": licence}]
        components.append(component)
    for name, version, architecture in sorted(debian):
        components.append(
            _component(name, version, f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}")
        )
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {"type": "container", "bom-ref": image, "name": image},
        },
        "components": components,
    }


def _component(name: str, version: str, purl: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _ask(engine: Engine, image: str, program: str, *arguments: str) -> str:
    command = [*engine.runs, "--rm", "--no-healthcheck", "--entrypoint", program, image, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
