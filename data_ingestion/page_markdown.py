"""A page's blocks (`pages/{page}.json`) as Markdown. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from pdf_reader.blocks import BlockKind, Cell
from pdf_reader.tables.markdown import to_markdown

#: What is printed around the text, and what stamps it.
ASIDE = frozenset({BlockKind.RUNNING_LINE, BlockKind.STAMP})
MAX_HEADING_LEVEL = 6
_INDENT = "  "


def page_markdown(blocks: Sequence[Mapping[str, Any]]) -> str:
    """Headings, paragraphs, lists, code and tables in reading order, without running lines and stamps."""
    parts: list[str] = []
    was_item = False
    for block in blocks:
        kind = BlockKind(block["kind"])
        text = "" if kind in ASIDE else _block(kind, block)
        if not text:
            continue
        is_item = kind is BlockKind.LIST_ITEM
        if parts:
            parts.append("\n" if is_item and was_item else "\n\n")
        parts.append(text)
        was_item = is_item
    return "".join(parts)


def _block(kind: BlockKind, block: Mapping[str, Any]) -> str:
    if table := block.get("table"):
        spans = [Cell(**cell) for cell in table.get("spans", ())]
        return to_markdown(table["rows"], table["header_rows"], spans)
    text = str(block["text"])
    match kind:
        case BlockKind.HEADING:
            return f"{'#' * min(max(int(block.get('level', 1)), 1), MAX_HEADING_LEVEL)} {text}" if text else ""
        case BlockKind.LIST_ITEM:
            mark = "" if text[:1].isdigit() else "- "
            return f"{_INDENT * int(block.get('depth', 0))}{mark}{text}"
        case BlockKind.CODE:
            return f"```\n{text}\n```"
    return text
