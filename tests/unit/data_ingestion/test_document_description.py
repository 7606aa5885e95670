"""A document's outline as its files and its metadata have it, also where an earlier version wrote less."""

from typing import Any

import pytest

from data_ingestion.document_description import outline_of
from document_structure.section_tree import Section


@pytest.mark.parametrize(
    ("item", "section"),
    [
        ({"level": 2, "title": "Gates", "page": 5, "offset": 12}, Section(2, "Gates", 5, 12)),
        ({"level": 2, "title": "Gates", "page": 5, "offset": 0}, Section(2, "Gates", 5, 0)),
        ({"level": 1, "title": "Gates", "page": 5}, Section(1, "Gates", 5, -1)),
        ({"title": None, "page": None}, Section(1, "", 0, -1)),
        ({}, Section(1, "", 0, -1)),
    ],
)
def test_what_nobody_wrote_of_a_heading_is_not_made_up(item: dict[str, Any], section: Section) -> None:
    assert outline_of([item]) == (section,)
