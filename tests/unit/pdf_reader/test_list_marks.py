"""Which list an item belongs to, by its mark and where it stands; and what signs of picture fonts say."""

import pytest

from pdf_reader.child.dingbats import signs_of, with_boxes
from pdf_reader.child.list_marks import OpenLists, follows, numbers_of


@pytest.mark.parametrize(
    ("items", "depths"),
    [
        pytest.param([(0, "•"), (20, "•"), (40, "-"), (0, "•")], [0, 1, 2, 0], id="by indentation"),
        pytest.param([(0, "1."), (0, "1.1"), (0, "1.2"), (0, "2.")], [0, 1, 1, 0], id="by the parts of numbers"),
        pytest.param(
            [(0, "1."), (0, "(a)"), (0, "(i)"), (0, "(b)"), (0, "2.")], [0, 1, 2, 1, 0], id="by kinds of number"
        ),
        pytest.param([(0, "g."), (0, "h."), (0, "i."), (0, "j.")], [0, 0, 0, 0], id="i behind h is a letter"),
        pytest.param([(0, "i."), (0, "ii."), (0, "v."), (0, "a)")], [0, 0, 0, 1], id="v behind ii is a number"),
        pytest.param([(0, "3."), (0, "b)")], [0, 0], id="what doesn't begin at a is no inner list"),
    ],
)
def test_how_deep_items_are(items: list[tuple[float, str]], depths: list[int]) -> None:
    lists = OpenLists()

    assert [lists.depth(left, marker) for left, marker in items] == depths


@pytest.mark.parametrize(
    ("number", "before", "expected"),
    [
        ("1.1", "1", True),
        ("1.2", "1.1", True),
        ("2", "1.2.1", True),
        ("1.3", "1.2.4", True),
        ("3.5", "", False),
        ("1.4", "1.2", False),
        ("1", "1", False),
    ],
)
def test_which_number_comes_next(number: str, before: str, expected: bool) -> None:
    assert follows(numbers_of(number), numbers_of(before)) is expected


def test_signs_of_picture_fonts() -> None:
    assert "l\uf0a7\uf06e".translate(dict(signs_of("ABCDEF+Wingdings-Regular") or {})) == "●▪■"
    assert "3l".translate(dict(signs_of("ZapfDingbats") or {})) == "✓●"
    assert signs_of("Helvetica") is None


def test_boxes_to_tick() -> None:
    assert with_boxes("Yes ☒No ☐ maybe ☑") == "Yes [x] No [ ] maybe [x]"
