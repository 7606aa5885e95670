"""Failure codes as they are read: what was called otherwise before is found under both names."""

import re

from foundation.errors import FailureCode

#: Version 0.1.0 called failures of the embeddings API `store_failed`; their messages name it.
_EMBEDDINGS = re.compile(r"the embeddings API | answered \d+ vectors of ")


def code_today(code: str, message: str | None) -> str:
    """The code that this failure would get now."""
    if code == FailureCode.STORE_FAILED and _EMBEDDINGS.search(message or ""):
        return FailureCode.EMBEDDINGS_FAILED
    return code


def is_meant_by(asked: str, code: str, message: str | None) -> bool:
    """Whether a failure is one of those that somebody asks for by `asked`.

    `store_failed` still finds failures of embeddings, as commands and bookmarks of version 0.1.0 expect.
    """
    today = code_today(code, message)
    return asked in (code, today) or (asked == FailureCode.STORE_FAILED and today == FailureCode.EMBEDDINGS_FAILED)
