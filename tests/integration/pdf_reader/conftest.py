"""The sandbox that tests share which are about what is read, not about a sandbox's limits."""

from collections.abc import Iterator

import pytest

from pdf_reader.document import SandboxLimits
from pdf_reader.sandbox import PdfSandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[PdfSandbox]:
    sandbox = PdfSandbox(SandboxLimits(), 1)
    yield sandbox
    sandbox.close()
