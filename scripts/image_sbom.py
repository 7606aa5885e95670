"""What is in an image, as a CycloneDX software bill of materials: asked of the image itself, not of what went in."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.utils import canonicalize_name

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
    path.write_text(JsonV1Dot6(bill).output_as_string(indent=1) + "\n", encoding="utf-8")
    return len(bill.components)


def bill_of_materials(image: str, wheels: Sequence[Sequence[str]], debian: Sequence[Sequence[str]]) -> Bom:
    """`wheels`: name, version, SPDX licence or nothing; `debian`: name, version, architecture."""
    bill = Bom()
    bill.metadata.component = Component(type=ComponentType.CONTAINER, name=image, bom_ref=image)
    licences = LicenseFactory()
    for name, version, licence in wheels:
        url = PackageURL("pypi", name=canonicalize_name(name), version=version)
        said = [licences.make_from_string(licence)] if licence else []
        bill.components.add(_component(name, version, url, said))
    for name, version, architecture in debian:
        url = PackageURL("deb", namespace="debian", name=name, version=version, qualifiers={"arch": architecture})
        bill.components.add(_component(name, version, url))
    bill.register_dependency(bill.metadata.component, bill.components)
    return bill


def _component(name: str, version: str, url: PackageURL, licences: Sequence[License] = ()) -> Component:
    return Component(
        type=ComponentType.LIBRARY, name=name, version=version, purl=url, bom_ref=url.to_string(), licenses=licences
    )


def _ask(engine: Engine, image: str, program: str, *arguments: str) -> str:
    command = [*engine.runs, "--rm", "--no-healthcheck", "--entrypoint", program, image, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
