"""How `ask` names the passages that an answer rests on."""

import pytest

from command_line.ask import place_of


@pytest.mark.parametrize(
    ("pages", "label", "place"),
    [
        ([5], "5", "a.pdf, p. 5"),
        ([3, 4], "3", "a.pdf, p. 3–4"),
        ([3, 4, 5], "1", "a.pdf, p. 1–3"),
        ([3], "iii", "a.pdf, p. iii"),
    ],
)
def test_a_passage_is_named_from_its_first_page_to_its_last(pages: list[int], label: str, place: str) -> None:
    source = {"filename": "a.pdf", "page": pages[0], "page_label": label, "pages_spanned": pages}
    assert place_of(source) == place
