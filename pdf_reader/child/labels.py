"""Printed page labels (PDF 32000-1, 12.4.2): "iv", "A-3", "12"."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pdf_reader.child.cleaning import clean_string
from pdf_reader.child.mupdf import mupdf, pdf_document

MAX_LABEL_CHARACTERS = 40
#: Rules, and nodes of the tree that holds them: more are not looked at.
_MAX_RULES = 10_000
#: Roman numerals above this, and runs of letters longer than this, are nonsense.
_MAX_ROMAN = 3_999
_MAX_LETTERS = 10
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
    (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


def label_rules(document: Any) -> list[Mapping[str, Any]]:
    """The rules of a pymupdf.Document: `startpage`, counted from 0, `style`, `prefix` and `firstpagenum`.

    PyMuPDF's own `get_page_labels` takes apart the source text of a rule, and so leaves prefixes in UTF-16 as hex.
    """
    catalog = mupdf.pdf_dict_gets(mupdf.pdf_trailer(pdf_document(document)), "Root")
    nodes = [mupdf.pdf_dict_gets(catalog, "PageLabels")]
    rules: list[Mapping[str, Any]] = []
    seen: set[int] = set()
    for _ in range(_MAX_RULES):
        if not nodes or len(rules) >= _MAX_RULES:
            break
        node = nodes.pop()
        if (number := mupdf.pdf_to_num(node)) in seen:
            continue
        # Nodes that are no objects of their own have no number, and can't contain themselves.
        seen |= {number} - {0}
        kids, numbers = mupdf.pdf_dict_gets(node, "Kids"), mupdf.pdf_dict_gets(node, "Nums")
        count = min(mupdf.pdf_array_len(kids), _MAX_RULES - len(nodes))
        nodes += [mupdf.pdf_array_get(kids, index) for index in reversed(range(count))]
        for index in range(0, min(mupdf.pdf_array_len(numbers), 2 * _MAX_RULES) - 1, 2):
            rule = mupdf.pdf_array_get(numbers, index + 1)
            first = mupdf.pdf_dict_gets(rule, "St")
            rules.append(
                {
                    "startpage": mupdf.pdf_to_int(mupdf.pdf_array_get(numbers, index)),
                    "style": mupdf.pdf_to_name(mupdf.pdf_dict_gets(rule, "S")),
                    "prefix": mupdf.pdf_dict_get_text_string(rule, mupdf.pdf_new_name("P")),
                    "firstpagenum": mupdf.pdf_to_int(first) if mupdf.pdf_is_int(first) else 1,
                }
            )
    return rules


def page_labels(rules: Sequence[Mapping[str, Any]], page_count: int) -> tuple[str, ...]:
    """One label a page from `label_rules`; empty when there are no rules, or none that makes sense."""
    starts = sorted({rule["startpage"]: rule for rule in rules if 0 <= rule["startpage"] < page_count}.items())
    labels = [str(number) for number in range(1, page_count + 1)]
    for (start, rule), (end, _) in pairwise([*starts, (page_count, {})]):
        prefix = clean_string(rule.get("prefix"), MAX_LABEL_CHARACTERS)
        first = max(1, int(rule.get("firstpagenum", 1)))
        style = _STYLES.get(rule.get("style", ""))
        for page in range(start, end):
            number = style(first + page - start) if style else ""
            labels[page] = prefix + number or labels[page]
    return tuple(labels) if starts else ()


def _roman(number: int) -> str:
    if number > _MAX_ROMAN:
        return str(number)
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text


def _letters(number: int) -> str:
    """a…z, then aa…zz: the letter is repeated."""
    times = (number - 1) // 26 + 1
    return chr(ord("a") + (number - 1) % 26) * times if times <= _MAX_LETTERS else str(number)


_STYLES: dict[str, Callable[[int], str]] = {
    "D": str,
    "r": _roman,
    "R": lambda number: _roman(number).upper(),
    "a": _letters,
    "A": lambda number: _letters(number).upper(),
}
