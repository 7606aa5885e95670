"""What all tests of parts together share."""

import pytest

from tests.support import pdf_children


@pytest.fixture(scope="session", autouse=True)
def _forked_pdf_children() -> None:
    """Tests that are about the child's start and end ask for `spawned_pdf_children`."""
    pdf_children.install()
