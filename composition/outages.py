"""Says what can't be reached so that a person can act on it: the address, and the setting that names it."""

import re
from urllib.parse import urlsplit, urlunsplit

from composition.model_servers import embedding_server, llm_server
from config import Settings
from foundation.errors import SetupError, TransientError

#: What people call what an error calls its `dependency`.
_SERVICES = {"aws": "AWS", "qdrant": "Qdrant", "llm": "the model's server", "embeddings": "the embeddings' server"}
#: Errors of botocore, httpx and openai by their names, which say little to people.
_WORDS = {
    "APIConnectionError": "no connection to the model's server",
    "APITimeoutError": "the model's server did not answer in time",
    "EndpointConnectionError": "no connection",
    "ConnectError": "no connection",
    "ConnectTimeout": "no connection in time",
    "ConnectTimeoutError": "no connection in time",
    "ReadTimeout": "no answer in time",
    "ReadTimeoutError": "no answer in time",
    "ConnectionClosedError": "the connection was closed",
    "RemoteProtocolError": "the connection was closed",
}
_LIBRARY_ERRORS = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b")


def describe_outage(error: TransientError, settings: Settings | None) -> str:
    """One sentence: what was tried, where, and what to look at. Without settings, no address. Pure."""
    if isinstance(error, SetupError):
        return str(error)
    address = address_of(error.dependency, settings) if settings and error.dependency else ""
    if error.dependency not in (None, *_SERVICES):
        return str(error)  # a disk is not asked whether it is up
    question = f"is {_SERVICES.get(error.dependency or '', 'the service')} up?"
    if settings and error.dependency == "aws" and settings.aws_endpoint_url and _is_here(settings.aws_endpoint_url):
        question = "has that local stack ended? `leafmill up` starts one"
    said = _LIBRARY_ERRORS.sub(lambda found: _WORDS[found.group()], str(error))
    return f"{said} ({address}; {question})" if address else f"{said} ({question})"


def _is_here(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


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
