"""Markdown of a model as HTML that can do no harm: without raw HTML, then sanitised to a short list of tags."""

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

from answers.marked_text import SLOT_END, SLOT_START

_TAGS = {
    *(
        "p",
        "br",
        "hr",
        "strong",
        "em",
        "s",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
    ),
    *("table", "thead", "tbody", "tr", "th", "td", "a"),
}
_NO_SLOTS = str.maketrans("", "", SLOT_START + SLOT_END)


def _drop_referenced_slots(state: StateCore) -> None:
    """`&#xE000;1&#xE001;` makes no slot: a document could have a citation shown that the answer doesn't have."""
    for block in state.tokens:
        for token in block.children or ():
            if token.type == "text_special":
                token.content = token.content.translate(_NO_SLOTS)


#: No images: an answer must not make the browser fetch what a document names.
_RENDER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
# Before what is special is joined with the text around it, where slots of the answer itself stand.
_RENDER.core.ruler.before("text_join", "drop_referenced_slots", _drop_referenced_slots)


def to_html(markdown: str) -> str:
    """Links open elsewhere and tell nothing of us."""
    return nh3.clean(
        _RENDER.render(markdown),
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
