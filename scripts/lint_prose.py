"""Checks the words that people read: the docs and the panel's pages.

    python scripts/lint_prose.py [FILE…]

Three checks: proselint's (https://github.com/amperser/proselint), the project's own words (`docs/vocabulary.toml`), and
the length of sentences. Code and addresses are not prose. Exit code 1 when there is a finding.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from markdown_it import MarkdownIt
from proselint.checks import __register__ as proselint_checks
from proselint.config import DEFAULT, Config
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

REPOSITORY = Path(__file__).resolve().parents[1]
VOCABULARY = REPOSITORY / "docs" / "vocabulary.toml"
#: Plain-language guides ask for 20 words on average and for no sentence that must be read twice.
MAX_WORDS = 35
#: Of proselint: matters of taste in typography, and words that it takes from quoted documents.
PROSELINT_OFF = ("typography", "lexical_illusions", "needless_variants.misc", "misc.composition")
#: What stands for a code span: a word that no check knows.
_CODE = "xcode"


@dataclass(frozen=True, slots=True)
class Finding:
    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, item, heading or cell without its markup, and the line that it begins on."""

    line: int
    text: str


def main(arguments: Sequence[str]) -> int:
    paths = [Path(argument).resolve() for argument in arguments] or checked_files()
    vocabulary = read_vocabulary(VOCABULARY)
    findings = [finding for path in paths for finding in lint(path, vocabulary)]
    for finding in findings:
        print(f"{finding.file}:{finding.line}: {finding.message}")
    print(f"{len(paths)} files, {len(findings)} findings")
    return 1 if findings else 0


def checked_files() -> list[Path]:
    """README and its like, the docs, and the panel's pages. A changelog repeats what was said of older versions."""
    pages = [path for path in REPOSITORY.glob("*.md") if path.name != "CHANGELOG.md"]
    return sorted([*pages, *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("web/templates/*.html")])


def read_vocabulary(path: Path) -> Mapping[re.Pattern[str], str]:
    """What not to write, as a pattern of whole words, and what to write instead."""
    instead = tomllib.loads(path.read_text(encoding="utf-8"))["instead"]
    return {re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE): better for words, better in instead.items()}


def lint(path: Path, vocabulary: Mapping[re.Pattern[str], str]) -> list[Finding]:
    text = path.read_text(encoding="utf-8")
    passages = list(_of_html(text) if path.suffix == ".html" else of_markdown(text))
    name = str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else path.name
    found = [(passage.line, message) for passage in passages for message in faults(passage.text, vocabulary)]
    return [Finding(name, line, message) for line, message in sorted({*found, *_proselint(passages)})]


def faults(text: str, vocabulary: Mapping[re.Pattern[str], str]) -> Iterator[str]:
    """Words of the vocabulary, and sentences that are too long. Pure."""
    for pattern, better in vocabulary.items():
        for match in pattern.finditer(text):
            yield f"{match.group()!r}: {better}"
    for sentence in sentences(text):
        words = len(re.findall(r"\w[\w'’-]*", sentence))
        if words > MAX_WORDS:
            yield f"a sentence of {words} words, more than {MAX_WORDS}: {sentence[:60]} …"


def sentences(text: str) -> list[str]:
    """Parts that end with a full stop, a question mark, a colon or a semicolon. Pure."""
    return [part.strip() for part in re.split(r"(?<=[.!?;:])\s+", text) if part.strip()]


def of_markdown(text: str) -> Iterator[Passage]:
    """Its prose; code spans become one word, figures stay."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "inline" and token.map:
            words = "".join(_shown(child.type, child.content) for child in token.children or ())
            yield Passage(token.map[0] + 1, words)


def _shown(kind: str, content: str) -> str:
    if kind == "text":
        return content
    return {"code_inline": _CODE, "softbreak": " ", "hardbreak": " "}.get(kind, "")


class _Texts(HTMLParser):
    """What a template shows: texts, and attributes that are read out."""

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


def _of_html(template: str) -> Iterator[Passage]:
    parser = _Texts()
    parser.feed(re.sub(r"\{%.*?%\}", "", re.sub(r"\{\{.*?\}\}", _CODE, template)))
    yield from parser.passages


def _proselint(passages: Sequence[Passage]) -> Iterator[tuple[int, str]]:
    """proselint's findings, one passage a line of what it is given."""
    CheckRegistry().register_many(proselint_checks)
    config = Config(
        max_errors=DEFAULT["max_errors"], checks={**DEFAULT["checks"], **dict.fromkeys(PROSELINT_OFF, False)}
    )
    content = "\n" + "\n".join(passage.text for passage in passages) + "\n"
    for result in LintFile("prose", content).lint(config):
        index = content.count("\n", 1, result.check_result.span[0] + 1)
        yield passages[min(index, len(passages) - 1)].line, result.check_result.message


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
