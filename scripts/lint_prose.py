"""Checks the words that people read: the docs, the panel's pages, and what code says in comments and messages.

    python scripts/lint_prose.py [FILE…]

Two checks are made of everything: the project's own words (`docs/vocabulary.toml`) and the length of sentences. Docs
and pages are checked by proselint too (https://github.com/amperser/proselint). Code and addresses are not prose. Exit
code 1 when there is a finding.
"""

import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from proselint.checks import __register__ as proselint_checks
from proselint.config import DEFAULT, Config
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

from scripts.prose_in_code import of_hash_comments, of_javascript, of_python
from scripts.prose_passages import Passage, of_html, of_markdown

REPOSITORY = Path(__file__).resolve().parents[1]
VOCABULARY = REPOSITORY / "docs" / "vocabulary.toml"
#: Plain-language guides ask for 20 words on average and for no sentence that must be read twice.
MAX_WORDS = 35
#: Of proselint: matters of taste in typography, and words that it takes from quoted documents.
PROSELINT_OFF = ("typography", "lexical_illusions", "needless_variants.misc", "misc.composition")
#: Texts of tests and benchmarks are of documents and questions as well: only what is raised or printed is checked.
_WITH_DATA = ("benchmarks/", "samples/", "tests/")
#: Their comments begin with `#`.
_HASH_SUFFIXES = frozenset({".mk", ".sh", ".toml", ".yaml", ".yml"})
_HASH_NAMES = frozenset({".env.example", "Dockerfile.worker", "Makefile", "run"})
#: A changelog repeats what was said of older versions; samples and the data of versions are documents; results are
#: written by programs.
_LEFT_OUT = ("CHANGELOG.md", "benchmarks/results/", "samples/handbook.html", "samples/notice.html", "tests/data/")


@dataclass(frozen=True, slots=True)
class Finding:
    file: str
    line: int
    message: str


def main(arguments: Sequence[str]) -> int:
    paths = [Path(argument).resolve() for argument in arguments] or checked_files()
    vocabulary = read_vocabulary(VOCABULARY)
    findings = [finding for path in paths for finding in lint(path, vocabulary)]
    for finding in findings:
        print(f"{finding.file}:{finding.line}: {finding.message}")
    print(f"{len(paths)} files, {len(findings)} findings")
    return 1 if findings else 0


def checked_files() -> list[Path]:
    """Every file with prose in the folders that don't begin with a dot, in .ci and .github, and beside them."""
    folders = [path for path in REPOSITORY.iterdir() if path.is_dir() and not path.name.startswith(".")]
    folders += [REPOSITORY / ".ci", REPOSITORY / ".github"]
    found = [*REPOSITORY.glob("*"), *(path for folder in folders for path in folder.rglob("*"))]
    return sorted(path for path in found if _reader(path) and not _name(path).startswith(_LEFT_OUT) and path.is_file())


def _reader(path: Path) -> Callable[[str], Iterator[Passage]] | None:
    """What finds the prose of a file, or None."""
    if path.suffix == ".py":
        return partial(of_python, every_text=not _name(path).startswith(_WITH_DATA))
    if path.suffix in _HASH_SUFFIXES or path.name in _HASH_NAMES:
        return of_hash_comments
    return {".md": of_markdown, ".html": of_html, ".mjs": of_javascript}.get(path.suffix)


def _name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else path.name


def read_vocabulary(path: Path) -> Mapping[re.Pattern[str], str]:
    """What not to write, as a pattern of whole words, and what to write instead."""
    instead = tomllib.loads(path.read_text(encoding="utf-8"))["instead"]
    return {re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE): better for words, better in instead.items()}


def lint(path: Path, vocabulary: Mapping[re.Pattern[str], str]) -> list[Finding]:
    read = _reader(path) or of_markdown
    passages = list(read(path.read_text(encoding="utf-8")))
    found = {(passage.line, message) for passage in passages for message in faults(passage.text, vocabulary)}
    if path.suffix in {".md", ".html"}:
        found |= set(_proselint(passages))
    return [Finding(_name(path), line, message) for line, message in sorted(found)]


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


@cache
def _register_checks() -> None:
    """Once a process: the registry is proselint's own, and runs twice what is registered twice."""
    CheckRegistry().register_many(proselint_checks)


def _proselint(passages: Sequence[Passage]) -> Iterator[tuple[int, str]]:
    """proselint's findings, one passage a line of what it is given."""
    _register_checks()
    config = Config(
        max_errors=DEFAULT["max_errors"], checks={**DEFAULT["checks"], **dict.fromkeys(PROSELINT_OFF, False)}
    )
    content = "\n" + "\n".join(passage.text for passage in passages) + "\n"
    for result in LintFile("prose", content).lint(config):
        index = content.count("\n", 1, result.check_result.span[0] + 1)
        yield passages[min(index, len(passages) - 1)].line, result.check_result.message


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
