"""Front matter: a cover is no section, and what introduces a document doesn't contain it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from document_structure.layout_headings import Heading

#: A first page with fewer characters in paragraphs is a cover.
_COVER_CHARS = 600
#: Documents with headings on fewer pages have no cover.
_MIN_PAGES = 4


def without_cover(headings: Sequence[Heading], prose: Mapping[int, int]) -> list[Heading]:
    """Leaves out what is printed on the first page only: on a cover all but its largest type, the title; above the
    text of a paper its authors and dates too, but not what leads a paragraph, as an abstract's heading does.

    `prose` counts the characters in paragraphs by page.
    """
    pages = {heading.run.page for heading in headings}
    if 1 not in pages or len(pages) < _MIN_PAGES:
        return list(headings)
    is_cover = prose.get(1, 0) < _COVER_CHARS
    elsewhere = {heading.run.style for heading in headings if heading.run.page != 1}
    on_cover = [
        heading
        for heading in headings
        if heading.run.page == 1
        and heading.run.style not in elsewhere
        and heading.listed_level is None
        and (is_cover or (heading.run.numbering is None and not heading.run.leads_paragraph))
    ]
    title = max(on_cover, key=lambda heading: heading.run.style.size, default=None)
    return [heading for heading in headings if heading is title or heading not in on_cover]


def settled(headings: Sequence[Heading], ranks: Sequence[int]) -> list[int]:
    """Lowers one-off headings that would stand above the document's repeated ones to their rank.

    An abstract or a notice in a type of its own is no parent of the chapters that follow it. A title above other text
    on the first page, and the only chapter or part of numbered sections, stay what they are.
    """
    counts = Counter(ranks)
    top = min((rank for rank, count in counts.items() if count > 1), default=0)
    titled = len(headings) > 1 and headings[0].run.page == headings[1].run.page
    return [
        top
        if rank < top and counts[rank] == 1 and not (position == 0 and titled) and not is_division(heading)
        else rank
        for position, (heading, rank) in enumerate(zip(headings, ranks, strict=True))
    ]


def is_division(heading: Heading) -> bool:
    """Numbered as the main divisions of a document are."""
    numbering = heading.run.numbering
    return numbering is not None and numbering.key in ("part", "chapter", "appendix", "decimal1")
