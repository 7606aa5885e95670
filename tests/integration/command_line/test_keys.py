"""`leafmill keys`: a key is shown once, limited as it was asked for, listed and revoked."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from command_line.keys import app
from composition.parts import Parts
from config import Settings
from ledger.api_keys import KeyState, judge, parse_token


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_a_key_is_created_listed_and_revoked(settings: Settings, parts: Parts) -> None:
    made = run(
        "create", "--scope", "upload", "--scope", "read", "--prefix", "team", "--name", "a [b]", "--expires", "9d"
    )
    assert made.exit_code == 0, made.output
    token = parse_token(made.stdout.strip())
    assert token
    record = parts.api_keys.find(token.key_id)
    assert record
    assert (record.scopes, record.prefix, record.name) == (("read", "upload"), "source-pdfs/team/", "a [b]")
    assert judge(token, record, 0.0) is KeyState.ACCEPTED
    shown = run("list")
    assert token.key_id in shown.stdout
    assert token.secret not in shown.stdout + run("list", "--json").stdout
    assert "a [b]" in shown.stdout
    # Somebody who has only the key itself may revoke it, too.
    assert run("revoke", made.stdout.strip()).exit_code == 0
    (listed,) = json.loads(run("list", "--json").stdout)["keys"]
    assert (listed["state"], listed["key_id"]) == ("revoked", token.key_id)
    assert run("revoke", token.key_id).exit_code == 0
    assert run("revoke", "abcdefghjkmn").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--scope", "write"), "--scope is read, upload, admin"),
        ((), "--scope"),
        (("--scope", "read", "--expires", "yesterday"), "--expires: say 90d"),
        (("--scope", "read", "--expires", "2020-01-01"), "over already"),
        (("--scope", "read", "--prefix", "../other"), "--prefix: the key has empty or dot segments"),
        (("--scope", "read", "--prefix", "a//b"), "--prefix: the key has empty or dot segments"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(untouched_env: dict[str, str], arguments: tuple[str, ...], words: str,
                                         monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    for name, value in untouched_env.items():
        monkeypatch.setenv(name, value)
    answer = run("create", *arguments)
    assert answer.exit_code == 2
    assert words in answer.output


@pytest.mark.parametrize("prefix", ["", "/", "source-pdfs", "source-pdfs/"])
def test_the_whole_source_prefix_is_no_limit(settings: Settings, prefix: str) -> None:
    made = json.loads(run("create", "--scope", "read", "--prefix", prefix, "--json").stdout)
    assert made["prefix"] == ""
