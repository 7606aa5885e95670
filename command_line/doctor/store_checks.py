"""Qdrant, its collections against the embedding model, the model itself, and the model's server."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from command_line.doctor.findings import Check, Finding, Verdict
from command_line.output import counted
from composition.model_servers import embedding_server, llm_server
from composition.outages import address_of, without_password
from config import Settings
from embeddings.base import Embedder
from embeddings.bm25 import Bm25Encoder
from foundation.errors import FailureCode, SetupError, TransientError
from vector_stores.base import VectorStore
from vector_stores.collection import DENSE
from vector_stores.folders import MAX_NAMED_SOURCES, SOURCE_FOLDERS
from vector_stores.haystack.qdrant_store import HaystackQdrantStore
from vector_stores.pdf_pages_store import PdfPagesStore
from vector_stores.place import is_of_version_0_1, physical_name
from vector_stores.semantic_store import SemanticStore
from vector_stores.server_version import version_fault

TIMEOUT_SECONDS = 10.0


def store_checks(settings: Settings, embedder: Callable[[], Embedder]) -> Iterator[Check]:
    """Embeddings before collections, which are compared with them. `embedder` is only called by the checks."""
    llm, vectors = llm_server(settings), embedding_server(settings)
    yield Check(
        "embeddings", lambda: _embeddings(settings, embedder()), "EMBEDDING_PROVIDER", settings.embedding_provider,
        address_of("embeddings", settings) if settings.embedding_provider == "openai" else None,
        f"correct {vectors.key_setting}, {vectors.url_setting} or OPENAI_EMBEDDING_MODEL,"
        " or choose another EMBEDDING_PROVIDER",
    )  # fmt: skip
    setting = "QDRANT_URL" if settings.qdrant_url else "QDRANT_HOST"
    address = without_password(settings.qdrant_address)
    yield Check(
        "qdrant", lambda: _collections(settings, embedder()), setting, address, address,
        f"start Qdrant there, or correct {setting}",
    )  # fmt: skip
    if settings.enrichment == "llm":
        yield Check(
            "model server", lambda: _model_server(settings), llm.url_setting, llm.base_url,
            without_password(llm.address),
            f"correct {llm.key_setting} or {llm.url_setting}, or choose ENRICHMENT=extractive",
        )  # fmt: skip
    else:
        message = "not needed: ENRICHMENT=extractive"
        yield Check("model server", lambda: [Finding("model server", Verdict.SKIPPED, message)])


def compare_collection(
    alias: str, embedder_name: str, dimensions: int, aliases: Mapping[str, str], sizes: Mapping[str, int | None]
) -> Finding:
    """Whether the collection that an alias names holds this model's vectors. `sizes` are dimensions by collection.

    Pure.
    """
    current, expected = aliases.get(alias), physical_name(alias, embedder_name, Bm25Encoder.name)
    if current is None and alias in sizes:
        return Finding(
            alias, Verdict.WRONG, "is a collection that this program did not make", None, alias, None,
            "delete or rename it, or choose another name with QDRANT_…_COLLECTION",
        )  # fmt: skip
    if current is None:
        return Finding(alias, Verdict.OK, "is not there yet; the first document makes it")
    if is_of_version_0_1(current, alias, embedder_name):
        return Finding(
            alias, Verdict.OK,
            f"{current} is version 0.1.0's and goes on as it was made; `leafmill stores migrate-embeddings` renews it",
        )  # fmt: skip
    if current != expected:
        return Finding(
            alias, Verdict.WRONG, f"holds vectors of another model ({current}) than {embedder_name}",
            "EMBEDDING_PROVIDER", embedder_name, None,
            "set the model back, or run `leafmill stores migrate-embeddings`",
        )  # fmt: skip
    if sizes.get(current) != dimensions:
        return Finding(
            alias, Verdict.WRONG,
            f"the collection takes vectors of {sizes.get(current)} dimensions, {embedder_name} makes {dimensions}",
            "OPENAI_EMBEDDING_MODEL", embedder_name, None,
            "choose another model, or delete the collection and ingest again",
        )  # fmt: skip
    return Finding(alias, Verdict.OK, f"{current}: {dimensions} dimensions")


def _embeddings(settings: Settings, embedder: Embedder) -> Iterator[Finding]:
    (vector,) = embedder.embed(["Is anybody there?"])
    message = f"{embedder.name} answers with vectors of {len(vector)} dimensions"
    yield Finding("embeddings", Verdict.OK, message, "EMBEDDING_PROVIDER", settings.embedding_provider)


def _collections(settings: Settings, embedder: Embedder) -> Iterator[Finding]:
    root = settings.qdrant_address.rstrip("/")
    headers = {"api-key": _reveal(settings.qdrant_api_key)} if settings.qdrant_api_key else {}
    names = [one["name"] for one in _get(f"{root}/collections", headers, "qdrant")["result"]["collections"]]
    found = _get(f"{root}/aliases", headers, "qdrant")["result"]["aliases"]
    address = without_password(root)
    if fault := version_fault(_get(f"{root}/", headers, "qdrant").get("version")):
        yield Finding("qdrant", Verdict.WRONG, fault, "QDRANT_URL", address, address, "update the Qdrant server")
    else:
        yield Finding("qdrant", Verdict.OK, f"answers; it has {len(names)} collections", "QDRANT_URL", address, address)
    aliases = {one["alias_name"]: one["collection_name"] for one in found}
    ours = {
        settings.qdrant_pages_collection: PdfPagesStore,
        settings.qdrant_semantic_collection: SemanticStore,
        settings.qdrant_haystack_collection: HaystackQdrantStore,
    }
    wanted = {aliases.get(alias, alias) for alias in ours}.intersection(names)
    found_collections = {name: _get(f"{root}/collections/{name}", headers, "qdrant")["result"] for name in wanted}
    sizes = {name: _size(described) for name, described in found_collections.items()}
    for alias, store in ours.items():
        yield compare_collection(alias, embedder.name, embedder.dimensions, aliases, sizes)
        name = aliases.get(alias)
        if name in found_collections:
            yield from _folders(f"{root}/collections/{name}", headers, alias, store, found_collections[name])


def _folders(
    url: str, headers: Mapping[str, str], alias: str, store: type[VectorStore], described: Mapping[str, Any]
) -> Iterator[Finding]:
    """Nothing where every point says its folders. Without an index on them, asking would read every point."""
    field = f"{store.metadata_field}.{SOURCE_FOLDERS}"
    if not described.get("points_count"):
        return
    count = None
    if field in described["payload_schema"]:
        only = {"must": [{"is_empty": {"key": field}}]}
        asked = {"key": f"{store.metadata_field}.source", "filter": only, "limit": MAX_NAMED_SOURCES}
        count = len(_get(f"{url}/facet", headers, "qdrant", asked=asked)["result"]["hits"])
    if count != 0:
        documents = counted(count, "document") if count else "documents"
        yield Finding(
            alias, Verdict.WARNING,
            f"has {documents} of an older version, which take longer to find with keys that are limited to a folder",
            None, None, None, "`leafmill stores fill-folders`",
        )  # fmt: skip


def _size(described: Mapping[str, Any]) -> int | None:
    vectors = described["config"]["params"].get("vectors") or {}
    size = vectors.get(DENSE, {}).get("size")
    return int(size) if size else None


def _model_server(settings: Settings) -> Iterator[Finding]:
    server = llm_server(settings)
    root = server.address.rstrip("/")
    headers = {"Authorization": f"Bearer {server.api_key}"} if server.api_key else {}
    listed = _get(f"{root}/models", headers, "llm", server.key_setting).get("data")
    yield Finding(
        "model server", Verdict.OK, "answers", server.url_setting, without_password(root), without_password(root)
    )
    models = {one.get("id") for one in listed} if isinstance(listed, list) else set()
    if models and settings.llm_model_name not in models:
        yield Finding(
            "model", Verdict.WARNING, "the server does not list it", "LLM_MODEL_NAME", settings.llm_model_name,
            without_password(root),
            f"it lists {', '.join(sorted(map(str, models))[:5])}{' …' if len(models) > 5 else ''}",
        )  # fmt: skip


def _get(
    url: str,
    headers: Mapping[str, str],
    dependency: str,
    key_setting: str = "QDRANT_API_KEY",
    asked: Mapping[str, Any] | None = None,
) -> Any:
    """The JSON at an address; `asked` is posted. Raises TransientError when nothing answers, SetupError if refused."""
    try:
        body = json.dumps(asked).encode() if asked else None
        sent = {**headers, "Content-Type": "application/json"} if body else dict(headers)
        request = urllib.request.Request(url, body, sent)  # noqa: S310 (addresses come from settings)
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        reason = f" ({key_setting} is refused)" if error.code in (401, 403) else ""
        kind = TransientError if error.code >= 500 else SetupError
        message = f"{dependency} answers HTTP {error.code}{reason}"
        raise kind(FailureCode.STORE_FAILED, message, dependency=dependency) from None
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "reason", error))
        message = f"{dependency} does not answer: {reason}"
        raise TransientError(FailureCode.STORE_FAILED, message, dependency=dependency) from None


def _reveal(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
