"""Where answers get passages and links from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from foundation.store_names import StoreName
from pdf_reader.link_record import LinkRecord
from vector_stores.filters import SearchFilter
from vector_stores.points import Hit


class Search(Protocol):
    def search(
        self, query: str, limit: int | None = None, wanted: SearchFilter | None = None, *, explain: bool = False
    ) -> list[Hit]: ...


@dataclass(frozen=True, slots=True)
class Retrieval:
    """`searcher` searches a store, `passages_by_id` gives what it serves of some ids, and `links` reads a document's
    links by its S3 key."""

    searcher: Callable[[StoreName], Search]
    passages_by_id: Callable[[StoreName, Sequence[str], SearchFilter], Sequence[Hit]]
    links: Callable[[str], Iterable[LinkRecord]]
