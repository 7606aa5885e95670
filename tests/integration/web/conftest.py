"""The panel's fixtures: `app` and `browser` with a stack of the test's own; and the same for tests that change nothing,
in a stack that they share (a stack and its clients cost five times what such a test does).
"""

from collections.abc import Iterator

import pytest
from flask import Flask

from app import create_app
from composition.parts import Parts
from config import Settings, load_settings
from tests.support.panel import PANEL_ENV, Visitor, visitor


@pytest.fixture
def panel_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in PANEL_ENV.items():
        monkeypatch.setenv(name, value)
    return load_settings(env_file="no-such-file")


@pytest.fixture
def app(panel_settings: Settings, parts: Parts) -> Flask:
    return create_app(panel_settings, parts)


@pytest.fixture
def browser(app: Flask) -> Visitor:
    """Signed in."""
    return visitor(app)


@pytest.fixture(scope="session")
def untouched_settings(untouched_env: dict[str, str]) -> Settings:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**untouched_env, **PANEL_ENV}.items():
            environment.setenv(name, value)
        return load_settings(env_file="no-such-file")


@pytest.fixture(scope="session")
def untouched_parts(untouched_settings: Settings) -> Iterator[Parts]:
    parts = Parts(untouched_settings)
    yield parts
    parts.close()


@pytest.fixture
def untouched_app(untouched_settings: Settings, untouched_parts: Parts) -> Flask:
    """An app of the test's own, over the stack that is shared."""
    return create_app(untouched_settings, untouched_parts)


@pytest.fixture
def guest(untouched_app: Flask) -> Visitor:
    """Signed in."""
    return visitor(untouched_app)
