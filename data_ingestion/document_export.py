"""The document as files that people take away: Markdown, its outline and pages, and the blocks of each page.

pdf-metadata/{document_id}/{generation}/document.md
pdf-metadata/{document_id}/{generation}/document.json
pdf-metadata/{document_id}/{generation}/pages/{page}.json

(`points.jsonl.gz` beside them is `kept_points`'s.)

docs/document-files.md describes them. Pages wait on disk until the whole document is known, so that memory doesn't grow
with them. Which generation is current is said by `generation` in `pdf-metadata/{document_id}.json`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

from data_ingestion.document_file import DocumentFile, ListedPage
from data_ingestion.page_file import PageFile, StoredBlock, StoredTable
from data_ingestion.page_markdown import heading_line
from document_structure import Section, Structure
from document_structure.broken_words import respelled
from document_structure.chunking.continued_tables import TableParts, rows_of
from document_structure.chunking.page_text import PageText
from document_structure.section_texts import without_ranges
from document_structure.section_tree import Ranges, joined_path
from foundation.spool import Spool
from pdf_reader.blocks import Block, BlockKind, Rect, Table
from pdf_reader.document import DocumentFacts, Page

_FIELDS = attrgetter(*(field.name for field in fields(StoredBlock)))


class PageSpool:
    """Keeps the pages of one document on disk until they are asked for, in page order."""

    def __init__(self) -> None:
        self._pages: Spool[PageFile] = Spool(pack=_packed, unpack=_unpacked)
        self._later_losses: dict[int, list[str]] = {}

    def add(self, page: Page) -> None:
        self._pages.append(_page(page))

    def add_loss(self, page: int, loss: str) -> None:
        """Of a page that was added before."""
        self._later_losses.setdefault(page, []).append(loss)

    def pages(self) -> Iterator[PageFile]:
        """What was added, one page at a time, without label and heading path."""
        for page in self._pages:
            later = self._later_losses.get(page.page)
            yield replace(page, losses=(*page.losses, *later)) if later else page


def page_files(spool: PageSpool, facts: DocumentFacts, structure: Structure) -> Iterator[PageFile]:
    """Each page's file, with what only the whole document tells: headings and running lines."""
    sections: dict[int, dict[int, Section]] = {}
    for section in structure.sections:
        sections.setdefault(section.page, {}).setdefault(section.offset, section)
    for page in spool.pages():
        number = page.page
        begun, running = sections.get(number, {}), structure.running.get(number, ())
        yield replace(
            page,
            label=facts.label(number),
            heading_path=joined_path(structure.path_at(number)),
            blocks=tuple(_in_document(block, begun, running, structure.spellings) for block in page.blocks),
        )


def document_file(
    facts: DocumentFacts, structure: Structure, pages: Sequence[PageText], notes: Sequence[str]
) -> DocumentFile:
    """The outline, a list of pages, and what is worth knowing."""
    return DocumentFile(
        title=facts.title,
        language=facts.language,
        page_count=facts.page_count,
        outline_source=structure.source,
        outline=structure.sections,
        pages=tuple(
            ListedPage(
                page=page.number,
                label=facts.label(page.number),
                width=round(page.width, 2),
                height=round(page.height, 2),
                table_count=sum(block.table is not None for block in page.blocks),
            )
            for page in pages
        ),
        notes=tuple(notes),
    )


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
                text = heading_line(begun[0].level, text)
            in_list = block.kind is BlockKind.LIST_ITEM and bool(written) and written[-1].lstrip()[:1] in "-0123456789("
            text = respelled(text, structure.spellings)
            written.append(text)
            yield f"{'' if in_list else chr(10)}{text}\n"


def _page(page: Page) -> PageFile:
    """What the page itself tells."""
    return PageFile(
        page=page.number,
        outcome=page.outcome.value,
        text_source=page.text_source,
        width=round(page.width, 2),
        height=round(page.height, 2),
        blocks=tuple(map(_block, page.blocks)),
        annotations=page.annotations,
        losses=page.losses,
        notes=page.notes,
    )


def _block(block: Block) -> StoredBlock:
    return StoredBlock(
        kind=block.kind.value,
        text=block.text,
        boxes=_rounded(block.boxes),
        start=block.start,
        end=block.end,
        provenance=block.provenance.value,
        depth=block.depth if block.kind is BlockKind.LIST_ITEM else None,
        level=block.depth if block.kind is BlockKind.HEADING else None,
        language=block.language,
        table=_table(block.table) if block.table else None,
    )


def _table(table: Table) -> StoredTable:
    boxes = _rounded(table.row_boxes)
    return StoredTable(table.rows, table.header_rows, table.header, table.spans, boxes, table.continues)


def _rounded(boxes: Iterable[Rect]) -> tuple[Rect, ...]:
    return tuple([(round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)) for x0, y0, x1, y1 in boxes])


def _in_document(
    block: StoredBlock, begun: Mapping[int, Section], running: Ranges, spellings: Mapping[str, str]
) -> StoredBlock:
    """The block as the whole document tells it. `begun` are the page's sections by where they begin."""
    kind, level = block.kind, block.level
    if block.end > block.start and block.table is None:
        if running and any(start <= block.start and block.end <= end for start, end in running):
            kind = BlockKind.RUNNING_LINE.value
        elif block.start in begun and kind not in (BlockKind.LIST_ITEM, BlockKind.CODE):
            kind, level = BlockKind.HEADING.value, begun[block.start].level
    text = respelled(block.text, spellings) if spellings else block.text
    if kind == block.kind and level == block.level and text == block.text:
        return block
    return replace(block, kind=kind, level=level, text=text)


def _packed(page: PageFile) -> tuple[list[tuple[Any, ...]], PageFile]:
    """Pages have many blocks, and few of them are tables."""
    return [_FIELDS(block) for block in page.blocks], replace(page, blocks=())


def _unpacked(packed: tuple[list[tuple[Any, ...]], PageFile]) -> PageFile:
    blocks, page = packed
    return replace(page, blocks=tuple(StoredBlock(*block) for block in blocks))
