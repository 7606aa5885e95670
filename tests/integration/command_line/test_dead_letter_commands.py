"""`manage_vector_stores.py dlq`: what a person on call types, against moto."""

import json
import os
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from command_line.dead_letters import app
from composition.parts import Parts
from config import Settings
from work_queue.dead_letter_writer import label
from work_queue.producer import BulkRequest
from work_queue.queue import Message, Outgoing


@pytest.fixture(autouse=True)
def letters(settings: Settings, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that a worker gave up, and one that SQS moved, with attributes of its sender's own."""
    monkeypatch.setenv("ENV_FILE", os.devnull)
    for name, code in (("a", "encrypted"), ("b", "corrupt")):
        message = Message(f"original-{name}", "r", BulkRequest(f"source-pdfs/{name}.pdf").body())
        parts.dead_letter_queue.send(label(message, code=code, reason=f"[/b] because of {name}", worker="host:1"))
    parts.dead_letter_queue.send(Outgoing("[/nonsense]", {"receive_count": "many"}))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def listed(*arguments: str) -> dict[str, dict[str, Any]]:
    letters = json.loads(run("list", "--json", *arguments).stdout)["dead_letters"]
    return {letter["code"]: letter for letter in letters}


def test_all_are_listed_with_their_reasons_whatever_is_in_them() -> None:
    assert set(listed()) == {"encrypted", "corrupt", "redrive_policy"}
    done = run("list")
    assert done.exit_code == 0
    for word in ("source-pdfs/a.pdf", "[/b] because of a", "encrypted", "(no key)", "redrive_policy"):
        assert word in done.stdout


def test_one_is_shown_by_what_the_list_shows_of_its_id() -> None:
    found = listed()
    for message_id in (found["redrive_policy"]["message_id"][:8], found["redrive_policy"]["message_id"]):
        shown = run("show", message_id)
        assert (shown.exit_code, "[/nonsense]" in shown.stdout) == (0, True)
    assert json.loads(run("show", "original-a", "--json").stdout)["code"] == "encrypted"


@pytest.mark.parametrize(("message_id", "words"), [("original-", "several"), ("unknown", "no dead letter")])
def test_an_id_that_names_none_or_several_is_refused(message_id: str, words: str) -> None:
    shown = run("show", message_id)
    assert shown.exit_code == 1
    assert words in shown.stderr


def test_one_is_given_another_life(parts: Parts) -> None:
    moved = json.loads(run("redrive", "--id", "original-b", "--json").stdout)
    assert moved == {"count": 1, "how": "copy"}
    assert set(listed()) == {"encrypted", "redrive_policy"}


def test_all_are_given_another_life() -> None:
    done = run("redrive")
    assert (done.exit_code, done.stdout) == (0, "3 messages put back into the queue (one by one)\n")
    assert listed() == {}


def test_only_what_is_named_is_deleted() -> None:
    assert json.loads(run("purge", "--id", "original-a", "--yes", "--json").stdout) == {"purged": 1}
    assert json.loads(run("purge", "--id", "", "--yes", "--json").stdout) == {"purged": 0}
    assert json.loads(run("purge", "--key", "b.pdf", "--yes", "--json").stdout) == {"purged": 1}
    assert set(listed()) == {"redrive_policy"}


def test_without_anybody_to_ask_nothing_is_deleted() -> None:
    done = run("purge")
    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert len(listed()) == 3
