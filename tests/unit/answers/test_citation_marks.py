"""Which passages the citations of an answer name, and what is no citation."""

import pytest

from answers.citation_marks import marks_in
from tests.support.passages import passage

PASSAGES = [
    passage(1, "one", "a.pdf", 5, pages_spanned=[5, 6]),
    passage(2, "two", "b.pdf", 7, page_label="iv"),
    passage(3, "three", "a.pdf", 5),
    passage(4, "four", "x[1].pdf", 9),
]


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ("So [1].", [("[1]", (1,))]),
        ("So [1, 3] and [1-3].", [("[1, 3]", (1, 3)), ("[1-3]", (1, 2, 3))]),
        ("So [1][2].", [("[1]", (1,)), ("[2]", (2,))]),
        ("So 【2†source】.", [("【2†source】", (2,))]),
        ("So [^2].", [("[^2]", (2,))]),
        ("So [99].", [("[99]", ())]),
        ("So [a.pdf, p. 5].", [("[a.pdf, p. 5]", (1, 3))]),
        ("So [A.PDF, page 6].", [("[A.PDF, page 6]", (1,))]),
        ("So [a, S. 5].", [("[a, S. 5]", (1, 3))]),
        ("So [b.pdf, p. iv; a.pdf, pp. 5-6].", [("[b.pdf, p. iv; a.pdf, pp. 5-6]", (2, 1, 3))]),
        ("So [b.pdf, p. 7].", [("[b.pdf, p. 7]", (2,))]),
        ("So [c.pdf, p. 5].", [("[c.pdf, p. 5]", ())]),
        ("So [x[1].pdf, p. 9].", [("[x[1].pdf, p. 9]", (4,))]),
        # What is none:
        ("In [brackets] and [2018].", []),
        ("A `[1]` in code, ``a [2] b``.", []),
        ("```\n[1]\n```\nand ~~~ [2]", [("[2]", (2,))]),
        ("```\n[1] never closed", []),
        ("A link [1](https://evil.example).", []),
        ("[1]: https://evil.example", []),
    ],
)
def test_citations_name_passages(answer: str, named: list[tuple[str, tuple[int, ...]]]) -> None:
    marks = marks_in(answer, PASSAGES)
    assert [(mark.text, mark.numbers) for mark in marks] == named
    assert all(answer[mark.start : mark.end] == mark.text for mark in marks)
