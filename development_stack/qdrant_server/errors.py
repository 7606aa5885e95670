"""Why a request is refused, with the status and the wording that Qdrant gives it."""


class RefusalError(Exception):
    """A request that is not carried out. Answered with `status` and Qdrant's error envelope."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequestError(RefusalError):
    """The body or a parameter is not what Qdrant's API describes, or the engine cannot do it with this collection."""


class UnauthorizedError(RefusalError):
    """The API key is missing or wrong."""

    status = 401


class NotFoundError(RefusalError):
    """A collection or a point that is not there."""

    status = 404


class ConflictError(RefusalError):
    """Something of this name exists."""

    status = 409


class InvalidError(RefusalError):
    """The body has the right form and a value that is not allowed."""

    status = 422


class NotSpokenError(RefusalError):
    """Part of Qdrant's API that this server does not speak. The message names it."""

    status = 501


class EngineError(RefusalError):
    """The engine failed at something that the request is not to blame for."""

    status = 500


#: Beginnings of the engine's messages, which has one exception type for all, and what a server answers them with.
_KINDS: tuple[tuple[str, type[RefusalError], str], ...] = (
    ("No point with id", NotFoundError, "Not found: "),
    ("No appropriate index", BadRequestError, "Bad request: "),
    ("No range index", BadRequestError, "Bad request: "),
    ("Service runtime error", EngineError, ""),
    ("IO error", EngineError, "Service internal error: "),
    ("Out of memory", EngineError, "Service internal error: "),
)


def of_engine(error: Exception) -> RefusalError:
    """The answer to what the engine raised."""
    message = str(error)
    for start, kind, prefix in _KINDS:
        if message.startswith(start):
            return kind(f"{prefix}{message}")
    return BadRequestError(f"Wrong input: {message}")


def collection_missing(name: str) -> NotFoundError:
    return NotFoundError(f"Not found: Collection `{name}` doesn't exist!")
