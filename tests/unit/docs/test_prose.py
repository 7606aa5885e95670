"""What the prose linter finds, and what it leaves alone."""

from pathlib import Path

import pytest

from scripts.lint_prose import MAX_WORDS, VOCABULARY, faults, lint, read_vocabulary, sentences
from scripts.prose_in_code import of_javascript, of_python, paragraphs
from scripts.prose_passages import of_markdown

WORDS = read_vocabulary(VOCABULARY)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Whoever finds no place waits.", ["'Whoever'"]),
        ("It works, e.g. on ECS.", ["'e.g.'"]),
        ("The ledger is told of it.", ["'is told'"]),
        ("The ledger records it.", []),
        ("A justified line.", []),
        (" ".join(["word"] * (MAX_WORDS + 1)) + ".", [f"a sentence of {MAX_WORDS + 1} words"]),
        (" ".join(["word"] * MAX_WORDS) + ".", []),
    ],
)
def test_words_that_are_not_ours_and_sentences_that_are_too_long(text: str, found: list[str]) -> None:
    said = list(faults(text, WORDS))
    assert len(said) == len(found)
    assert all(message.startswith(start) for message, start in zip(said, found, strict=True))


def test_a_colon_and_a_semicolon_end_a_sentence() -> None:
    assert sentences("One: two; three. Four? Five 1.5 v1.2") == ["One:", "two;", "three.", "Four?", "Five 1.5 v1.2"]


def test_code_is_not_prose_and_lines_are_those_of_the_file() -> None:
    passages = list(of_markdown("# Title\n\nA `just` word.\n\n```\nsimply\n```\n\n- an *item*\n"))
    assert [(passage.line, passage.text) for passage in passages] == [
        (1, "Title"),
        (3, "A xcode word."),
        (9, "an item"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("page.md", "Fine.\n\n| a | b |\n|---|---|\n| x | It is simply so. |\n", 5),
        ("page.md", "Fine.\n\nThis is kept for ever.\n", 3),
        ("page.html", '<p>{% if a %}{{ simply }}{% endif %}</p>\n<input placeholder="Just search">\n', 2),
    ],
)
def test_a_finding_names_its_line(tmp_path: Path, name: str, text: str, line: int) -> None:
    page = tmp_path / name
    page.write_text(text, encoding="utf-8")
    assert {finding.line for finding in lint(page, WORDS)} == {line}


CODE = '''"""The first line.

    simply.drawn(example)

- an item of `just` one list
"""
import os  # noqa: F401 just so

# A comment that goes on
# in a second line.
NAME = "a # simply quoted"  # beside it


def stop(name: str) -> None:
    """Raises ValueError."""
    if not name:
        raise ValueError(f"the name {name} is simply wrong")
    print("nothing simply happened", name)
    later("a text of a document")
'''


def test_docstrings_comments_and_messages_are_the_prose_of_code() -> None:
    said = {(passage.line, passage.text) for passage in of_python(CODE, every_text=False)}
    assert said == {
        (1, "The first line."),
        (5, "- an item of xcode one list"),
        (9, "A comment that goes on in a second line."),
        (11, "beside it"),
        (15, "Raises ValueError."),
        (17, "the name xcode is simply wrong"),
        (18, "nothing simply happened"),
    }
    every = {passage.text for passage in of_python(CODE, every_text=True)}
    assert every - {text for _, text in said} == {"a text of a document"}


@pytest.mark.parametrize(
    "code",
    ['WORDS = "the of and to in".split()', 'PAGE = "<p>such a text as this</p>"', f'WORDS = "{"so it is " * 20}"'],
)
def test_lists_of_words_and_markup_are_no_sentences(code: str) -> None:
    assert list(of_python(code, every_text=True)) == []


def test_drawings_in_docstrings_are_no_prose() -> None:
    text = "One.\n\n    a ──► b\n    just c\n\nTwo goes\non.\n"
    assert [(passage.line, passage.text) for passage in paragraphs(text, 1)] == [(1, "One."), (6, "Two goes on.")]


def test_texts_and_comments_of_scripts_are_read() -> None:
    script = "// One comment.\nsay(`There are ${count} of them`);\nconst address = 'https://a.b//c';\n"
    assert [(passage.line, passage.text) for passage in of_javascript(script)] == [
        (1, "One comment."),
        (2, "There are xcode of them"),
    ]


@pytest.mark.parametrize(
    ("name", "code"),
    [("part.py", "# It is simply so.\n"), ("part.mk", "# It is simply so.\n"), ("part.mjs", "// It is simply so.\n")],
)
def test_words_are_found_in_code_too(tmp_path: Path, name: str, code: str) -> None:
    part = tmp_path / name
    part.write_text(code, encoding="utf-8")
    assert [(finding.line, finding.message) for finding in lint(part, WORDS)] == [(1, "'simply': leave it out")]
