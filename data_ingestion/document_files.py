"""The document as files that people take away: Markdown, its outline and pages, and the blocks of each page.

pdf-metadata/{document_id}/{generation}/document.md
pdf-metadata/{document_id}/{generation}/document.json
pdf-metadata/{document_id}/{generation}/pages/{page}.json

(`points.jsonl.gz` beside them is `kept_points`'s.)

docs/document-files.md describes them. Pages wait on disk until the whole document is known, so that memory doesn't grow
with them. Which generation is current is said by `generation` in `pdf-metadata/{document_id}.json`.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from document_structure import Section, Structure
from document_structure.broken_words import respelled
from document_structure.chunking.continued_tables import TableParts, rows_of
from document_structure.chunking.page_text import PageText
from document_structure.section_texts import without_ranges
from pdf_reader.blocks import Block, BlockKind
from pdf_reader.document import DocumentFacts, Page

#: Of the JSON files; a change that a reader must know of counts it up.
SCHEMA_VERSION = 1
#: Markdown has no deeper headings.
MAX_HEADING_LEVEL = 6
_PATH_SEPARATOR = " > "


class PageSpool:
    """Keeps the blocks of pages in one file until they are asked for, in page order. For one document."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "blocks.jsonl"
        self._file: IO[str] = self._path.open("w", encoding="utf-8", errors="replace")
        self._later_losses: dict[int, list[str]] = {}

    def add(self, page: Page) -> None:
        kept = {
            "page": page.number,
            "outcome": page.outcome.value,
            "text_source": page.text_source,
            "width": round(page.width, 2),
            "height": round(page.height, 2),
            "blocks": [_block(block) for block in page.blocks],
            "annotations": [asdict(annotation) for annotation in page.annotations],
            "losses": page.losses,
            "notes": page.notes,
        }
        # At once: json.dump writes in small pieces, each made by Python.
        self._file.write(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n")

    def add_loss(self, page: int, loss: str) -> None:
        """Of a page that was added before."""
        self._later_losses.setdefault(page, []).append(loss)

    def pages(self) -> Iterator[dict[str, Any]]:
        """What was added, one page at a time."""
        self._file.flush()
        with self._path.open(encoding="utf-8") as file:
            for line in file:
                page = json.loads(line)
                page["losses"] += self._later_losses.get(page["page"], ())
                yield page

    def close(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


def page_files(spool: PageSpool, facts: DocumentFacts, structure: Structure) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each page's number and its file, with what only the whole document tells: headings and running lines."""
    sections: dict[int, list[Section]] = {}
    for section in structure.sections:
        sections.setdefault(section.page, []).append(section)
    for page in spool.pages():
        number = page["page"]
        labels = facts.page_labels
        page["blocks"] = [
            _in_document(block, sections.get(number, ()), structure.running.get(number, ()))
            | {"text": respelled(block["text"], structure.spellings)}
            for block in page["blocks"]
        ]
        yield (
            number,
            {
                "schema": SCHEMA_VERSION,
                "label": labels[number - 1] if len(labels) >= number else str(number),
                "heading_path": _PATH_SEPARATOR.join(structure.path_at(number)),
                **page,
            },
        )


def document_file(
    facts: DocumentFacts, structure: Structure, pages: Sequence[PageText], notes: Sequence[str]
) -> dict[str, Any]:
    """`document.json`: the outline, a list of pages, and what is worth knowing."""
    labels = facts.page_labels
    return {
        "schema": SCHEMA_VERSION,
        "title": facts.title,
        "language": facts.language,
        "page_count": facts.page_count,
        "outline_source": structure.source,
        "outline": [asdict(section) for section in structure.sections],
        "pages": [
            {
                "page": page.number,
                "label": labels[page.number - 1] if len(labels) >= page.number else str(page.number),
                "width": round(page.width, 2),
                "height": round(page.height, 2),
                "tables": sum(block.table is not None for block in page.blocks),
            }
            for page in pages
        ],
        "notes": list(notes),
    }


def markdown_of(pages: Sequence[PageText], structure: Structure) -> Iterator[str]:
    """The document as Markdown, page by page: `#` before headings, no running lines, tables over pages as one."""
    sections: dict[int, dict[int, Section]] = {}
    for section in structure.sections:
        sections.setdefault(section.page, {})[section.offset] = section
    tables = TableParts(structure.running)
    for page in pages:
        parts = tables.of_page(page)
        running = structure.running.get(page.number, ())
        written: list[str] = []
        for block in page.blocks:
            part = parts.get(block.start)
            if part and part.continues:
                # Directly below the rows of the page before: no blank line in between.
                yield rows_of(page, part) + "\n"
                continue
            text = without_ranges(page.text, running, block.start, block.end)
            if not text:
                continue
            begun = [section for at, section in sections.get(page.number, {}).items() if block.start <= at < block.end]
            if block.kind is BlockKind.LIST_ITEM:
                text = page.text[block.start : block.end]
            elif begun and block.table is None and begun[0].offset == block.start:
                text = f"{'#' * min(begun[0].level, MAX_HEADING_LEVEL)} {text}"
            in_list = block.kind is BlockKind.LIST_ITEM and bool(written) and written[-1].lstrip()[:1] in "-0123456789("
            text = respelled(text, structure.spellings)
            written.append(text)
            yield f"{'' if in_list else chr(10)}{text}\n"


def _block(block: Block) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "kind": block.kind.value,
        "text": block.text,
        "boxes": [[round(value, 2) for value in box] for box in block.boxes],
        "start": block.start,
        "end": block.end,
        "provenance": block.provenance.value,
    }
    if block.kind is BlockKind.LIST_ITEM:
        kept["depth"] = block.depth
    if block.kind is BlockKind.HEADING:
        kept["level"] = block.depth
    if block.language:
        kept["language"] = block.language
    if block.table:
        kept["table"] = {
            "rows": block.table.rows,
            "header_rows": block.table.header_rows,
            "header": block.table.header,
            "spans": [asdict(cell) for cell in block.table.spans],
            "row_boxes": [[round(value, 2) for value in box] for box in block.table.row_boxes],
        }
        if block.table.continues:
            kept["table"]["continues"] = True
    return kept


def _in_document(
    block: dict[str, Any], sections: Sequence[Section], running: Sequence[tuple[int, int]]
) -> dict[str, Any]:
    if block["end"] <= block["start"] or "table" in block:
        return block
    if any(start <= block["start"] and block["end"] <= end for start, end in running):
        return block | {"kind": BlockKind.RUNNING_LINE.value}
    begun = next((section for section in sections if section.offset == block["start"]), None)
    if begun and block["kind"] not in (BlockKind.LIST_ITEM, BlockKind.CODE):
        return block | {"kind": BlockKind.HEADING.value, "level": begun.level}
    return block
