"""A table as text."""

from collections.abc import Sequence


def to_markdown(rows: Sequence[Sequence[str]]) -> str:
    """A GitHub-flavoured Markdown table with the first row as its header; pipes are escaped, line breaks become blanks.

    Rows shorter than the longest are filled up. No rows give an empty string.
    """
    columns = max(map(len, rows), default=0)
    if not columns:
        return ""
    lines = [_line([_escape(cell) for cell in row] + [""] * (columns - len(row))) for row in rows]
    return "\n".join([lines[0], _line(["---"] * columns), *lines[1:]])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|")
