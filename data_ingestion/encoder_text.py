"""What the sparse and dense encoders see of a stored text: its words, without Markdown's marks.

`text` is stored and shown as it is; only vectors are made of this. Raised and lowered characters stand apart from the
word that they are set at, so that "revenue¹" is found by "revenue" and "10⁶" by "10".
"""

import re

_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾"
_LOWERED = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"
_PLAIN = str.maketrans(_RAISED + _LOWERED, "0123456789+-=()" * 2)
_MARKED = re.compile(f"[{_RAISED}{_LOWERED}]")
_SCRIPT = re.compile(f"(?<=\\w)([{_RAISED}]+|[{_LOWERED}]+)|([{_RAISED}]+|[{_LOWERED}]+)(?=\\w)")
#: Chemical formulas and units are one word: H₂O, m².
_FORMULA = re.compile(f"(?<!\\w)(?=[A-Za-z]*[{_LOWERED}])(?:[A-Z][a-z]?[{_LOWERED}]*){{1,20}}(?!\\w)")
_TABLE_RULE = re.compile(r"^\|(?: ?:?-{3,}:? ?\|)+$\n?", re.MULTILINE)
_TABLE_ROW = re.compile(r"^\| (.*) \|$", re.MULTILINE)
_FENCE = re.compile(r"^```\w*\n?", re.MULTILINE)
_ITEM = re.compile(r"^(\s*)- (?=\S)", re.MULTILINE)
_TICKED, _BLANK_BOX = re.compile(r"\[x\](?=\s|$)"), re.compile(r"\[ \](?=\s|$)")


def encoder_text(text: str) -> str:
    """The words of a page's or chunk's Markdown, line by line; a text without marks is given back as it is."""
    if "|" in text:
        text = _TABLE_ROW.sub(_cells, _TABLE_RULE.sub("", text))
    if "```" in text:
        text = _FENCE.sub("", text)
    if "- " in text:
        text = _ITEM.sub(r"\1", text)
    if "[" in text:
        text = _BLANK_BOX.sub("", _TICKED.sub("yes", text))
    if not text.isascii() and _MARKED.search(text):
        text = _FORMULA.sub(lambda found: found.group().translate(_PLAIN), text)
        text = _SCRIPT.sub(lambda found: f" {found.group().translate(_PLAIN)} ", text)
        text = re.sub(r" {2,}", " ", text).translate(_PLAIN)
    return text


def _cells(found: "re.Match[str]") -> str:
    cells = (cell.strip() for cell in re.split(r"(?<!\\)\|", found.group(1)))
    return "  ".join(cell.replace("\\|", "|") for cell in cells if cell)
