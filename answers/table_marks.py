"""Markdown's marks of tables in a stored text: bars, rules, and the header above a row. Pure."""

import re

_RULE = re.compile(r"\|[\s:|-]+\|")
_CELL = re.compile(r"(?<!\\)\|")


def is_rule(line: str) -> bool:
    """Whether a line is what stands between a table's header and its rows."""
    return bool(_RULE.fullmatch(line))


def is_header(text: str, start: int, end: int) -> bool:
    """Whether the line `text[start:end]` is a table's header: a rule follows it."""
    if not (text.startswith("|", start) and text.startswith("\n|", end)):
        return False
    line_end = text.find("\n", end + 1)
    return bool(_RULE.fullmatch(text, end + 1, line_end if line_end >= 0 else len(text)))


def pieces_of(text: str) -> tuple[str, ...]:
    """What stands between the bars of a row, also of one whose beginning or end is cut off."""
    return tuple(cell.strip().replace("\\|", "|") for cell in _CELL.split(text))


def header_above(text: str, start: int) -> str:
    """The header of the table of which a row starts here; empty when that row is it, or no row does."""
    if not text.startswith("|", start):
        return ""
    header = ""
    for line in reversed(text[:start].split("\n")[:-1]):
        if not line.startswith("|"):
            break
        header = line
    return header
