"""Printed page labels by the rules of a PDF's number tree."""

import pytest

from pdf_reader.child.labels import page_labels


@pytest.mark.parametrize(
    ("rules", "labels"),
    [
        ([], ()),
        (
            [{"startpage": 0, "style": "r", "firstpagenum": 1}, {"startpage": 2, "style": "D", "firstpagenum": 1}],
            ("i", "ii", "1", "2"),
        ),
        ([{"startpage": 0, "style": "A", "prefix": "X-", "firstpagenum": 26}], ("X-Z", "X-AA", "X-BB", "X-CC")),
        ([{"startpage": 0, "prefix": "cover"}], ("cover", "cover", "cover", "cover")),
        ([{"startpage": 0, "style": "R", "firstpagenum": 3_999}], ("MMMCMXCIX", "4000", "4001", "4002")),
        ([{"startpage": -3, "style": "D"}, {"startpage": 9, "style": "D"}], ()),
        ([{"startpage": 2, "style": "Q", "firstpagenum": -5}], ("1", "2", "3", "4")),
    ],
)
def test_labels_of_four_pages(rules: list[dict[str, object]], labels: tuple[str, ...]) -> None:
    assert page_labels(rules, 4) == labels
