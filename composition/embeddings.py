"""Makes the embedder that the settings name."""

from config import Settings
from embeddings.base import Embedder


def make_embedder(settings: Settings) -> Embedder:
    """Imports only what the chosen one needs: the API's client costs 0.9 s of CPU, a local model more."""
    if settings.embedding_provider == "openai":
        from embeddings.openai import OpenAIEmbedder

        key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
        return OpenAIEmbedder(settings.openai_embedding_model, api_key=key, base_url=settings.openai_base_url)
    if settings.embedding_provider == "fastembed":
        from embeddings.fastembed import FastEmbedEmbedder

        return FastEmbedEmbedder()
    from embeddings.lexical import LexicalEmbedder

    return LexicalEmbedder()
