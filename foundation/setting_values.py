"""Kinds of values that settings have, as types that pydantic checks."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from foundation.store_names import StoreName, parse_store_names

#: What signs sessions must not be guessed: a person who does can sign in without the password.
MIN_SECRET_KEY_CHARACTERS = 32
#: Qdrant's REST interface: https://qdrant.tech/documentation/guides/configuration/
QDRANT_PORT = 6333


def _host_names(value: Any) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    return tuple(name.strip().lower() for name in names if name.strip())


def _with_slash(value: str) -> str:
    if not value.endswith("/") or value.startswith("/"):
        raise ValueError("must end with a slash and not start with one, as source-pdfs/ does")
    return value


#: `all`, or a comma list.
StoreNames = Annotated[tuple[StoreName, ...], NoDecode, BeforeValidator(parse_store_names)]
#: A comma list, in lower case.
HostNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_host_names)]
#: A folder of the bucket, with a slash behind it.
KeyPrefix = Annotated[str, AfterValidator(_with_slash)]


def with_port(url: str) -> str:
    """`url` with Qdrant's own port where it names none: that is where Qdrant's clients go, whatever the scheme."""
    parts = urlsplit(url)
    try:
        if not parts.hostname or parts.port is not None:
            return url
    except ValueError:  # a port that is no number: the first call says so
        return url
    return parts._replace(netloc=f"{parts.netloc.removesuffix(':')}:{QDRANT_PORT}").geturl()
