"""The answers that a model must give, as pydantic models.

They keep to what strict structured outputs allow: every property required, none added, no bounds. Bounds are applied
to what comes back.
"""

from functools import lru_cache
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from model_api.fence import clean

MAX_SUMMARY_CHARACTERS = 4_000
MAX_CONTEXT_CHARACTERS = 600
MAX_NAME_CHARACTERS = 200
MAX_NAMES = 30


def _text(limit: int) -> AfterValidator:
    def tidy(value: str) -> str:
        value = clean(value)[:limit].strip()
        if not value:
            raise ValueError("must not be empty")
        return value

    return AfterValidator(tidy)


def _tidy_name(value: str | None) -> str | None:
    value = " ".join(clean(value or "").split())[:MAX_NAME_CHARACTERS].strip()
    return None if value.casefold() in ("", "none", "null", "n/a") else value


def _tidy_names(values: list[str]) -> list[str]:
    """Each name once (whatever its case), in the order given."""
    names = [name for name in map(_tidy_name, values) if name]
    return list({name.casefold(): name for name in reversed(names)}.values())[::-1][:MAX_NAMES]


Name = Annotated[str | None, AfterValidator(_tidy_name)]
Names = Annotated[list[str], AfterValidator(_tidy_names)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PageAnswer(_Answer):
    """What a page is about and where it belongs."""

    context: Annotated[str, _text(MAX_CONTEXT_CHARACTERS)]


class SectionAnswer(_Answer):
    """What a part of a document says."""

    summary: Annotated[str, _text(MAX_SUMMARY_CHARACTERS)]


class DocumentAnswer(_Answer):
    """What a whole document is. `constrained_category` exists only where AppConfig lists categories."""

    source_book_title: Name
    summary: Annotated[str, _text(MAX_SUMMARY_CHARACTERS)]
    keywords: Names
    entities: Names
    questions: Names
    language: Annotated[Name, Field(description="ISO 639-1 code of the language that most of it is written in")]
    document_type: Annotated[Name, Field(description="one or two words, such as report, manual, rulebook, form")]
    automatic_category: Annotated[Name, Field(description="your own name for its subject, one to three words")]


@lru_cache
def document_answer(categories: tuple[str, ...]) -> type[DocumentAnswer]:
    """`DocumentAnswer` with `constrained_category`: one of `categories`, or null when none fits."""
    if not categories:
        return DocumentAnswer
    choice: Any = Literal[categories] | None
    return cast(
        type[DocumentAnswer],
        create_model("DocumentAnswer", __base__=DocumentAnswer, constrained_category=(choice, ...)),
    )
