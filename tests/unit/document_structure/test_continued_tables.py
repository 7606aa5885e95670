"""What stands above a table is its title."""

import pytest

from document_structure.chunking import whole_tables
from tests.support.documents import page_text

TABLE = "| Sales | 2021 | 2020 |\n| --- | --- | --- |\n| Flour | 1,200 | 1,100 |\n| Bran | 300 | 280 |"


@pytest.mark.parametrize(
    ("above", "title"),
    [
        ("Sales by grain", "Sales by grain"),
        ("Sales by grain\n\n(in thousands)", "Sales by grain (in thousands)"),
        ("Sales\n\nYears ended May 31, 2021\n\n(in thousands)", "Sales Years ended May 31, 2021 (in thousands)"),
        ("The mill sells flour and bran.\n\n(in thousands)", "(in thousands)"),
        ("The mill sells flour and bran.", ""),
        ("The following table shows what was sold:", ""),
    ],
)
def test_title_period_and_unit_above_a_table_are_its_title(above: str, title: str) -> None:
    text = f"{above}\n\n{TABLE}"
    page = page_text(1, text, (text.index(TABLE), len(text)))
    assert [table.title for table in whole_tables([page], {})] == [title]
