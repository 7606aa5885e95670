"""Questions: their schema, the key of their answer, how servers want them written, and what comes back."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from data_ingestion.enrichment.ports import DocumentBrief
from data_ingestion.enrichment.prompts import Prompts
from data_ingestion.enrichment.schema import DocumentAnswer, PageAnswer, SectionAnswer, document_answer
from foundation.app_config import parse_app_config
from model_api.dialect import Dialect, adapt
from model_api.faults import Fault, FaultKind
from model_api.reply import parse_stored, read_answer, read_tokens, stored_form
from model_api.request import ChatRequest, json_schema
from model_api.usage import Usage
from pdf_reader.document import DocumentFacts

#: What OpenAI's strict mode refuses in a schema.
NOT_STRICT = {"default", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format", "title", "$ref"}
REQUEST = ChatRequest("m", "system", "user", SectionAnswer, 0.0, 800)


@pytest.mark.parametrize("answer_type", [PageAnswer, SectionAnswer, DocumentAnswer, document_answer(("A", "B"))])
def test_schemas_keep_to_what_strict_outputs_allow(answer_type: type[BaseModel]) -> None:
    def check(schema: Any) -> None:
        assert not NOT_STRICT & schema.keys()
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False
            assert sorted(schema["required"]) == sorted(schema["properties"])
        for part in [
            *schema.get("properties", {}).values(),
            *schema.get("anyOf", []),
            *filter(None, [schema.get("items")]),
        ]:
            check(part)

    check(json_schema(answer_type))


def test_a_category_is_one_of_the_list_or_none() -> None:
    fields: dict[str, Any] = {
        **dict.fromkeys(("source_book_title", "language", "document_type", "automatic_category")),
        **{key: [] for key in ("keywords", "entities", "questions")},
        "summary": "s",
    }
    answer_type = document_answer(("Spells", "Items"))

    assert (
        answer_type.model_validate({**fields, "constrained_category": None}).model_dump()["constrained_category"]
        is None
    )
    assert isinstance(read(fields | {"constrained_category": "Spells"}, answer_type), answer_type)
    assert isinstance(read(fields | {"constrained_category": "Monsters"}, answer_type), Fault)
    assert "constrained_category" not in json_schema(document_answer(()))["properties"]


def test_names_are_tidied_and_kept_once() -> None:
    names = [" Goblin ", "goblin", "", "n/a", "x" * 500, *map(str, range(50))]
    answer = DocumentAnswer(
        source_book_title="None",
        summary="s",
        keywords=names,
        entities=[],
        questions=[],
        language=None,
        document_type="",
        automatic_category="A\nB",
    )

    assert answer.keywords[0] == "Goblin"
    assert len(answer.keywords) == 30
    assert max(map(len, answer.keywords)) == 200
    assert (answer.source_book_title, answer.document_type, answer.automatic_category) == (None, None, "A B")


def test_the_key_of_an_answer_does_not_change_from_one_release_to_the_next() -> None:
    """A changed key makes every stored answer be paid for again: change it knowingly, with KEY_VERSION."""
    assert REQUEST.key == "022f53bf39fb6f9a499af51f2fb3e2169d9a901b595f3b692ac2b62c6c82231b"


@pytest.mark.parametrize(
    "other",
    [
        ChatRequest("n", "system", "user", SectionAnswer, 0.0, 800),
        ChatRequest("m", "system.", "user", SectionAnswer, 0.0, 800),
        ChatRequest("m", "system", "user.", SectionAnswer, 0.0, 800),
        ChatRequest("m", "system", "user", PageAnswer, 0.0, 800),
        ChatRequest("m", "system", "user", SectionAnswer, 0.1, 800),
        ChatRequest("m", "system", "user", SectionAnswer, 0.0, 801),
        ChatRequest("m", "systemu", "ser", SectionAnswer, 0.0, 800),
    ],
)
def test_all_that_decides_an_answer_is_in_its_key(other: ChatRequest[Any]) -> None:
    assert other.key != REQUEST.key


def test_a_page_is_asked_about_alike_wherever_the_file_lies_and_whatever_its_number() -> None:
    config = parse_app_config(None)
    facts = DocumentFacts(1, title="T")
    one, other = (Prompts(config, "m", DocumentBrief(key, key, key, facts)) for key in ("a.pdf", "b.pdf"))

    assert one.page("Text.", ("A",)).key == other.page("Text.", ("A",)).key


@pytest.mark.parametrize(
    ("message", "parameter", "expected"),
    [
        (
            "Use 'max_completion_tokens' instead.",
            "max_tokens",
            Dialect(length_parameter="max_completion_tokens", length_is_settled=True),
        ),
        ("Only the default (1) value is supported.", "temperature", Dialect(takes_temperature=False)),
        ("response_format type json_schema is not supported", "", Dialect(format="json_object")),
        ("This response_format type is unavailable now", "", Dialect(format="json_object")),
        ("something else", "messages", None),
    ],
)
def test_a_rejection_teaches_how_to_ask(message: str, parameter: str, expected: Dialect | None) -> None:
    assert adapt(Dialect(), message, parameter) == expected


def test_every_dialect_tells_the_schema() -> None:
    for dialect in (Dialect(), Dialect(format="json_object"), Dialect(format="text")):
        assert "additionalProperties" in json.dumps(dialect.body(REQUEST, 800))
    assert adapt(Dialect(format="text"), "response_format", "") is None


def completion(content: Any, finish_reason: str = "stop", refusal: str | None = None) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    return {"choices": [{"message": message, "finish_reason": finish_reason}]}


def read(fields: dict[str, Any], answer_type: type[BaseModel]) -> BaseModel | Fault:
    return read_answer(completion(json.dumps(fields)), answer_type)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (completion(None, refusal="No."), FaultKind.REFUSED),
        (completion('{"summary": "s"}', finish_reason="content_filter"), FaultKind.REFUSED),
        (completion('{"summary": "s"}', finish_reason="length"), FaultKind.TRUNCATED),
        (completion('{"summary": "s", "extra": 1}'), FaultKind.INVALID),
        (completion('{"summary": "  "}'), FaultKind.INVALID),
        (completion('{"summary": 5}'), FaultKind.INVALID),
        (completion("Sorry, the upstream failed."), FaultKind.INVALID),
        (completion(None), FaultKind.INVALID),
        (completion([{"type": "text"}]), FaultKind.INVALID),
        ({"error": "overloaded"}, FaultKind.INVALID),
        ({"choices": []}, FaultKind.INVALID),
        ([], FaultKind.INVALID),
        (None, FaultKind.INVALID),
    ],
)
def test_a_reply_that_is_no_answer_is_told_apart(body: Any, kind: FaultKind) -> None:
    fault = read_answer(body, SectionAnswer)

    assert isinstance(fault, Fault)
    assert fault.kind is kind
    assert "upstream" not in fault.reason, "a reply's text is never quoted"


@pytest.mark.parametrize("content", ['{"summary": "s"}', '```json\n{"summary": "s"}\n```', '\n {"summary": " s "}\n'])
def test_an_answer_is_read_with_or_without_markdown_around_it(content: str) -> None:
    assert read_answer(completion(content), SectionAnswer) == SectionAnswer(summary="s")


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 3}, (7, 3)),
        ({"prompt_tokens": 7, "completion_tokens": None}, (7, 0)),
        ({"prompt_tokens": -7, "completion_tokens": "3"}, (0, 0)),
        (None, (0, 0)),
        ([], (0, 0)),
    ],
)
def test_usage_is_read_as_far_as_it_makes_sense(usage: Any, expected: tuple[int, int]) -> None:
    used = read_tokens({"usage": usage})

    assert (used.input, used.output) == expected


def test_a_stored_answer_is_read_back_with_what_it_cost() -> None:
    stored = json.loads(
        json.dumps(stored_form("m", SectionAnswer(summary="s"), Usage(calls=2, tokens_in=70, tokens_out=9)))
    )

    assert parse_stored(stored, SectionAnswer) == (
        SectionAnswer(summary="s"),
        Usage(calls=2, tokens_in=70, tokens_out=9),
    )
    assert parse_stored(stored, PageAnswer) is None
    assert parse_stored({}, SectionAnswer) is None
