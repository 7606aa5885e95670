"""The bill of materials says what is there, by names that scanners understand, and is valid CycloneDX."""

import json

from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from scripts.image_sbom import bill_of_materials


def test_wheels_and_debian_packages_have_package_urls() -> None:
    written = JsonV1Dot6(
        bill_of_materials(
            "worker:1", [["PyYAML", "6.0", "MIT"], ["a_b", "1", ""]], [["libc6", "2.36-9+deb12u14", "amd64"]]
        )
    ).output_as_string()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written) is None
    bill = json.loads(written)
    assert bill["metadata"]["component"] == {"type": "container", "bom-ref": "worker:1", "name": "worker:1"}
    assert {component["purl"]: component.get("licenses") for component in bill["components"]} == {
        "pkg:pypi/pyyaml@6.0": [{"license": {"id": "MIT"}}],
        "pkg:pypi/a-b@1": None,
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64": None,
    }
