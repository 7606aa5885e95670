"""The recorded data itself."""

import gzip
import re

from qdrant_client import QdrantClient, models

from tests.support.release_data import DataSet


def test_its_points_are_put_into_a_server_as_they_were(data: DataSet, stack_env: dict[str, str]) -> None:
    """Those of 0.1.0 come from an embedded store, which keeps less of a collection's configuration than a server."""
    client = QdrantClient(url=stack_env["QDRANT_URL"], check_compatibility=False)
    for collection in data.collections():
        info = client.get_collection(collection["alias"])
        indexes = {field: schema.data_type.value for field, schema in info.payload_schema.items()}
        assert indexes == collection["payload_indexes"]
        assert info.config.metadata == collection["metadata"]
        assert info.config.params.sparse_vectors == {
            "text-sparse": models.SparseVectorParams(modifier=models.Modifier.IDF)
        }
        stored = data.points(collection["name"])
        assert info.points_count == len(stored)
        wanted = models.SparseVector(**stored[0]["sparse"]["text-sparse"])
        found = client.query_points(collection["alias"], query=wanted, using="text-sparse", limit=5).points
        assert stored[0]["id"] in [str(point.id) for point in found]
    client.close()


def test_the_data_is_small_and_tells_of_no_machine(data: DataSet) -> None:
    files = [path for path in data.folder.parent.rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) < 3_000_000
    for path in files:
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert not re.search(rb"127\.0\.0\.1|localhost|[\"= ]/(home|root|tmp|work|Users)/", body), path
