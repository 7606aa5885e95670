"""What the prose linter finds, and what it leaves alone."""

from pathlib import Path

import pytest

from scripts.lint_prose import MAX_WORDS, VOCABULARY, faults, lint, of_markdown, read_vocabulary, sentences

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
