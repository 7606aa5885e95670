"""A link as `extracted_links/{rel}.links.json` keeps it: with its category, and what stands at its target.

It is here, below those that write links and those that answer with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pdf_reader.blocks import Rect


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A link. Boxes are points of the page as it is shown, origin top left.

    `source_page` is 1-based, 0 where nobody wrote it; `source_rect` is empty there. `color` is that of the linked text
    (`#rrggbb`), and `link_category` is AppConfig's word for it. `link_type` is `internal` or `external`. An internal
    link has a `target_page` and what stands there (`target_snippet`), an external one a `target_url`. `more_rects`
    are the boxes of further lines.
    """

    link_text: str
    source_page: int
    source_rect: Rect | tuple[()] = ()
    color: str | None = None
    link_category: str | None = None
    link_type: str | None = None
    target_page: int | None = None
    target_url: str | None = None
    target_snippet: str | None = None
    more_rects: tuple[Rect, ...] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """A record of any version. What it lacks has its default, and what is unknown is left out."""
        get = value.get
        return cls(
            link_text=str(get("link_text") or ""),
            source_page=get("source_page") or 0,
            source_rect=tuple(get("source_rect") or ()),
            color=get("color"),
            link_category=get("link_category"),
            link_type=get("link_type"),
            target_page=get("target_page"),
            target_url=get("target_url"),
            target_snippet=get("target_snippet"),
            more_rects=tuple(map(tuple, get("more_rects") or ())),
        )

    def to_json(self) -> dict[str, Any]:
        """`more_rects` only of a link that goes on in further lines."""
        value: dict[str, Any] = {
            "link_text": self.link_text,
            "source_page": self.source_page,
            "source_rect": list(self.source_rect),
            "color": self.color,
            "link_category": self.link_category,
            "link_type": self.link_type,
            "target_page": self.target_page,
            "target_url": self.target_url,
            "target_snippet": self.target_snippet,
        }
        if self.more_rects:
            value["more_rects"] = [list(rect) for rect in self.more_rects]
        return value
