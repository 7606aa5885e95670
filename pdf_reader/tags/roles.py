"""Standard structure types (PDF 32000-1, 14.8.4; PDF 2.0 in ISO 32000-2), and what the reader makes of them."""

from collections.abc import Mapping
from types import MappingProxyType

from pdf_reader.blocks import BlockKind

#: Types that only group others: their parts say what stands in them.
GROUPING = frozenset(
    {"Document", "DocumentFragment", "Part", "Art", "Sect", "Div", "Aside", "NonStruct", "Private", "TOC", "L", "Index"}
)
#: Types within a line.
INLINE = frozenset(
    {"Span", "Quote", "Reference", "BibEntry", "Link", "Annot", "Em", "Strong", "Sub", "Ruby", "RB", "RT", "RP"}
    | {"Warichu", "WT", "WP", "Form", "Lbl", "LBody"}
)
TABLE_PARTS = frozenset({"THead", "TBody", "TFoot"})
ROWS = TABLE_PARTS | {"TR"}
CELLS = frozenset({"TH", "TD"})
HEADINGS: Mapping[str, int] = MappingProxyType({"H": 1, "Title": 1} | {f"H{level}": level for level in range(1, 7)})
#: Types that make a block of their own. Within a list item or a cell, that is the block.
BLOCKS: Mapping[str, BlockKind] = MappingProxyType(
    {
        "P": BlockKind.PARAGRAPH,
        "BlockQuote": BlockKind.PARAGRAPH,
        "TOCI": BlockKind.PARAGRAPH,
        "LI": BlockKind.LIST_ITEM,
        "Caption": BlockKind.CAPTION,
        "Note": BlockKind.FOOTNOTE,
        "FENote": BlockKind.FOOTNOTE,
        "Code": BlockKind.CODE,
        "Figure": BlockKind.FIGURE,
        **dict.fromkeys(HEADINGS, BlockKind.HEADING),
    }
)
STANDARD = GROUPING | INLINE | TABLE_PARTS | CELLS | BLOCKS.keys() | {"Table", "TR", "Formula", "Artifact"}
#: Roles are mapped through at most so many others.
_MAX_STEPS = 16


def standard_role(role: str, role_map: Mapping[str, str]) -> str:
    """The standard type that a role stands for, by the document's role map; "" for one that stands for none."""
    seen: set[str] = set()
    while role not in STANDARD:
        if role in seen or len(seen) > _MAX_STEPS or role not in role_map:
            return ""
        seen.add(role)
        role = role_map[role]
    return role
