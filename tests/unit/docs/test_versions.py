"""CHANGELOG.md, the project's version and the recorded data know the same releases."""

import re
import tomllib

from tests.integration.release_data.recorded import STATES
from tests.support.machine import REPOSITORY
from tests.support.make_release_data import COMMITS

CHANGELOG = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SECTIONS = re.findall(r"^## \[(.+?)\](?: - (.+))?$", CHANGELOG, re.MULTILINE)
RELEASES = [version for version, _ in SECTIONS if version != "Unreleased"]


def test_the_newest_section_is_the_version_or_what_comes_next() -> None:
    version = PROJECT["version"]
    newest = SECTIONS[0][0]
    assert newest == ("Unreleased" if version.endswith(".dev0") else version)
    assert version.removesuffix(".dev0") not in RELEASES[not version.endswith(".dev0") :]


def test_releases_stand_newest_first_with_their_day() -> None:
    numbers = [tuple(map(int, version.split("."))) for version in RELEASES]
    assert numbers == sorted(numbers, reverse=True)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for version, day in SECTIONS if version != "Unreleased")


def test_data_of_every_release_is_served() -> None:
    """Recorded after the release, so that the newest one may lack it while its version stands in pyproject.toml."""
    wanted = {f"v{version}" for version in RELEASES if version != PROJECT["version"]}
    assert wanted <= {version for version, _ in STATES}
    assert wanted <= COMMITS.keys()
    for version, name in STATES:
        assert (REPOSITORY / "tests" / "data" / version / name / "data_set.json").is_file()
