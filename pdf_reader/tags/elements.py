"""The elements of a structure tree, and what they say of themselves."""

from dataclasses import dataclass, field


class UnsoundTagsError(Exception):
    """The structure tree, or a page's part of it, is not to be believed; the message says why, for a person."""


@dataclass(slots=True, eq=False)
class Element:
    """A structure element. `role` is its standard type, "" for one that nobody knows; `xref` is its object's number and
    `page_xref` that of the page that it names, 0 for none.

    Texts are cleaned and capped; "" stands for what the element doesn't say.
    """

    xref: int
    role: str
    parent: "Element | None"
    depth: int
    page_xref: int = 0
    language: str = ""
    alternate: str = ""
    actual_text: str = ""
    expansion: str = ""
    #: The element itself, its parent, and so on.
    lineage: "tuple[Element, ...]" = field(init=False)

    def __post_init__(self) -> None:
        self.lineage = (self, *(self.parent.lineage if self.parent else ()))

    @property
    def language_in_force(self) -> str:
        """That of the nearest element above, or itself, that names one."""
        return next((above.language for above in self.lineage if above.language), "")


@dataclass(frozen=True, slots=True)
class MarkedContent:
    """A child that is text or an image of a page: the object number of the page (0: that of an element above)."""

    page_xref: int
    mcid: int


Kid = Element | MarkedContent


@dataclass(frozen=True, slots=True)
class CellAttributes:
    """What a cell says of itself; `scope` is Row, Column, Both or ""."""

    row_span: int = 1
    column_span: int = 1
    scope: str = ""
