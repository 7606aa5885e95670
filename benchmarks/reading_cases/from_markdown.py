"""What a tool's Markdown says, as the JSON that `inspect_pdf.py --json` gives. For Python's library alone: it runs in
the environments of the others.

Marks of Markdown are taken away, so that a bold word is a word. Tools without chunks get one a section.
"""

import html
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)[^)]*\)")
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|__|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)|~~|</?(?:u|b|i|strong|em|mark)>)")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~$])")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_RULE = re.compile(r"\|?[\s|:-]+\|?")
_SUPERSCRIPT = re.compile(r"<(sup|sub)>(.*?)</\1>|\[(.)\](?=\W|$)")


def as_json(pages: Sequence[str]) -> str:
    """`pages` are the Markdown of each page, in order."""
    data: dict[str, list[dict[str, Any]]] = {"pages": [], "sections": [], "tables": [], "links": [], "chunks": []}
    path: list[tuple[int, str]] = []
    chunk: list[str] = []
    for number, markdown in enumerate(pages, start=1):
        data["links"] += [{"link_text": _plain(label), "target_url": url} for label, url in _LINK.findall(markdown)]
        written = []
        for line, kind in _lines(markdown):
            heading = _HEADING.match(line) if kind == "text" else None
            if heading:
                _close(chunk, path, data["chunks"])
                level, title = len(heading.group(1)), _plain(heading.group(2))
                path = [entry for entry in path if entry[0] < level] + [(level, title)]
                data["sections"].append({"level": level, "title": title, "page": number})
                written.append(title)
            else:
                written.append(line if kind == "code" else _plain(line))
            chunk.append(written[-1])
        data["pages"].append({"page": number, "text": "\n".join(written)})
        data["tables"] += [{"page": number, "markdown": table} for table in _tables(written)]
    _close(chunk, path, data["chunks"])
    return json.dumps(data, ensure_ascii=False)


def _close(chunk: list[str], path: Sequence[tuple[int, str]], chunks: list[dict[str, Any]]) -> None:
    if text := "\n".join(chunk).strip():
        chunks.append({"text": text, "heading_path": " > ".join(title for _, title in path)})
    chunk.clear()


def _lines(markdown: str) -> Iterator[tuple[str, str]]:
    in_code = False
    for line in markdown.replace("\r\n", "\n").split("\n"):
        if line.lstrip().startswith("```"):
            in_code = not in_code
            continue
        yield line, "code" if in_code else "text"


def _plain(text: str) -> str:
    text = _IMAGE.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _BREAK.sub(" ", text)
    text = _SUPERSCRIPT.sub(
        lambda found: _raised(found.group(1), found.group(2)) if found.group(1) else found.group(), text
    )
    text = _EMPHASIS.sub("", text)
    return html.unescape(_ESCAPED.sub(r"\1", text))


def _raised(kind: str, text: str) -> str:
    letters = ("⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉")[kind == "sub"]
    return text.translate(str.maketrans("0123456789", letters))


def _tables(lines: Sequence[str]) -> Iterator[str]:
    """Runs of lines with bars, with the rule below the header."""
    run: list[str] = []
    for line in [*lines, ""]:
        if line.strip().startswith("|"):
            run.append(line.strip())
        elif run:
            if len(run) > 1 and any(_RULE.fullmatch(row) for row in run):
                yield "\n".join(run)
            run = []
