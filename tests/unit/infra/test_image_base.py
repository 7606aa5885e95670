"""What the worker image is built on, where a registry is within reach and where it isn't."""

from dataclasses import dataclass, field

import pytest

from scripts.build_image import DEFAULT_BASE_IMAGE, HOST_ARCHITECTURE, LOCAL_BASE_IMAGE, choose_base
from scripts.container_engine import Engine

OTHER_ARCHITECTURE = {"amd64": "arm64", "arm64": "amd64"}[HOST_ARCHITECTURE]


@dataclass(frozen=True, slots=True)
class FakeEngine(Engine):
    """Knows the images that it has, and those of a registry."""

    name: str = "fake"
    builds: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    has: set[str] = field(default_factory=set)
    registry: set[str] = field(default_factory=set)

    def has_image(self, image: str) -> bool:
        return image in self.has

    def can_pull(self, image: str) -> bool:
        return image in self.registry


@pytest.mark.parametrize(
    ("asked", "architecture", "has", "registry", "expected"),
    [
        ("debian:mine", HOST_ARCHITECTURE, {LOCAL_BASE_IMAGE}, {DEFAULT_BASE_IMAGE}, "debian:mine"),
        (None, HOST_ARCHITECTURE, set(), {DEFAULT_BASE_IMAGE}, DEFAULT_BASE_IMAGE),
        (None, HOST_ARCHITECTURE, {LOCAL_BASE_IMAGE}, set(), LOCAL_BASE_IMAGE),
        (None, OTHER_ARCHITECTURE, {LOCAL_BASE_IMAGE}, {DEFAULT_BASE_IMAGE}, DEFAULT_BASE_IMAGE),
        ("debian:mine", OTHER_ARCHITECTURE, {LOCAL_BASE_IMAGE}, set(), "debian:mine"),
    ],
)
def test_a_base_of_the_wrong_architecture_is_never_taken(
    asked: str | None, architecture: str, has: set[str], registry: set[str], expected: str
) -> None:
    assert choose_base(FakeEngine(has=has, registry=registry), asked, architecture) == expected


def test_without_a_registry_and_a_way_to_make_one_it_says_what_to_install() -> None:
    with pytest.raises(RuntimeError, match="install mmdebstrap and podman"):
        choose_base(FakeEngine(), None, HOST_ARCHITECTURE)
