"""The bill of materials says what is there, by names that scanners understand."""

from scripts.image_sbom import bill_of_materials


def test_wheels_and_debian_packages_have_package_urls() -> None:
    bill = bill_of_materials(
        "worker:1", [["PyYAML", "6.0", "MIT"], ["a_b", "1", ""]], [["libc6", "2.36-9+deb12u14", "amd64"]]
    )
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert bill["metadata"]["component"] == {"type": "container", "bom-ref": "worker:1", "name": "worker:1"}
    assert [component["purl"] for component in bill["components"]] == [
        "pkg:pypi/pyyaml@6.0",
        "pkg:pypi/a-b@1",
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64",
    ]
    assert [component.get("licenses") for component in bill["components"]] == [[{"expression": "MIT"}], None, None]
