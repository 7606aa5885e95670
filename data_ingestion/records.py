"""What goes into the stores for one document: a record a page and a record a chunk, with the payload's metadata."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from data_ingestion.encoder_text import encoder_text
from document_structure import Structure
from document_structure.broken_words import respell, respelled
from document_structure.chunking import Chunk, PageText, lines_of_page
from document_structure.section_texts import without_ranges
from document_structure.section_tree import joined_path
from foundation.spool import Spool
from pdf_reader.document import DocumentFacts
from vector_stores.base import Record

#: Payload fields h1 … h6.
HEADING_LEVELS = 6
#: What file names have instead of blanks.
_NAME_SEPARATORS = re.compile(r"[_\-.+]+")


#: Of each chunk what its record needs: index, text, heading path, page, and metadata on its places.
CutChunks = Spool[tuple[int, str, tuple[str, ...], int, dict[str, Any]]]


def cut_chunks(chunks: Iterable[Chunk]) -> CutChunks:
    """All of them on disk: a record says how many there are."""
    return Spool(map(_cut, chunks))


@dataclass(frozen=True)
class RecordFactory:
    """Everything about the document that its records share.

    `text_sources` and `image_keys` are by page; a page without an image has no key. `page_context` is what a
    model said about a page (it may wait for it): embedded along with the page's texts, and never stored as text.
    """

    s3_key: str
    bucket: str
    pdf_prefix: str
    document_id: str
    content_sha256: str
    processed_at: str
    title: str
    facts: DocumentFacts
    text_sources: Mapping[int, str]
    image_keys: Mapping[int, str]
    page_context: Callable[[int], str] = lambda page: ""

    def of_pages(self, pages: Iterable[PageText], structure: Structure) -> Iterator[Record]:
        """A record a page, in page order; index = page - 1."""
        started: dict[int, list[str]] = {}
        for section in structure.sections:
            started.setdefault(section.page, []).append(section.title)
        for page in pages:
            path = structure.path_at(page.number)
            whole = respell(page.text, structure.spellings)
            running = structure.running.get(page.number, ())
            body = respelled(without_ranges(page.text, running), structure.spellings) if running else whole.text.strip()
            yield Record(
                index=page.number - 1,
                text=whole.text,
                embedding_text=self._embedding_text(path, body, page.number),
                metadata=self._metadata(page.number, path)
                | {
                    "page_width": round(page.width, 2),
                    "page_height": round(page.height, 2),
                    "line_boxes": [line.respelled(whole).as_json() for line in lines_of_page(page)],
                },
                started_sections=tuple(started.get(page.number, ())),
            )

    def of_chunks(self, chunks: CutChunks) -> Iterator[Record]:
        """A record a chunk, in order."""
        for index, text, path, page, places in chunks:
            yield Record(
                index=index,
                text=text,
                embedding_text=self._embedding_text(path, text, page),
                metadata=self._metadata(page, path) | {"chunk_index": index, "chunk_count": len(chunks)} | places,
            )

    # What the key says is taken apart once for all records.

    @cached_property
    def _key(self) -> PurePosixPath:
        return PurePosixPath(self.s3_key)

    @cached_property
    def _below_prefix(self) -> PurePosixPath:
        return PurePosixPath(self.s3_key.removeprefix(self.pdf_prefix))

    @cached_property
    def _folder(self) -> str:
        folder = str(self._below_prefix.parent)
        return "" if folder == "." else folder

    @cached_property
    def _name(self) -> str:
        return name_words(self._key.stem)

    def _metadata(self, page: int, path: tuple[str, ...]) -> dict[str, Any]:
        image_key = self.image_keys.get(page)
        return {
            "source": self.s3_key,
            "filename": self._below_prefix.name,
            "page": page,
            "page_label": self.facts.label(page),
            "total_pages": self.facts.page_count,
            "image_url": f"s3://{self.bucket}/{image_key}" if image_key else None,
            "source_dir": str(self._key.parent),
            "folder": self._folder,
            "type": "pdf",
            "document_id": self.document_id,
            "content_sha256": self.content_sha256,
            "processed_at": self.processed_at,
            **{f"h{level}": title for level, title in enumerate(path[:HEADING_LEVELS], start=1)},
            "heading_path": joined_path(path),
            "text_source": self.text_sources.get(page, "native"),
        }

    def _embedding_text(self, path: tuple[str, ...], body: str, page: int) -> str:
        """What the vector stands for: where the text belongs, what a model said about its page, the text's words.

        The file's name tells documents apart that say the same of different subjects. Within one document every text
        has it, so that BM25 takes no notice of it.
        """
        header = "\n".join(part for part in (self._name, joined_path(path) or self.title) if part.strip())
        return "\n\n".join(part for part in (header, self.page_context(page), encoder_text(body)) if part.strip())


def _cut(chunk: Chunk) -> tuple[int, str, tuple[str, ...], int, dict[str, Any]]:
    places = {
        "cross_page": chunk.cross_page,
        "pages_spanned": list(chunk.pages_spanned),
        "boxes": [box.as_json() for box in chunk.boxes],
        "line_boxes": [line.as_json() for line in chunk.lines],
    }
    return chunk.index, chunk.text, chunk.heading_path, chunk.page, places


def name_words(stem: str) -> str:
    """A file's name without its ending, as words: `ACME_2022-annual.report` is `ACME 2022 annual report`."""
    return " ".join(_NAME_SEPARATORS.sub(" ", stem).split())
