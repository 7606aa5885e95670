"""What a client learns of a model while it asks: room to think, the schema in the prompt, a prompt that is cut."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from data_ingestion.enrichment.schema import SectionAnswer
from foundation.tokens import TokenCounter
from model_api.client import CallLimits, LlmClient
from model_api.dialect import THINKING_TOKENS, Dialect, ReasoningEffort, adapt, first_dialect
from model_api.faults import Fault, FaultKind, RetryPolicy
from model_api.reply import TokensUsed, fewest_tokens, is_prompt_cut, read_answer
from model_api.request import AnswerError, ChatRequest

Server = Callable[[dict[str, Any]], Any]
JSON = json.dumps({"summary": "s"})


class ScriptedTransport:
    """Answers as `server` says."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.server: Server = lambda body: reply(JSON)

    async def send(self, body: dict[str, Any]) -> Any | Fault:
        self.sent.append(body)
        return self.server(body)

    async def close(self) -> None:
        return None


class NoCache:
    def get(self, request_key: str) -> None:
        return None

    def put(self, request_key: str, answer: dict[str, Any]) -> None:
        return None


def reply(
    content: str | None, *, finish: str = "stop", prompt: int = 10, thought: int = 0, **message: Any
) -> dict[str, Any]:
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": 20,
        "completion_tokens_details": {"reasoning_tokens": thought},
    }
    return {"choices": [{"message": {"content": content, **message}, "finish_reason": finish}], "usage": usage}


@pytest.fixture
def transport() -> ScriptedTransport:
    return ScriptedTransport()


@pytest.fixture
def client(transport: ScriptedTransport) -> Iterator[LlmClient]:
    made = LlmClient(lambda: transport, NoCache(), CallLimits(1, RetryPolicy(first_wait_seconds=0.001)))
    yield made
    made.close()


def question(text: str = "text", model: str = "m") -> ChatRequest[SectionAnswer]:
    return ChatRequest(model, "system", text, SectionAnswer, 0.0, 800)


@pytest.mark.parametrize("shown", [{"thought": 800}, {"reasoning_content": "Hm."}, {"reasoning": "Hm."}])
def test_a_model_that_thinks_gets_room_for_it_from_then_on(
    client: LlmClient, transport: ScriptedTransport, shown: dict[str, Any]
) -> None:
    """Its thoughts count as output: the first answer is cut off before it begins, and was paid for."""
    transport.server = lambda body: (
        reply(None, finish="length", **shown) if body["max_tokens"] <= 800 else reply(JSON, **shown)
    )

    assert client.submit(question("one")).result(10).usage.calls == 2
    assert client.submit(question("two")).result(10).usage.calls == 1, "nothing is paid for nothing twice"
    assert transport.sent[-1]["max_tokens"] == 800 + THINKING_TOKENS
    assert client.output_tokens(question()) == 800 + THINKING_TOKENS, "and money is set aside for it"


@pytest.mark.parametrize(
    ("model", "effort", "room"),
    [
        ("gpt-4.1-mini", None, 0),
        ("o4-mini", None, THINKING_TOKENS),
        ("openai/gpt-5-mini", None, THINKING_TOKENS),
        ("olmo-2", None, 0),
        ("gpt-5-mini", "none", 0),
        ("gpt-5-mini", "minimal", 2_000),
        ("my-own-model", "high", 50_000),
    ],
)
def test_models_known_to_think_have_room_at_once(model: str, effort: ReasoningEffort | None, room: int) -> None:
    dialect = first_dialect(model, effort)

    assert dialect.thinking_tokens == room
    assert dialect.body(question(model=model), 800).get("reasoning_effort") == effort


def test_room_that_the_context_has_not_is_done_without(client: LlmClient, transport: ScriptedTransport) -> None:
    transport.server = lambda body: Fault(FaultKind.TOO_LONG, "r") if body["max_tokens"] > 4_000 else reply(JSON)

    assert client.submit(question(model="gpt-oss")).result(10).value.summary == "s"


@pytest.mark.parametrize(
    ("message", "parameter", "expected"),
    [
        (
            "max_tokens is too large: 75000. This model supports at most 16384 completion tokens", "max_tokens",
            Dialect(longest_output_tokens=16_384),
        ),
        ("Range of max_tokens should be [1, 8192]", "", Dialect(longest_output_tokens=8_192)),
        ("`max_tokens` must be less than or equal to `8192`", "", Dialect(longest_output_tokens=8_192)),
    ],
)  # fmt: skip
def test_a_rejection_teaches_how_long_an_answer_may_be(message: str, parameter: str, expected: Dialect) -> None:
    assert adapt(Dialect(), message, parameter) == expected
    assert expected.output_tokens(20_000) == expected.longest_output_tokens


def test_a_model_without_effort_is_asked_without_it() -> None:
    words = "Unsupported parameter: 'reasoning_effort' is not supported with this model."
    adapted = adapt(first_dialect("m", "low"), words, "reasoning_effort")

    assert adapted is not None
    assert "reasoning_effort" not in adapted.body(question(), 800)


def test_a_server_that_ignores_the_format_is_shown_the_schema_from_then_on(
    client: LlmClient, transport: ScriptedTransport
) -> None:
    transport.server = lambda body: (
        reply(JSON) if "additionalProperties" in body["messages"][0]["content"] else reply("Here is a summary.")
    )

    assert client.submit(question("one")).result(10).usage.calls == 2
    assert client.submit(question("two")).result(10).usage.calls == 1


def test_a_prompt_that_the_server_cut_is_too_long_and_not_sent_again(
    client: LlmClient, transport: ScriptedTransport
) -> None:
    """Ollama reads `num_ctx` tokens of a prompt and says nothing; only the usage shows it."""
    transport.server = lambda body: reply(JSON, prompt=min(4_096, len(body["messages"][1]["content"].split())))

    for calls in (1, 0):
        with pytest.raises(AnswerError, match="cut") as raised:
            client.submit(question(f"{calls} " + "word " * 6_000)).result(10)
        assert raised.value.too_long
        assert raised.value.usage.calls == calls
    assert client.submit(question("word " * 3_000)).result(10).value.summary == "s"


@pytest.mark.parametrize(
    ("used", "words", "expected"),
    [
        (TokensUsed(input=4_096), 6_000, True),
        (TokensUsed(input=6_500), 6_000, False),
        (TokensUsed(input=0), 6_000, False),  # the server doesn't tell
        (TokensUsed(input=500, cached=6_000), 6_000, False),  # a server that counts only what it read anew
        (TokensUsed(input=100), 900, False),  # short prompts show nothing
    ],
)
def test_a_cut_prompt_is_told_by_its_tokens(used: TokensUsed, words: int, expected: bool) -> None:
    assert is_prompt_cut(used, words) is expected


@pytest.mark.parametrize("encoding", ["cl100k_base", "o200k_base"])
def test_no_text_has_fewer_tokens_than_words(encoding: str) -> None:
    texts = [
        "The owls of the north " * 20,
        "猫が好き。" * 50,
        "قطة على السطح " * 30,
        "a  b\n\n\nc ..... d",
        "1 2 3 4,5",
    ]

    assert all(fewest_tokens(text) <= TokenCounter(encoding).count(text) for text in texts)


def test_thoughts_before_an_answer_are_taken_off() -> None:
    answer = read_answer(reply(f"<think>\nHm, {{}}.\n</think>\n{JSON}"), SectionAnswer)

    assert isinstance(answer, SectionAnswer)
