"""Which titles are in force where, and how a heading is stored."""

from typing import Any

import pytest

from document_structure import Section, Structure

_SECTIONS = (
    Section(1, "One", page=1, offset=12),
    Section(2, "One and a half", page=1, offset=300),
    Section(1, "Two", page=3, offset=40),
    Section(3, "Deep in two", page=3, offset=90),
    Section(2, "Half of two", page=4, offset=0),
)
_STRUCTURE = Structure(_SECTIONS, "layout", {1: ((0, 10),), 3: ((0, 30), (31, 38), (500, 510))})


@pytest.mark.parametrize(
    ("page", "offset", "path"),
    [
        (1, 0, ("One",)),  # only a running header stands before it
        (1, 11, ()),  # body text may stand there
        (1, 12, ("One",)),
        (1, 299, ("One",)),
        (1, 300, ("One", "One and a half")),
        (2, 0, ("One", "One and a half")),
        (3, 0, ("Two",)),  # two running lines stand before it
        (3, 31, ("Two",)),
        (3, 39, ("One", "One and a half")),
        (3, 95, ("Two", "Deep in two")),
        (3, 500, ("Two", "Deep in two")),
        (4, 0, ("Two", "Half of two")),
        (9, 0, ("Two", "Half of two")),
    ],
)
def test_the_path_in_force_at_a_place(page: int, offset: int, path: tuple[str, ...]) -> None:
    assert _STRUCTURE.path_at(page, offset) == path


def test_a_document_without_sections_has_an_empty_path_everywhere() -> None:
    assert Structure((), "none", {}).path_at(5, 100) == ()


def test_an_outline_that_names_a_sidebar_later_than_it_stands_keeps_its_hierarchy() -> None:
    structure = Structure(
        (Section(1, "Chapter", 1, 0), Section(2, "Text", 1, 500), Section(2, "Sidebar", 1, 200)), "outline", {}
    )
    assert structure.path_at(1, 250) == ("Chapter", "Sidebar")
    assert structure.path_at(1, 600) == ("Chapter", "Text")


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
    assert Section.from_json(item) == section
