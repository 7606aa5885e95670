"""Where a part of a passage stands: which printed page it is on."""

import pytest

from answers.places import label_of


@pytest.mark.parametrize(
    ("page", "label", "expected"),
    [(7, "5", "5"), (8, "5", "6"), (7, "iv", "iv"), (8, "iv", "8"), (8, "", "8"), (8, "A-3", "8")],
)
def test_a_later_page_of_a_hit_is_called_by_the_labels_that_count(page: int, label: str, expected: str) -> None:
    assert label_of(page, {"page": 7, "page_label": label}) == expected
