"""A table as text."""

from collections.abc import Sequence

from pdf_reader.blocks import Cell, flat_header


def to_markdown(rows: Sequence[Sequence[str]], header_rows: int = 1, spans: Sequence[Cell] = ()) -> str:
    """A GitHub-flavoured Markdown table; pipes are escaped, line breaks become blanks.

    The first `header_rows` become one, in which a cell over several columns (`spans`) is said with each of them. Rows
    shorter than the longest are filled up. No rows give an empty string.
    """
    columns = max(map(len, rows), default=0)
    if not columns:
        return ""
    full = tuple(tuple(row) + ("",) * (columns - len(row)) for row in rows)
    header = flat_header(full, header_rows, tuple(spans)) if header_rows > 1 else full[0]
    lines = [_line([_escape(cell) for cell in row]) for row in (header, *full[header_rows:])]
    return "\n".join([lines[0], _line(["---"] * columns), *lines[1:]])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|")
