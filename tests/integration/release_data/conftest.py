"""A stack that holds what a released version stored, for each recorded data set."""

from collections.abc import Iterator

import pytest

from app import create_app
from composition.parts import Parts
from config import Settings, load_settings
from tests.integration.release_data.recorded import STATES, lose_points
from tests.support.loopback_models import LoopbackModels, loopback_models
from tests.support.machine import Machine
from tests.support.panel import PANEL_ENV, Visitor, visitor
from tests.support.qdrant import qdrant_url
from tests.support.release_data import DataSet
from tests.support.release_stack import stack_with


class Stacks:
    """The stack that holds a data set, loaded again only when another one is asked for or a test has written to it.

    Collections have the recorded names, so that those of the set before are dropped first.
    """

    def __init__(self, endpoint_url: str, openai_base_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._openai_base_url = openai_base_url
        self._loaded: tuple[DataSet, dict[str, str]] | None = None

    def holding(self, data: DataSet) -> dict[str, str]:
        if self._loaded is None or self._loaded[0] != data:
            lose_points(qdrant_url())
            self._loaded = data, stack_with(data, self._endpoint_url, qdrant_url(), self._openai_base_url)
        return self._loaded[1]

    def spoil(self) -> None:
        self._loaded = None


@pytest.fixture(scope="session")
def models_server() -> Iterator[LoopbackModels]:
    with loopback_models() as server:
        yield server


@pytest.fixture
def loopback(models_server: LoopbackModels) -> LoopbackModels:
    """It has not been asked anything yet."""
    models_server.reset()
    return models_server


@pytest.fixture(scope="session")
def stacks(moto_endpoint: str, models_server: LoopbackModels) -> Iterator[Stacks]:
    yield Stacks(moto_endpoint, models_server.base_url)
    lose_points(qdrant_url())


@pytest.fixture(scope="session", params=list(STATES), ids="-".join)
def data(request: pytest.FixtureRequest) -> DataSet:
    """Of the session, so that pytest runs the tests of one set after another, whatever file they are in."""
    return DataSet.open(*request.param)


@pytest.fixture
def stack_env(stacks: Stacks, data: DataSet) -> dict[str, str]:
    """In place of an empty stack."""
    return stacks.holding(data)


@pytest.fixture
def spoiled(stacks: Stacks) -> Iterator[None]:
    yield
    stacks.spoil()


@pytest.fixture
def machine(stack_env: dict[str, str]) -> Machine:
    return Machine(stack_env)


@pytest.fixture
def browser(settings: Settings, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    """Signed in to the panel."""
    for name, value in PANEL_ENV.items():
        monkeypatch.setenv(name, value)
    return visitor(create_app(load_settings(env_file="no-such-file"), parts))
