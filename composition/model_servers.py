"""Which server of OpenAI's protocol is asked for what: descriptions and answers may come from another than vectors."""

from pydantic import SecretStr

from config import Settings
from model_api.model_server import ModelServer

#: For servers that want no key, but get one from every client.
NO_KEY = "none"


def llm_server(settings: Settings) -> ModelServer:
    """Describes documents and answers questions."""
    return _choose(settings, "LLM", settings.llm_base_url, settings.llm_api_key)


def embedding_server(settings: Settings) -> ModelServer:
    """Makes vectors, with EMBEDDING_PROVIDER=openai."""
    return _choose(settings, "EMBEDDING", settings.embedding_base_url, settings.embedding_api_key)


def _choose(settings: Settings, name: str, base_url: str | None, api_key: SecretStr | None) -> ModelServer:
    """OPENAI_API_KEY is for OPENAI_BASE_URL: a server with an address of its own never gets to see it."""
    has_own_key = base_url is not None or api_key is not None
    key = api_key if has_own_key else settings.openai_api_key
    return ModelServer(
        base_url=base_url or settings.openai_base_url,
        api_key=key.get_secret_value() if key else None,
        url_setting=f"{name}_BASE_URL" if base_url else "OPENAI_BASE_URL",
        key_setting=f"{name}_API_KEY" if has_own_key else "OPENAI_API_KEY",
    )
