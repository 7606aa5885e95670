"""The folders that a document's S3 key is in, as a payload field: what a search of one folder is limited by.

    source-pdfs/a/b/x.pdf → source-pdfs/, source-pdfs/a/, source-pdfs/a/b/

Qdrant matches the beginning of a value from 1.19 on only (`match.prefix`); a folder in a list of keywords every server
matches. Points of 0.2.0 and before have no such field. `fill_folders` gives it to them; until then their documents are
named in the filter (`unfilled_sources`), so that a search of their folder finds them as well.
"""

from typing import TYPE_CHECKING

from foundation.errors import DeploymentError, FailureCode
from vector_stores.client import QdrantConnection

if TYPE_CHECKING:
    from qdrant_client import QdrantClient, models

#: The field of the metadata.
SOURCE_FOLDERS = "source_folders"
#: Documents that one filter names, at most: a request of about a megabyte.
MAX_NAMED_SOURCES = 10_000
_FILLED_AT_ONCE = 500


def folders_of(source: str) -> list[str]:
    """Every beginning of an S3 key that ends in a slash, the shortest first. Pure."""
    return [source[: at + 1] for at, character in enumerate(source) if character == "/"]


def unfilled(root: str) -> "models.Filter":
    """Points that don't say their folders. `root` is the payload's field that holds the metadata."""
    from qdrant_client import models

    return models.Filter(
        must=[models.IsEmptyCondition(is_empty=models.PayloadField(key=f"{root}.{SOURCE_FOLDERS}"))],
    )


def sources_of(connection: QdrantConnection, collection: str, root: str, wanted: "models.Filter") -> list[str]:
    """The documents of the points that the filter lets through. A collection that isn't there has none.

    Raises DeploymentError when they are more than MAX_NAMED_SOURCES.
    """
    sources = _some_sources(connection, collection, root, wanted, MAX_NAMED_SOURCES + 1)
    if len(sources) > MAX_NAMED_SOURCES:
        raise DeploymentError(
            FailureCode.STORE_FAILED,
            f"a search can name {MAX_NAMED_SOURCES:,} documents, and more are meant:"
            " run `leafmill stores fill-folders`, and let prefixes end in a slash",
            dependency="collections",
        )
    return sources


def fill_folders(connection: QdrantConnection, collection: str, root: str) -> int:
    """Give every point of a collection the folders of its source; how many documents lacked them.

    Nothing is embedded. It may be repeated and interrupted, and workers may write meanwhile.
    """
    if connection.find(lambda client: client.get_collection(collection)) is None:
        return 0
    connection.run(lambda client: _index_folders(client, collection, root))
    filled: set[str] = set()
    while True:
        found = _some_sources(connection, collection, root, unfilled(root), _FILLED_AT_ONCE)
        # A key in no folder has nothing to be filled with and would be met again.
        sources = [source for source in found if folders_of(source)]
        if not sources:
            return len(filled)
        _fill(connection, collection, root, sources)
        filled.update(sources)


def _some_sources(
    connection: QdrantConnection, collection: str, root: str, wanted: "models.Filter", limit: int
) -> list[str]:
    found = connection.find(lambda client: client.facet(collection, f"{root}.source", wanted, limit=limit, exact=True))
    return sorted(str(hit.value) for hit in found.hits) if found else []


def _index_folders(client: "QdrantClient", collection: str, root: str) -> None:
    from qdrant_client import models

    client.create_payload_index(collection, f"{root}.{SOURCE_FOLDERS}", field_schema=models.PayloadSchemaType.KEYWORD)


def _fill(connection: QdrantConnection, collection: str, root: str, sources: list[str]) -> None:
    from qdrant_client import models

    operations = [
        models.SetPayloadOperation(
            set_payload=models.SetPayload(
                payload={SOURCE_FOLDERS: folders_of(source)},
                key=root,
                filter=models.Filter(
                    must=[models.FieldCondition(key=f"{root}.source", match=models.MatchValue(value=source))]
                ),
            )
        )
        for source in sources
    ]
    connection.run(lambda client: client.batch_update_points(collection, operations, wait=True))
