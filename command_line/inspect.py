"""`inspect`: what the pipeline sees in a PDF, as text on a terminal, as JSON or as one HTML file."""

import json
import sys
import tempfile
from collections import Counter
from itertools import islice
from pathlib import Path
from textwrap import shorten
from typing import Annotated, NoReturn

import typer
from rich.markup import escape
from rich.tree import Tree

from command_line.output import (
    EXIT_FAILED,
    EXIT_USAGE,
    JsonFlag,
    fail,
    one_line_errors,
    out,
    print_json,
    progress_bar,
    table,
)
from command_line.pdf_inspection import Inspection, inspect, read
from command_line.pdf_inspection_html import write_html
from document_structure import THRESHOLD
from document_structure.section_tree import joined_path
from foundation.app_config import AppConfig, parse_app_config
from foundation.errors import FailureCode, PermanentError, SettingsError

#: Enough to recognise a page, and 400 of them still fit into one HTML file.
HTML_IMAGE_DPI = 80
#: Longer lists are cut on the terminal; `--json` and `--html` show everything.
MAX_ROWS = 60
#: Of a chunk's text in a table.
MAX_BEGINNING_CHARACTERS = 80


def inspect_pdf(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The PDF.")],
    as_json: JsonFlag = False,
    html: Annotated[
        Path | None, typer.Option(help="Write a page that shows each page's image beside its text.")
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the document as Markdown, as `document.md` holds it.")
    ] = False,
    page: Annotated[int | None, typer.Option(help="Show this page's text, links and chunks.")] = None,
    ignore_outline: Annotated[bool, typer.Option(help="Find the headings by layout, even with an outline.")] = False,
    why: Annotated[str | None, typer.Option(help="Say what makes lines with these words headings or not.")] = None,
    password: Annotated[str | None, typer.Option(help="What the PDF is opened with.")] = None,
    profile: Annotated[str, typer.Option(help="generic or dnd: link categories and chunk sizes.")] = "generic",
) -> None:
    """Show what the pipeline sees in a PDF.

    Pages, headings, links, tables and chunks. Needs no AWS and no settings.
    """
    app_config = _parse_profile(profile)
    with one_line_errors(), tempfile.TemporaryDirectory(prefix="inspect-pdf-") as working_folder:
        try:
            with progress_bar(file.name, None) as progress:
                dpi = HTML_IMAGE_DPI if html else None
                folder = Path(working_folder)
                pdf = read(file, folder, app_config, password=password, image_dpi=dpi, progress=progress)
            seen = inspect(pdf, app_config, ignore_outline=ignore_outline, why=why)
        except PermanentError as error:
            _fail_unread(error, as_json, password)
        if html:
            write_html(seen, html)
    if as_json:
        print_json(seen.as_json())
    elif markdown:
        sys.stdout.writelines(seen.markdown())
    elif why:
        show_why(seen, why)
    elif page is not None:
        show_page(seen, page)
    else:
        show(seen)
    if html and not as_json:
        out.print(f"\nwritten: {html}")


def _parse_profile(profile: str) -> AppConfig:
    try:
        return parse_app_config(json.dumps({"profile": profile}))
    except SettingsError as error:
        fail(str(error), EXIT_USAGE)


def _fail_unread(error: PermanentError, as_json: bool, password: str | None) -> NoReturn:
    if as_json:
        print_json({"error": {"code": error.code.value, "message": str(error)}})
    how = ": give it with --password" if error.code is FailureCode.ENCRYPTED and not password else ""
    fail(f"{error.code.value}: {error}{how}", EXIT_FAILED)


def show(seen: Inspection) -> None:
    """The whole document on a terminal."""
    facts = seen.facts
    out.print(f"[bold]{escape(seen.name)}[/bold]  {escape(facts.title)}")
    outcomes = Counter(page.outcome.value for page in seen.pages)
    characters = sum(len(page.text) for page in seen.pages)
    hidden = sum(len(page.hidden_text) for page in seen.pages)
    out.print(
        f"{facts.page_count} pages ({', '.join(f'{count} {outcome}' for outcome, count in outcomes.items())}),"
        f" {characters:,} characters, {hidden:,} hidden, {len(seen.links)} links,"
        f" {sum(len(page.tables) for page in seen.pages)} tables, {len(seen.chunks)} chunks"
        + (", [yellow]repaired[/yellow]" if facts.repaired else "")
        + (f", {facts.attachments} attachments (never opened)" if facts.attachments else "")
    )
    _show_sections(seen)
    _show_pages(seen)
    if seen.chunks:
        tokens = sorted(chunk.tokens for chunk in seen.chunks)
        out.print(f"\nchunks: {len(tokens)}, median {tokens[len(tokens) // 2]} tokens, largest {tokens[-1]}")


