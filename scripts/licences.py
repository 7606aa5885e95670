"""Under which licence each locked package is, as SPDX names it, from what the package says of itself.

`docs/licences.md` lists them; `tests/unit/docs/test_licences.py` fails for one that AGPL-3.0 can't be combined with.
"""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Protocol

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[1]
#: What the image holds: worker and panel.
LOCKED = REPOSITORY / "requirements" / "panel.txt"

#: May be part of a work under AGPL-3.0 (https://www.gnu.org/licenses/license-list.html).
COMPATIBLE = frozenset(
    {
        "0BSD", "AGPL-3.0-only", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "MIT",
        "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Zlib",
    }
)  # fmt: skip
#: Older packages say it in a classifier, or in words.
_SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
#: Packages whose metadata don't tell, by the licence file in the package or in its repository.
_BY_HAND = {
    "colorama": "BSD-3-Clause",
    "flask-wtf": "BSD-3-Clause",
    "httpx2-jsfetch": "BSD-3-Clause",
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "pymupdf": "AGPL-3.0-only",
    "pymupdf-layout": "AGPL-3.0-only",
    "pymupdf4llm": "AGPL-3.0-only",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "pywin32": "PSF-2.0",
    "wtforms": "BSD-3-Clause",
}


class Metadata(Protocol):
    """What is read of `importlib.metadata.PackageMetadata`."""

    def get(self, name: str, /) -> str | None: ...
    def get_all(self, name: str, /) -> list[str] | None: ...


class UnknownLicenceError(Exception):
    """A package doesn't say its licence in a way that is known here. The message names it."""


def locked_packages(path: Path = LOCKED) -> list[str]:
    """Canonical names, in order."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==", path.read_text(encoding="utf-8"), re.MULTILINE)
    return sorted({canonicalize_name(name) for name in found})


def licence_of(package: str) -> str:
    """An SPDX expression. Raises UnknownLicenceError."""
    if package in _BY_HAND:
        return _BY_HAND[package]
    try:
        return spdx(package, metadata(package))  # type: ignore[arg-type]
    except PackageNotFoundError:
        raise UnknownLicenceError(f"{package} is not installed here: add it to _BY_HAND") from None


def spdx(package: str, said: Metadata) -> str:
    """Pure. Raises UnknownLicenceError."""
    classifiers = [line.split(" :: ")[-1] for line in said.get_all("Classifier") or () if line.startswith("License ::")]
    named = [_SPDX[name] for name in classifiers if name in _SPDX]
    words = (said.get("License") or "").split("\n")[0].strip()
    candidates = [said.get("License-Expression") or "", words, _SPDX.get(words.split("  ")[0], ""), " OR ".join(named)]
    for candidate in candidates:
        try:
            return canonicalize_license_expression(candidate)
        except InvalidLicenseExpression:
            continue
    raise UnknownLicenceError(f"{package} says {words!r} and {classifiers}: add it to _BY_HAND")


def is_compatible(expression: str) -> bool:
    """Whether all parts of an `AND`, and one of each `OR`, may be part of a work under AGPL-3.0."""
    alternatives = expression.replace("(", "").replace(")", "").split(" OR ")
    return any(all(part in COMPATIBLE for part in alternative.split(" AND ")) for alternative in alternatives)
