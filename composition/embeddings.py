"""Makes the embedder that the settings name."""

from typing import TYPE_CHECKING, Any

from config import Settings
from embeddings.base import Embedder

if TYPE_CHECKING:
    from embeddings.openai import OpenAIEmbedder

PROBE_TEXT = "ping"
PROBE_TIMEOUT_SECONDS = 20.0


def make_embedder(settings: Settings) -> Embedder:
    """Imports only what the chosen one needs: the API's client costs 0.9 s of CPU, a local model more."""
    if settings.embedding_provider == "openai":
        return _of_openai(settings)
    if settings.embedding_provider == "fastembed":
        from embeddings.fastembed import FastEmbedEmbedder

        return FastEmbedEmbedder()
    from embeddings.lexical import LexicalEmbedder

    return LexicalEmbedder()


def ask_for_one_vector(settings: Settings) -> None:
    """Raises errors.TransientError, or DeploymentError, while the embeddings API would embed no document either.
    Embedders of this machine are always there."""
    if settings.embedding_provider == "openai":
        impatient = {"max_retries": 0, "timeout_seconds": PROBE_TIMEOUT_SECONDS}
        _of_openai(settings, **impatient).embed([PROBE_TEXT])


def _of_openai(settings: Settings, **options: Any) -> "OpenAIEmbedder":
    from embeddings.openai import OpenAIEmbedder

    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    return OpenAIEmbedder(settings.openai_embedding_model, api_key=key, base_url=settings.openai_base_url, **options)
