"""Every package of the image is under a licence that AGPL-3.0 may be combined with, and docs/licences.md lists it."""

from email.message import Message

import pytest

from scripts.licences import UnknownLicenceError, is_compatible, licence_of, locked_packages, spdx


@pytest.mark.parametrize("package", locked_packages())
def test_the_licence_is_known_and_compatible(package: str) -> None:
    assert is_compatible(licence_of(package))


@pytest.mark.parametrize(
    ("fields", "expression"),
    [
        ({"License-Expression": "mit"}, "MIT"),
        ({"License": "Apache License 2.0"}, "Apache-2.0"),
        ({"License": "MIT License  Copyright (c) 2022 Somebody"}, "MIT"),
        ({"License": "Copyright", "Classifier": "License :: OSI Approved :: ISC License (ISCL)"}, "ISC"),
    ],
)
def test_a_licence_is_read_from_expression_words_or_classifier(fields: dict[str, str], expression: str) -> None:
    said = Message()
    for name, value in fields.items():
        said[name] = value
    assert spdx("a", said) == expression


def test_a_licence_in_unknown_words_is_an_error() -> None:
    said = Message()
    said["License"] = "as you like"
    with pytest.raises(UnknownLicenceError, match="as you like"):
        spdx("a", said)


@pytest.mark.parametrize(
    ("expression", "compatible"),
    [
        ("MIT AND Zlib", True),
        ("MIT AND BUSL-1.1", False),
        ("BUSL-1.1 OR Apache-2.0", True),
        ("SSPL-1.0", False),
        ("GPL-2.0-only", False),
    ],
)
def test_all_parts_and_one_alternative_count(expression: str, compatible: bool) -> None:
    assert is_compatible(expression) is compatible