def show_page(seen: Inspection, number: int) -> None:
    """One page on a terminal: its text as it goes into stores, its links, and the chunks that begin on it."""
    if not 1 <= number <= len(seen.pages):
        fail(f"there is no page {number}: the document has {len(seen.pages)}", EXIT_FAILED)
    page = seen.pages[number - 1]
    path = joined_path(seen.structure.path_at(number))
    out.print(
        f"[bold]page {number}[/bold] (label {escape(seen.facts.label(number))}), {page.outcome.value}, {escape(path)}"
    )
    for loss in page.losses:
        out.print(f"[yellow]lost: {escape(loss)}[/yellow]")
    for note in page.notes:
        out.print(f"[dim]note: {escape(note)}[/dim]")
    out.print()
    out.print(page.text, markup=False)
    if page.hidden_text:
        out.print("\n[bold]hidden, never in a chunk or prompt[/bold]")
        out.print(page.hidden_text, markup=False, style="dim")
    links = table("\nlinks", "text", "color", "leads to")
    for link in page.links[:MAX_ROWS]:
        target = link.target_url or f"page {link.target_page}"
        links.add_row(escape(link.link_text), link.color or "", escape(target))
    if page.links:
        out.print(links)
    chunks = table("\nchunks that begin here", "tokens", "pages", "path", "text", right=("tokens",))
    for chunk in seen.chunks:
        if chunk.page == number:
            pages = ", ".join(map(str, chunk.pages_spanned))
            chunks.add_row(
                str(chunk.tokens), pages, escape(joined_path(chunk.heading_path)), escape(_beginning(chunk.text))
            )
    out.print(chunks)


def _beginning(text: str) -> str:
    """On one line, at words' ends."""
    return shorten(text, MAX_BEGINNING_CHARACTERS, placeholder=" …")


def show_why(seen: Inspection, words: str) -> None:
    """What spoke for and against the lines with these words, as the layout judges them."""
    if not seen.explanations:
        fail(f"no line has the words {words!r}", EXIT_FAILED)
    if seen.structure.source == "outline":
        out.print("[yellow]The sections come from the PDF's outline; this is what the layout alone would say.[/yellow]")
    for line in seen.explanations[:MAX_ROWS]:
        mark = "[green]heading[/green]" if line.is_heading else "no heading"
        out.print(
            f"\n[bold]page {line.page}[/bold] (label {escape(seen.facts.label(line.page))})  {escape(line.title)}"
        )
        verdict = line.verdict
        if line.signals:
            signals = ", ".join(f"{name} {points:+.1f}" for name, points in line.signals)
            out.print(
                f"  {escape(signals)}\n  own points {verdict.points:.1f}, its style's average {verdict.usual:.1f}"
                f" counts {verdict.weight:.0%}"
            )
        decided = verdict.reason or f"{verdict.score:.1f} points, {THRESHOLD:.1f} make a heading"
        out.print(f"  {mark}: {decided}")
    if len(seen.explanations) > MAX_ROWS:
        out.print(f"[dim]… {len(seen.explanations) - MAX_ROWS} more lines[/dim]")


def _show_sections(seen: Inspection) -> None:
    sections = seen.structure.sections
    tree = Tree(f"\n{len(sections)} sections, from the {seen.structure.source}" if sections else "\nno sections")
    branches = [(0, tree)]
    for section in islice(sections, MAX_ROWS):
        while len(branches) > 1 and branches[-1][0] >= section.level:
            branches.pop()
        title = f"{escape(section.title)} [dim]{escape(seen.facts.label(section.page))}[/dim]"
        branches.append((section.level, branches[-1][1].add(title)))
    if len(sections) > MAX_ROWS:
        tree.add(f"[dim]… {len(sections) - MAX_ROWS} more (--json or --html shows them)[/dim]")
    out.print(tree)


def _show_pages(seen: Inspection) -> None:
    numbers = ("page", "chars", "links", "tables", "chunks")
    pages = table(
        "\npages", "page", "label", "outcome", "chars", "links", "tables", "chunks", "path", "remarks", right=numbers
    )
    chunks = Counter(chunk.page for chunk in seen.chunks)
    for page in seen.pages[:MAX_ROWS]:
        pages.add_row(
            str(page.number),
            escape(seen.facts.label(page.number)),
            page.outcome.value,
            f"{len(page.text):,}",
            str(len(page.links)),
            str(len(page.tables)),
            str(chunks[page.number]),
            escape(joined_path(seen.structure.path_at(page.number))),
            escape("; ".join((*page.losses, *page.notes))),
        )
    out.print(pages)
    if len(seen.pages) > MAX_ROWS:
        out.print(f"[dim]… {len(seen.pages) - MAX_ROWS} more (--json or --html shows them)[/dim]")
