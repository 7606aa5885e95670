"""What was searched for a question, to be shown when nothing was found. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from answers.places import label_of
from answers.reader_links import reader_path
from answers.snippets import page_of
from foundation.store_names import StoreName
from vector_stores.filters import SearchFilter
from vector_stores.points import Hit

#: Pages that are named; more would be the search itself.
MAX_NEAREST = 3


@dataclass(frozen=True, slots=True)
class NearPage:
    """A page that came nearest. `similarity` is the cosine, 0 where vectors weren't asked."""

    document_id: str
    filename: str
    page: int
    page_label: str
    path: str
    similarity: float
    link: str

    def to_json(self) -> dict[str, Any]:
        return {
            "document": self.document_id,
            "filename": self.filename,
            "page": self.page,
            "page_label": self.page_label,
            "path": self.path,
            "similarity": self.similarity,
            "link": self.link,
        }


@dataclass(frozen=True, slots=True)
class Searched:
    """`limits` are the filters by name; empty: all documents. `passages` were found, the best of them this similar."""

    store: StoreName
    limits: Mapping[str, str]
    passages: int
    best_similarity: float
    nearest: tuple[NearPage, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "store": self.store,
            "limits": dict(self.limits),
            "passages": self.passages,
            "best_similarity": self.best_similarity,
            "nearest": [page.to_json() for page in self.nearest],
        }

    def sentence(self) -> str:
        """`Searched all documents in the store semantic: 10 passages, the best with a similarity of 0.21.`"""
        limited = ", ".join(f"{name} {value}" for name, value in self.limits.items())
        where = f"Searched {limited or 'all documents'} in the store {self.store}"
        if not self.passages:
            return f"{where}: no passage was found."
        count = "1 passage" if self.passages == 1 else f"{self.passages} passages"
        nearest = "; ".join(f"{page.filename}, p. {page.page_label}" for page in self.nearest)
        best = f", the best with a similarity of {self.best_similarity:.2f}" if self.best_similarity else ""
        return f"{where}: {count}{best}. Nearest: {nearest}."


def searched(question: str, store: StoreName, wanted: SearchFilter, hits: Sequence[Hit]) -> Searched:
    """`hits` come from a search that explains, best first."""
    nearest: dict[tuple[str, int], NearPage] = {}
    for hit in hits:
        page = page_of(question, hit)
        metadata = hit.metadata
        document_id = str(metadata.get("document_id") or "")
        if (document_id, page) not in nearest and len(nearest) < MAX_NEAREST:
            passage = hit.id if "chunk_index" in metadata else None
            nearest[document_id, page] = NearPage(
                document_id=document_id,
                filename=str(metadata.get("filename") or ""),
                page=page,
                page_label=label_of(page, metadata),
                path=str(metadata.get("heading_path") or ""),
                similarity=round(hit.dense_score, 4),
                link=reader_path(document_id, page, question, passage),
            )
    best = max((hit.dense_score for hit in hits), default=0.0)
    return Searched(store, limits_of(wanted), len(hits), round(best, 4), tuple(nearest.values()))


def limits_of(wanted: SearchFilter) -> dict[str, str]:
    """The filters that are set, in people's words."""
    documents = wanted.document_ids
    pages = ""
    if wanted.first_page is not None or wanted.last_page is not None:
        pages = f"{wanted.first_page or 1} to {wanted.last_page or 'the last'}"
    named = {
        "document": wanted.source or wanted.document_id or "",
        "folder": wanted.source_prefix or "",
        "documents": f"{len(documents)} chosen" if documents is not None else "",
        "category": wanted.category or "",
        "language": wanted.language or "",
        "pages": pages,
    }
    return {name: value for name, value in named.items() if value}
