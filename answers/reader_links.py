"""Addresses of the panel's reader, below the panel's own address. Pure."""

from urllib.parse import quote, urlencode

#: The panel refuses a longer `q` (`web.views.reader.ReaderQuery`).
MAX_QUERY_CHARACTERS = 2_000


def reader_path(document_id: str, page: int, query: str = "", passage: str | None = None) -> str:
    """Where the reader shows a page (from 1), the sentences of `passage` that match `query` marked.

    `passage` is a point's id; None for what has none of its own, such as a page of the pages store.
    """
    given = {"q": query[:MAX_QUERY_CHARACTERS].strip(), "passage": passage}
    asked = urlencode({name: value for name, value in given.items() if value})
    path = f"/documents/{quote(document_id, safe='')}/pages/{page}"
    return f"{path}?{asked}" if asked else path
