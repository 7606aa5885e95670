"""What documents leave behind: objects by prefix, items of the table, points and their size."""

from typing import Any

import httpx

from benchmarks.dynamodb_units import item_bytes
from benchmarks.stack import client

#: So many points tell what one is like.
SAMPLED_POINTS = 200


def footprint(env: dict[str, str]) -> dict[str, Any]:
    """Of everything in a stack's bucket and table and in its Qdrant.

    `objects` by first folder: count and bytes. `table`: items, bytes, and the largest item that a document's state is
    kept in (`document_item_bytes`). `collections` by name: points, dimensions, bytes of a payload as JSON.
    """
    return {"objects": _objects(env), "table": _table(env), "collections": _collections(env["QDRANT_URL"])}


def _objects(env: dict[str, str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    pages = client("s3", env).get_paginator("list_objects_v2").paginate(Bucket=env["AWS_S3_BUCKET_NAME"])
    for page in pages:
        for item in page.get("Contents", []):
            one = found.setdefault(item["Key"].partition("/")[0], {"count": 0, "bytes": 0})
            one["count"] += 1
            one["bytes"] += item["Size"]
    return found


def _table(env: dict[str, str]) -> dict[str, int]:
    pages = client("dynamodb", env).get_paginator("scan").paginate(TableName=env["STATUS_TABLE_NAME"])
    items = [item for page in pages for item in page["Items"]]
    documents = [item_bytes(item) for item in items if "state" in item]
    return {
        "items": len(items),
        "bytes": sum(map(item_bytes, items)),
        "document_item_bytes": max(documents, default=0),
    }


def _collections(url: str) -> dict[str, dict[str, float]]:
    found = {}
    with httpx.Client(base_url=url, timeout=60) as http:
        for collection in http.get("/collections").json()["result"]["collections"]:
            name = collection["name"]
            body = {"limit": SAMPLED_POINTS, "with_payload": True, "with_vector": False}
            info = http.get(f"/collections/{name}").json()["result"]
            count = http.post(f"/collections/{name}/points/count", json={"exact": True}).json()["result"]["count"]
            answer = http.post(f"/collections/{name}/points/scroll", json=body)
            points = answer.json()["result"]["points"]
            vectors = info["config"]["params"]["vectors"]
            sizes = [vectors["size"]] if "size" in vectors else [one["size"] for one in vectors.values()]
            found[name] = {
                "points": count,
                "dimensions": sum(sizes),
                "payload_bytes": len(answer.content) / len(points) if points else 0.0,
            }
    return found
