"""What views take: query strings and JSON bodies, validated by a pydantic model; what is wrong is listed by field."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

from flask import request
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from foundation.question_text import question_text
from web.problems import bad_input

#: A question that can be asked; the message of one that can't is for the person who asks.
QuestionText = Annotated[str, AfterValidator(question_text)]
#: Ids of points.
UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

ModelT = TypeVar("ModelT", bound="Input")


class Input(BaseModel):
    """A request's parameters. Unknown ones are refused: a misspelt filter must not match everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_query(model: type[ModelT]) -> ModelT:
    """The query string; of a parameter that is repeated the first counts. Raises ProblemError(400)."""
    return _validated(model, request.args.to_dict())


def read_json(model: type[ModelT]) -> ModelT:
    """The JSON body. Raises ProblemError(400)."""
    value = request.get_json(silent=True)
    if not isinstance(value, dict):
        raise bad_input("A JSON object is expected, with Content-Type: application/json.")
    return _validated(model, value)


def _validated(model: type[ModelT], value: Mapping[str, object]) -> ModelT:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = {
            ".".join(str(part) for part in fault["loc"]) or "input": fault["msg"].removeprefix("Value error, ")
            for fault in error.errors(include_url=False, include_input=False)
        }
        raise bad_input("; ".join(f"{name}: {why}" for name, why in faults.items()), fields=faults) from None
