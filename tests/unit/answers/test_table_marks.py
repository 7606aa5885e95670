"""Rows of a passage's tables: what stands between their bars, and the header above."""

import pytest

from answers.table_marks import header_above, is_header, pieces_of

TABLE = "Sales.\n\n| Percent | 2022 |\n| --- | --- |\n| Costs | 56.2 |\n| Margin | 19.1 |"


def test_a_row_that_is_cut_off_keeps_its_pieces() -> None:
    assert pieces_of("rgin | 19.1 |") == ("rgin", "19.1", "")


@pytest.mark.parametrize(
    ("row", "header"),
    [("| Costs", "| Percent | 2022 |"), ("| Margin", "| Percent | 2022 |"), ("| Percent", ""), ("Sales", "")],
)
def test_the_first_row_of_a_table_is_the_header_of_the_others(row: str, header: str) -> None:
    assert header_above(TABLE, TABLE.index(row)) == header


@pytest.mark.parametrize(
    ("line", "expected"), [("| Percent | 2022 |", True), ("| Costs | 56.2 |", False), ("Sales.", False)]
)
def test_a_header_is_what_a_rule_follows(line: str, expected: bool) -> None:
    start = TABLE.index(line)
    assert is_header(TABLE, start, start + len(line)) is expected
