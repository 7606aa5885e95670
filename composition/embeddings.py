"""Makes the embedding model and the reranker that the settings name."""

from typing import TYPE_CHECKING, Any

from composition.model_servers import embedding_server
from config import Settings
from embeddings.base import Embedder
from embeddings.reranking import HttpReranker, LocalReranker, Reranker

if TYPE_CHECKING:
    from embeddings.openai import OpenAIEmbedder

PROBE_TEXT = "ping"
PROBE_TIMEOUT_SECONDS = 20.0


#: A person who waits learns within ten seconds that the API doesn't answer.
PERSON_TIMEOUT_SECONDS = 8.0


def make_embedder(settings: Settings, *, a_person_waits: bool = False) -> Embedder:
    """Imports only what the chosen one needs: the API's client costs 0.9 s of CPU, a local model more."""
    if settings.embedding_provider == "openai":
        limits = {"max_retries": 0, "timeout_seconds": PERSON_TIMEOUT_SECONDS} if a_person_waits else {}
        return _of_openai(settings, **limits)
    if settings.embedding_provider in ("local", "fastembed"):
        from embeddings.local import LocalEmbedder

        return LocalEmbedder(
            settings.local_embedding_model,
            query_prefix=settings.embedding_query_prefix,
            passage_prefix=settings.embedding_passage_prefix,
            library="fastembed" if settings.embedding_provider == "fastembed" else None,
        )
    from embeddings.static import StaticEmbedder

    return StaticEmbedder()


def make_reranker(settings: Settings) -> Reranker | None:
    """A server's when an address is given, a local one when only a model is, else none."""
    if settings.rerank_url:
        key = settings.rerank_api_key.get_secret_value() if settings.rerank_api_key else None
        return HttpReranker(settings.rerank_url, settings.rerank_model, key)
    return LocalReranker(settings.rerank_model) if settings.rerank_model else None


def ask_for_one_vector(settings: Settings) -> None:
    """Raises errors.TransientError, or DeploymentError, while the embeddings API would embed no document either.
    Embedders of this machine are always there."""
    if settings.embedding_provider == "openai":
        impatient = {"max_retries": 0, "timeout_seconds": PROBE_TIMEOUT_SECONDS}
        _of_openai(settings, **impatient).embed([PROBE_TEXT])


def _of_openai(settings: Settings, **options: Any) -> "OpenAIEmbedder":
    from embeddings.openai import OpenAIEmbedder

    return OpenAIEmbedder(
        settings.openai_embedding_model,
        embedding_server(settings),
        query_prefix=settings.embedding_query_prefix or "",
        passage_prefix=settings.embedding_passage_prefix or "",
        **options,
    )
