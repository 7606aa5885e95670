"""Which row of a table a question names, and what is said of it."""

import pytest

from answers.table_rows import matched_row
from foundation.placed_box import PlacedBox
from vector_stores.points import Hit

SKILLS = (
    "Tasks have a difficulty.\n\n| Task | DC |\n| --- | --- |\n| Very easy | 5 |\n| Easy | 10 |\n| Hard \\| grim | 20 |"
)
TAXES = (
    "| At least | But less than | Single |\n| --- | --- | --- |\n| 97,600 | 97,650 | 20,628 |\n"
    "| 97,650 | 97,700 | 20,642 |\n| 99,850 | 99,900 | 21,258 |"
)
#: Prose about the column, above the table.
METABOLITES = (
    "The fold change of metabolites was measured, and the fold change differed.\n\n| Compound | Fold change |\n"
    "| --- | --- |\n| Guanine | 0.37 |\n| Glycerone | 0.38 |"
)


@pytest.mark.parametrize(
    ("query", "text", "cells"),
    [
        ("What is the DC of an easy task?", SKILLS, ("Easy", "10")),
        ("What is the DC of a very easy task?", SKILLS, ("Very easy", "5")),
        ("What is the DC of a grim task?", SKILLS, ("Hard | grim", "20")),
        ("single tax at least 97,650", TAXES, ("97,650", "97,700", "20,642")),
        ("What is the fold change of guanine?", METABOLITES, ("Guanine", "0.37")),
        ("What is the fold change?", METABOLITES, None),
        ("What is the weather?", METABOLITES, None),
        ("guanine", "Guanine is no table.", None),
    ],
)
def test_a_question_names_its_row(query: str, text: str, cells: tuple[str, ...] | None) -> None:
    row = matched_row(query, Hit("1", 1.0, text, {}))
    assert (row.cells if row else None) == cells


def test_a_row_has_the_names_of_its_columns_and_its_place() -> None:
    start = SKILLS.index("| Easy")
    lines = [[start, start + 13, 3, 10, 20, 90, 30], [0, 24, 3, 10, 5, 90, 15]]
    row = matched_row("easy", Hit("1", 1.0, SKILLS, {"line_boxes": lines}))
    assert row
    assert (row.header, row.boxes) == (("Task", "DC"), (PlacedBox(3, 10, 20, 90, 30),))
    assert SKILLS[row.start : row.end] == "| Easy | 10 |"
    # What an older version stored doesn't know its lines: no box is claimed.
    old = matched_row("easy", Hit("1", 1.0, SKILLS, {"boxes": [{"page": 3, "x0": 0, "y0": 0, "x1": 9, "y1": 9}]}))
    assert old
    assert old.boxes == ()


def test_a_row_of_more_cells_than_names_keeps_them_all() -> None:
    row = matched_row("gate", Hit("1", 1.0, "| Name |\n| --- |\n| Gate | 5 | 6 |", {}))
    assert row
    assert (row.header, row.cells) == (("Name", "", ""), ("Gate", "5", "6"))
