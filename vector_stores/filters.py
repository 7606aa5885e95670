"""What a search or a scroll is limited to, as Qdrant filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vector_stores.folders import SOURCE_FOLDERS

if TYPE_CHECKING:
    from qdrant_client import models


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Limits of a search; None doesn't limit. Pages are counted from 1, both ends included."""

    source: str | None = None  # an S3 key
    source_prefix: str | None = None  # what S3 keys begin with, byte by byte
    document_id: str | None = None
    document_ids: tuple[str, ...] | None = None  # any of these
    category: str | None = None
    language: str | None = None  # ISO 639-1, as `metadata.language` says
    first_page: int | None = None
    last_page: int | None = None


#: Everything is searched.
NO_LIMITS = SearchFilter()


def holds(metadata: Mapping[str, Any], wanted: SearchFilter) -> bool:
    """Whether a point that is at hand is within the limits, as Qdrant would say it. Pure."""
    if any(value is not None and metadata.get(field) != value for field, value in _exact(wanted).items()):
        return False
    if wanted.document_ids is not None and metadata.get("document_id") not in wanted.document_ids:
        return False
    if wanted.source_prefix is not None and not str(metadata.get("source") or "").startswith(wanted.source_prefix):
        return False
    pages = metadata.get("pages_spanned") or [metadata.get("page") or 0]
    return any((wanted.first_page or page) <= page <= (wanted.last_page or page) for page in pages)


def _exact(wanted: SearchFilter) -> dict[str, Any]:
    """Field of the metadata → the value that it must have, None for any."""
    return {
        "document_id": wanted.document_id,
        "source": wanted.source,
        "constrained_category": wanted.category,
        "language": wanted.language,
    }


def conditions(
    root: str,
    *,
    document_id: str | None = None,
    generations: Sequence[str] | None = None,
    active: bool | None = None,
    wanted: SearchFilter | None = None,
    sources: Sequence[str] = (),
) -> "models.Filter":
    """All that is given must hold. `root` is the payload's field that holds the metadata.

    `sources` are documents that begin with the `source_prefix` wanted, and that no folder of their points tells of.
    """
    from qdrant_client import models

    wanted = wanted or SearchFilter()
    exact = {**_exact(wanted), "active": active}
    exact["document_id"] = document_id or wanted.document_id
    must: list[models.Condition] = [
        models.FieldCondition(key=f"{root}.{field}", match=models.MatchValue(value=value))
        for field, value in exact.items()
        if value is not None
    ]
    if wanted.document_ids is not None:
        must.append(
            models.FieldCondition(key=f"{root}.document_id", match=models.MatchAny(any=list(wanted.document_ids)))
        )
    if wanted.source_prefix is not None:
        must.append(_beginning_with(root, wanted.source_prefix, sources))
    if generations is not None:
        must.append(
            models.FieldCondition(key=f"{root}.generation", match=models.MatchAny(any=list(generations)))
        )  # fmt: skip
    if wanted.first_page is not None or wanted.last_page is not None:
        pages = models.Range(gte=wanted.first_page, lte=wanted.last_page)
        # A chunk is on every page that it spans; a page has only its number.
        fields = (f"{root}.page", f"{root}.pages_spanned")
        must.append(models.Filter(should=[models.FieldCondition(key=field, range=pages) for field in fields]))
    return models.Filter(must=must)


def _beginning_with(root: str, prefix: str, sources: Sequence[str]) -> "models.Condition":
    """Points in the folder `prefix`, and those of `sources`. A prefix that ends within a name is no folder."""
    from qdrant_client import models

    ways: list[models.Condition] = []
    if prefix.endswith("/"):
        ways.append(models.FieldCondition(key=f"{root}.{SOURCE_FOLDERS}", match=models.MatchValue(value=prefix)))
    if sources or not ways:
        ways.append(models.FieldCondition(key=f"{root}.source", match=models.MatchAny(any=list(sources))))
    return models.Filter(should=ways)
