"""The problem details that the API answers with, documented field by field: RFC 9457."""

from pydantic import Field

from web.api.operations import Model


class FieldFault(Model):
    """What is wrong with one field."""

    field: str = Field(description="Its name, with dots.")
    message: str = Field(description="What is wrong with it.")


class Problem(Model):
    """Problem details, RFC 9457."""

    type: str = Field(description="An address of this API that explains the code.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong with this request.")
    code: str = Field(description="The kind of problem.")
    request_id: str = Field(description="As in the header X-Request-Id; the server's log has it.")
    errors: list[FieldFault] | None = Field(default=None, description="With `bad_request`: the wrong fields.")
