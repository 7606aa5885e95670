"""The panel's fixtures."""

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
