"""Links and file names in the docs lead somewhere."""

import re
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.support.documentation import PAGES, page_id
from tests.support.machine import REPOSITORY

#: Folders that the docs name files of.
FOLDERS = frozenset(path.name for path in REPOSITORY.iterdir() if path.is_dir() and not path.name.startswith("."))

#: Names of all files, for those that pages name without a folder.
NAMES = frozenset(path.name for name in FOLDERS for path in (REPOSITORY / name).rglob("*"))
NAMES |= {path.name for path in REPOSITORY.iterdir()}
#: A document's file in the bucket, and the judge of the reading cases, which is not part of the project.
ELSEWHERE = frozenset({"document.md", "check.py"})


@cache
def anchors_of(path: Path) -> frozenset[str]:
    """The anchors that GitHub gives to a page's headings, and those that are set by hand."""
    text = path.read_text(encoding="utf-8")
    tokens = MarkdownIt().parse(text)
    titles = [tokens[index + 1].content for index, token in enumerate(tokens) if token.type == "heading_open"]
    made: list[str] = []
    for title in titles:
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", title).lower()).replace(" ", "-")
        count = sum(re.fullmatch(rf"{re.escape(plain)}(-\d+)?", other) is not None for other in made)
        made.append(f"{plain}-{count}" if count else plain)
    return frozenset([*made, *re.findall(r'<a id="([^"]+)"', text)])


def links_of(path: Path) -> list[str]:
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    children = [child for token in tokens for child in token.children or ()]
    found = [
        child.attrGet("href") or child.attrGet("src") for child in children if child.type in {"link_open", "image"}
    ]
    return [str(link) for link in found if not re.match(r"[a-z]+:", str(link))]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    dead = []
    for link in links_of(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_file_that_is_named_exists(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        return  # older versions had other files
    code = re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
    files = {name for name in code if re.fullmatch(r"[\w.-]+(/[\w.-]+)*\.(py|mjs|md|yaml|sh|mk|in)", name)}
    folders = {name for name in code if re.fullmatch(r"[\w-]+(/[\w-]+)*/", name)}
    inside = {name for name in files | folders if name.split("/")[0] in FOLDERS}
    bare = {name for name in files if "/" not in name} - ELSEWHERE
    missing = {name for name in inside if not (REPOSITORY / name).exists()} | (bare - NAMES)
    assert sorted(missing) == []


def test_every_function_that_contributing_names_is_in_its_file() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)`, `(\w+)`", text) + [
        (file, name) for name, file in re.findall(r"`(_?\w+)` in `([\w/]+\.py)`", text)
    ]
    assert named
    missing = [
        (file, name)
        for file, name in named
        if not re.search(rf"^(def |class )?{name}\b", (REPOSITORY / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []
