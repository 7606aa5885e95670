"""What all tests of kills, stops and corruption share."""

import pytest


@pytest.fixture(autouse=True)
def _as_in_production(spawned_pdf_children: None) -> None:
    """Children of the PDF sandbox die with their worker, which is their parent."""
