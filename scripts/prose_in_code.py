"""The prose of code: comments, docstrings, and the texts that programs print, log, raise or show.

What is quoted, indented below its text, or marked as code is no prose.
"""

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby

from scripts.prose_passages import CODE, Passage

#: Calls whose texts people read, in whatever folder: by the last part of the function's name.
_SAYING = frozenset({"echo", "error", "exception", "exit", "fail", "info", "print", "skip", "warn", "warning", "xfail"})
#: Comments that are for programs.
_DIRECTIVE = re.compile(r"(?:noqa|type:|fmt:|pragma:|!|mypy:|ruff:|hadolint|shellcheck|cfn-lint)")
#: A text of three words, the second of which is written small: a name or a list of options is none.
_SENTENCE = re.compile(r"[^\W\d_]+,? [a-z’']+,? [^\W\d_]+")
#: HTML, and more than a line of words without a comma or a full stop.
_LIST_OR_MARKUP = re.compile(r"\s*<|(?!.*[.,;:](?:\s|$)).{150}", re.DOTALL)
_JAVASCRIPT = re.compile(
    r"""(?P<block>/\*.*?\*/) | (?<![:"'`\\])//(?P<line>[^\n]*)
    | "(?P<double>(?:[^"\\\n]|\\.)*)" | '(?P<single>(?:[^'\\\n]|\\.)*)' | `(?P<template>(?:[^`\\]|\\.)*)`""",
    re.VERBOSE | re.DOTALL,
)


def of_python(source: str, *, every_text: bool) -> Iterator[Passage]:
    """Docstrings, comments and messages.

    Messages are the texts of exceptions, of failed assertions and of what `_SAYING` names. With `every_text` they are
    all texts that look like sentences: in the product these are help, advice and reasons. Tests and benchmarks have
    texts of documents and questions too, which nobody wrote for this project.

    Raises SyntaxError.
    """
    tree = ast.parse(source)
    documented = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = _docstring(node)
            if docstring is not None:
                documented.add(id(docstring))
                yield from paragraphs(str(docstring.value), docstring.lineno)
    yield from _comments(source, tree)
    for text in _texts(tree) if every_text else _messages(tree):
        words = _words_of(text)
        if id(text) not in documented and _SENTENCE.search(words) and not _LIST_OR_MARKUP.match(words):
            yield Passage(text.lineno, _plain(words))


def of_hash_comments(source: str) -> Iterator[Passage]:
    """Comments that begin with `#` on lines of their own: YAML, make, shell, TOML, Dockerfile."""
    found = [
        (number, line.strip().lstrip("#:").strip())
        for number, line in enumerate(source.splitlines(), 1)
        if line.lstrip().startswith("#")
    ]
    yield from _joined(found)


def of_javascript(source: str) -> Iterator[Passage]:
    """Comments, and texts that look like sentences."""
    for match in _JAVASCRIPT.finditer(source):
        line = source.count("\n", 0, match.start()) + 1
        if match["block"] is not None:
            yield from paragraphs(re.sub(r"^[ \t]*\*+/?|/\*+|\*/", "", match["block"], flags=re.MULTILINE), line)
            continue
        text = next(part for part in match.groups()[1:] if part is not None)
        words = re.sub(r"\$\{[^}]*\}", CODE, re.sub(r"<[^>]*>", " ", text))
        if match["line"] is not None or _SENTENCE.search(words):
            yield Passage(line, _plain(words))


def paragraphs(text: str, line: int) -> Iterator[Passage]:
    """The parts of a docstring between blank lines, its list items one by one, without examples and drawings. Pure."""
    lines = text.splitlines()
    indents = [len(one) - len(one.lstrip()) for one in lines[1:] if one.strip()]
    margin = min(indents, default=0)
    prose: list[tuple[int, str]] = []
    is_drawn = False
    for number, one in enumerate(lines, line):
        body = one.strip()
        is_code = number > line and len(one) - len(one.lstrip()) >= margin + 4
        is_drawn = (is_drawn and bool(body)) or is_code
        prose.append((number, "" if is_drawn or re.search(r"[─│┌└►▼]|--+>|\|", body) else body))
    yield from _joined(prose)


def _joined(lines: Sequence[tuple[int, str]]) -> Iterator[Passage]:
    """Lines that follow each other as one passage; a blank line or a list's mark begins the next."""
    start, words, last = 0, "", 0
    for number, body in lines:
        is_item = re.match(r"(?:[-*]|\d+\.) ", body) is not None
        if words and (not body or is_item or number != last + 1):
            yield Passage(start, _plain(words))
            words = ""
        if not words:
            start = number
        words, last = f"{words} {body}".strip(), number
    if words:
        yield Passage(start, _plain(words))


def _plain(text: str) -> str:
    """Without code spans, addresses and quotations: what somebody else said, or what is matched, is not ours."""
    text = re.sub(r"``[^`]+``|`[^`]*`|https?://\S+", CODE, text)
    return " ".join(re.sub(r"[\"“„][^\"“”„]*[\"”“]", CODE, text).split())


def _docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> ast.Constant | None:
    first = node.body[0] if node.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first.value
    return None


def _comments(source: str, tree: ast.AST) -> Iterator[Passage]:
    """What follows a `#` that stands in no text. (`tokenize` finds the same, at four times the cost.)"""
    inside = _places_of_texts(tree)
    found: list[tuple[int, str, bool]] = []
    for number, line in enumerate(source.split("\n"), 1):
        if "#" not in line:
            continue
        encoded = line.encode()
        for match in re.finditer(b"#", encoded):
            if not any(start <= match.start() < end for start, end in inside.get(number, ())):
                body = encoded[match.start() :].decode().lstrip("#:").strip()
                found.append((number, body, not encoded[: match.start()].strip()))
                break
    kept = [one for one in found if not _DIRECTIVE.match(one[1])]
    for is_alone, group in groupby(kept, lambda one: one[2]):
        lines = [(number, body) for number, body, _ in group]
        if is_alone:
            yield from _joined(lines)
        else:
            yield from (Passage(number, _plain(body)) for number, body in lines)


def _places_of_texts(tree: ast.AST) -> dict[int, list[tuple[int, int]]]:
    """By line, from which byte to which byte a text goes."""
    places: dict[int, list[tuple[int, int]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)):
            last = node.end_lineno or node.lineno
            for number in range(node.lineno, last + 1):
                start = node.col_offset if number == node.lineno else 0
                end = node.end_col_offset if number == last else None
                places.setdefault(number, []).append((start, sys.maxsize if end is None else end))
    return places


def _texts(tree: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Every text below a node, those with expressions in them as one; lists of words (`"…".split()`) are none."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            yield node
        elif not (isinstance(node, ast.Call) and _name_of(node.func) == "split" and not node.args):
            waiting.extend(ast.iter_child_nodes(node))


def _messages(tree: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc:
            yield from _texts(node.exc)
        elif isinstance(node, ast.Assert) and node.msg:
            yield from _texts(node.msg)
        elif isinstance(node, ast.Call) and _name_of(node.func) in _SAYING:
            yield from _texts(node)


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _words_of(text: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(text, ast.Constant):
        return str(text.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else CODE for part in text.values)
