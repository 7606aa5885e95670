"""The prose of docs and of the panel's pages, without their markup."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from markdown_it import MarkdownIt

#: What stands for a code span, an expression or an address: a word that no check knows.
CODE = "xcode"


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, item, heading, cell, comment or message without its markup, and the line that it begins on."""

    line: int
    text: str


def of_markdown(text: str) -> Iterator[Passage]:
    """Its prose; code spans become one word, figures stay."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "inline" and token.map:
            words = "".join(_shown(child.type, child.content) for child in token.children or ())
            yield Passage(token.map[0] + 1, words)


def _shown(kind: str, content: str) -> str:
    if kind == "text":
        return content
    return {"code_inline": CODE, "softbreak": " ", "hardbreak": " "}.get(kind, "")


def of_html(template: str) -> Iterator[Passage]:
    """What a template of the panel shows; its expressions become one word."""
    parser = _Texts()
    parser.feed(re.sub(r"\{%.*?%\}", "", re.sub(r"\{\{.*?\}\}", CODE, template)))
    yield from parser.passages


class _Texts(HTMLParser):
    """Texts, and attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.passages: list[Passage] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in {"script", "style"}
        for name, value in attrs:
            if name in {"title", "placeholder", "aria-label", "alt"} and value:
                self._add(value)

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._add(data)

    def _add(self, text: str) -> None:
        if text.strip():
            self.passages.append(Passage(self.getpos()[0], " ".join(text.split())))
