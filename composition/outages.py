"""Says what can't be reached so that a person can act on it: the address, and the setting that names it."""

from urllib.parse import urlsplit, urlunsplit

from composition.model_servers import embedding_server, llm_server
from config import Settings
from foundation.errors import SetupError, TransientError


def describe_outage(error: TransientError, settings: Settings | None) -> str:
    """One sentence: what was tried, where, and what to look at. Without settings, no address. Pure."""
    if isinstance(error, SetupError):
        return str(error)
    address = address_of(error.dependency, settings) if settings and error.dependency else ""
    question = f"is {error.dependency or 'the service'} up?"
    return f"{error} ({address}; {question})" if address else f"{error} ({question})"


def address_of(dependency: str, settings: Settings) -> str:
    """`SETTING=address` of what an error calls `aws`, `qdrant`, `llm` or `embeddings`; else empty. Pure."""
    if dependency == "aws":
        if settings.aws_endpoint_url:
            return f"AWS_ENDPOINT_URL={without_password(settings.aws_endpoint_url)}"
        return f"AWS_REGION={settings.aws_region}"
    if dependency == "qdrant":
        if settings.qdrant_url:
            return f"QDRANT_URL={without_password(settings.qdrant_url)}"
        return f"QDRANT_HOST={settings.qdrant_host}, QDRANT_PORT={settings.qdrant_port}"
    if dependency in ("llm", "embeddings"):
        server = llm_server(settings) if dependency == "llm" else embedding_server(settings)
        return f"{server.url_setting}={without_password(server.address)}"
    return ""


def without_password(url: str) -> str:
    """The address with `***` for what stands before an @ in it. Pure."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc="***@" + parts.netloc.rpartition("@")[2]))
