"""`pdf-metadata/{document_id}.json`: what is known of a document that the stores serve.

Other programs read the file: its keys and their order stay. Any version's file can be read. What an older one didn't
write has the default here, and so has what isn't of the type that we write: removing a document reads the file, too.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from document_structure.section_tree import Section


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who described a document, by which question and at what cost.

    `cost_usd` is None when nobody told the model's price. `title_source` and `language_source` say where these two come
    from, which are checked against the document: `pdf`, `llm`, `first_page` or `extractive`.
    """

    model: str = ""
    prompt_sha256: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    title_source: str | None = None
    language_source: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        fields = _object(value.get("fields"))
        cost_usd = value.get("cost_usd")
        return cls(
            model=_text(value.get("model")) or "",
            prompt_sha256=_text(value.get("prompt_sha256")),
            tokens_in=_count(value.get("tokens_in")),
            tokens_out=_count(value.get("tokens_out")),
            cost_usd=float(cost_usd) if isinstance(cost_usd, int | float) else None,
            title_source=_text(fields.get("source_book_title")),
            language_source=_text(fields.get("language")),
        )

    def to_json(self) -> dict[str, Any]:
        sources = {"source_book_title": self.title_source, "language": self.language_source}
        fields = {"fields": {name: source for name, source in sources.items() if source}}
        made = {
            "model": self.model,
            "prompt_sha256": self.prompt_sha256,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost_usd": self.cost_usd,
        }
        # The order of the files that there are: a model's description has the fields first, a counted one last.
        return fields | made if self.prompt_sha256 else made | fields


@dataclass(frozen=True, slots=True)
class SectionSummary:
    """What a model said of a part of the document. `heading_path` joins titles by ` > `; pages count from 1."""

    heading_path: str
    first_page: int
    last_page: int
    summary: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            heading_path=_text(value.get("heading_path")) or "",
            first_page=_count(value.get("first_page")),
            last_page=_count(value.get("last_page")),
            summary=_text(value.get("summary")) or "",
        )


@dataclass(frozen=True, slots=True)
class Description:
    """What can be said of a document from its text. None is what nobody knows, or wrote.

    `constrained_category` is one of AppConfig's, `automatic_category` the model's own. `language` is a code of ISO 639.
    `sections` is None unless each was to be summarised.
    """

    constrained_category: str | None = None
    automatic_category: str | None = None
    title: str | None = None
    summary: str | None = None
    keywords: tuple[str, ...] = ()
    language: str | None = None
    document_type: str | None = None
    entities: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    provenance: Provenance = Provenance()
    sections: tuple[SectionSummary, ...] | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            constrained_category=_text(value.get("constrained_category")),
            automatic_category=_text(value.get("automatic_category")),
            title=_text(value.get("source_book_title")),
            summary=_text(value.get("summary")),
            keywords=_texts(value.get("keywords")),
            language=_text(value.get("language")),
            document_type=_text(value.get("document_type")),
            entities=_texts(value.get("entities")),
            questions=_texts(value.get("questions")),
            provenance=Provenance.from_json(_object(value.get("provenance"))),
            sections=tuple(map(SectionSummary.from_json, _objects(value["sections"]))) if "sections" in value else None,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "constrained_category": self.constrained_category,
            "automatic_category": self.automatic_category,
            "source_book_title": self.title,
            "summary": self.summary,
            "keywords": list(self.keywords),
            "language": self.language,
            "document_type": self.document_type,
            "entities": list(self.entities),
            "questions": list(self.questions),
            "provenance": self.provenance.to_json(),
            **({} if self.sections is None else {"sections": list(map(asdict, self.sections))}),
        }


@dataclass(frozen=True, slots=True)
class DocumentMetadata:
    """The whole file. `generation` is empty in those of version 0.1.0, which wrote no files of pages.

    `url` is `s3://…`, `processed_at` is ISO 8601, UTC. `answer_keys` are S3 keys of a model's stored answers that this
    version and earlier ones rest on; deleting the document deletes them.
    """

    document_id: str = ""
    filename: str = ""
    url: str = ""
    description: Description = Description()
    processed_at: str = ""
    page_count: int = 0
    content_sha256: str = ""
    generation: str = ""
    toc: tuple[Section, ...] = ()
    answer_keys: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        keys = value.get("llm_cache_keys", ())
        return cls(
            document_id=_text(value.get("document_id")) or "",
            filename=_text(value.get("original_filename")) or "",
            url=_text(value.get("s3_pdf_path")) or "",
            description=Description.from_json(value),
            processed_at=_text(value.get("processing_timestamp")) or "",
            page_count=_count(value.get("page_count")),
            content_sha256=_text(value.get("content_sha256")) or "",
            generation=_text(value.get("generation")) or "",
            toc=_headings(value.get("toc")),
            # What is no list stays as it is: who deletes answers must fail on it, and not miss some.
            answer_keys=tuple(keys) if isinstance(keys, list) else keys,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "document_id": self.document_id,
            "original_filename": self.filename,
            "s3_pdf_path": self.url,
            **self.description.to_json(),
            "processing_timestamp": self.processed_at,
            "page_count": self.page_count,
            "content_sha256": self.content_sha256,
            "generation": self.generation,
            "toc": [section.to_json() for section in self.toc],
            "llm_cache_keys": list(self.answer_keys),
        }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _headings(value: object) -> tuple[Section, ...]:
    try:
        return tuple(map(Section.from_json, _objects(value)))
    except (TypeError, ValueError):
        return ()
