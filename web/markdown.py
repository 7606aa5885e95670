"""Markdown of a model as HTML that can do no harm: without raw HTML, then sanitised to a short list of tags."""

import nh3
from markdown_it import MarkdownIt

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
#: No images: an answer must not make the browser fetch what a document names.
_RENDER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


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
