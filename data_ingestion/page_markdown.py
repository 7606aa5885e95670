"""A page's blocks (`pages/{page}.json`) as Markdown. Pure."""

from collections.abc import Sequence

from data_ingestion.page_file import StoredBlock
from pdf_reader.blocks import BlockKind
from pdf_reader.tables.markdown import to_markdown

#: What is printed around the text, and what stamps it.
ASIDE = frozenset({BlockKind.RUNNING_LINE, BlockKind.STAMP})
#: Markdown has no deeper headings.
_MAX_HEADING_LEVEL = 6
_INDENT = "  "


def page_markdown(blocks: Sequence[StoredBlock]) -> str:
    """Headings, paragraphs, lists, code and tables in reading order, without running lines and stamps."""
    parts: list[str] = []
    was_item = False
    for block in blocks:
        kind = BlockKind(block.kind)
        text = "" if kind in ASIDE else _block(kind, block)
        if not text:
            continue
        is_item = kind is BlockKind.LIST_ITEM
        if parts:
            parts.append("\n" if is_item and was_item else "\n\n")
        parts.append(text)
        was_item = is_item
    return "".join(parts)


def heading_line(level: int, title: str) -> str:
    """`level` 1 is the top."""
    return f"{'#' * min(max(level, 1), _MAX_HEADING_LEVEL)} {title}"


def _block(kind: BlockKind, block: StoredBlock) -> str:
    if block.table:
        return to_markdown(block.table.rows, block.table.header_rows, block.table.spans)
    text = block.text
    match kind:
        case BlockKind.HEADING:
            return heading_line(block.level or 1, text) if text else ""
        case BlockKind.LIST_ITEM:
            mark = "" if text[:1].isdigit() else "- "
            return f"{_INDENT * (block.depth or 0)}{mark}{text}"
        case BlockKind.CODE:
            return f"```\n{text}\n```"
    return text
