"""`scripts/inspect_pdf.py` shows what the pipeline sees in a PDF: to a person, as JSON, and as one HTML file."""

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pdf_reader.child.mupdf import pymupdf
from tests.support import program_server
from tests.support.machine import REPOSITORY

#: For what is certain to come, however busy the machine is.
SECONDS = 240


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The script as a person starts it, without any setting, from anywhere."""
    command = [str(REPOSITORY / "scripts" / "inspect_pdf.py"), *map(str, arguments)]
    return program_server.run(command, env={"PATH": "/usr/bin:/bin"}, cwd=Path("/"), timeout=SECONDS)


def inspect_as_json(*arguments: object) -> Any:
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def handbook(samples: Path) -> Path:
    return samples / "harbour-handbook.pdf"


@pytest.fixture(scope="module")
def seen(handbook: Path) -> Any:
    return inspect_as_json(handbook)


def test_json_has_pages_sections_links_tables_and_chunks(seen: Any) -> None:
    assert {"pages", "sections", "links", "tables", "chunks"} <= set(seen)
    assert {"page", "label", "outcome", "text"} <= set(seen["pages"][0])
    assert {"level", "title", "page"} <= set(seen["sections"][0])
    assert {"page", "markdown"} <= set(seen["tables"][0])
    assert {"text", "heading_path", "pages_spanned", "tokens"} <= set(seen["chunks"][0])
    assert seen["links"][0]["link_type"] in ("internal", "external")


def test_every_page_is_there_and_every_chunk_stands_in_its_section(seen: Any) -> None:
    assert [page["page"] for page in seen["pages"]] == list(range(1, 7))
    assert {page["outcome"] for page in seen["pages"]} == {"text"}
    paths = {chunk["heading_path"] for chunk in seen["chunks"]}
    assert "2 Lights and signals > 2.1 The lamp" in paths


def test_headings_are_found_without_the_outline(handbook: Path) -> None:
    seen = inspect_as_json(handbook, "--ignore-outline")

    assert seen["document"]["structure_source"] == "layout"
    assert "2 Lights and signals" in [section["title"] for section in seen["sections"]]


def test_on_a_terminal_it_is_readable(handbook: Path) -> None:
    done = run(handbook)

    assert done.returncode == 0
    assert "6 pages (6 text)" in done.stdout
    assert "1.2 Calling the office" in done.stdout


def test_one_page_can_be_looked_at(handbook: Path) -> None:
    done = run(handbook, "--page", "2")

    assert "The outer buoy is painted in green and white bands" in done.stdout
    assert run(handbook, "--page", "9").returncode == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b"<html>hello</html>", "not_a_pdf"), (b"%PDF-1.7\n" + bytes(99), "corrupt")],
)
def test_a_refused_pdf_ends_with_one_clear_line_and_exit_code_1(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(content)

    plain, as_json = run(path), run(path, "--json")

    assert plain.returncode == as_json.returncode == 1
    assert re.fullmatch(rf"error: {code}: .+\n", plain.stderr)
    error = json.loads(as_json.stdout)["error"]
    assert error["code"] == code
    assert error["message"]


def test_a_password_is_taken(tmp_path: Path) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "A secret harbour")
    path = tmp_path / "a.pdf"
    document.save(path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="sesame", owner_pw="owner")

    assert json.loads(run(path, "--json").stdout)["error"]["code"] == "encrypted"
    assert "can only be opened with a password: give it with --password" in run(path).stderr
    assert inspect_as_json(path, "--password", "sesame")["pages"][0]["text"] == "A secret harbour"


class _Resources(HTMLParser):
    """What a page loads, runs or links to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.meta: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href"):
                self.sources.append(value or "")
            if name == "content":
                self.meta.append(value or "")


def test_html_is_self_contained_and_escapes_what_the_document_says(tmp_path: Path) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "<script>alert(1)</script> & <img src=x>")
    document.set_metadata({"title": "</title><script>alert(2)</script>"})
    document.save(tmp_path / "a.pdf")
    out = tmp_path / "out.html"

    assert run(tmp_path / "a.pdf", "--html", out).returncode == 0

    html = out.read_text(encoding="utf-8")
    found = _Resources()
    found.feed(html)
    assert "script" not in found.tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert all(source.startswith(("data:image/jpeg;base64,", "#")) for source in found.sources)
    assert any("default-src 'none'" in content for content in found.meta)


def test_html_marks_headings_tables_links_and_chunks(handbook: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.html"

    run(handbook, "--html", out)

    html = out.read_text(encoding="utf-8")
    assert html.count("<article") == 6
    assert '<span class="heading">1.1 The outer buoy</span>' in html
    for kind in ("heading", "table", "link", "running"):
        assert f'<rect class="{kind}"' in html
    assert "chunk 0," in html


def test_why_tells_signals_points_and_what_decided(handbook: Path) -> None:
    done = run(handbook, "--ignore-outline", "--why", "The lamp")
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert "2.1 The lamp" in told
    assert re.search(r"bold \+\d\.\d", told)
    assert re.search(r"own points -?\d+\.\d, its style's average -?\d+\.\d counts \d+%", told)
    assert "heading: " in told


def test_why_as_json_says_which_lines_are_headings(handbook: Path) -> None:
    lines = inspect_as_json(handbook, "--ignore-outline", "--why", "The lamp")["why"]
    assert [line["title"] for line in lines if line["is_heading"]] == ["2.1 The lamp"]


def test_why_fails_for_words_that_no_line_has(handbook: Path) -> None:
    done = run(handbook, "--why", "xylophone quartet")
    assert done.returncode != 0
    assert "no line has the words" in done.stderr
