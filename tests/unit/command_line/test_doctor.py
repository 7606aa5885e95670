"""What `doctor` decides without asking anyone: exit codes, hidden secrets, collections against an embedding model."""

import json
import os
from pathlib import Path

import pytest

from command_line.doctor.command import doctor
from command_line.doctor.findings import Check, Finding, Verdict, exit_code
from command_line.doctor.machine_checks import compare_languages
from command_line.doctor.setting_checks import HIDDEN, read_settings, shown
from command_line.doctor.store_checks import compare_collection
from config import Settings
from foundation.errors import FailureCode, SetupError, TransientError
from tests.support.commands import invoke

SETTINGS = {
    "AWS_S3_BUCKET_NAME": "bucket",
    "SQS_QUEUE_URL": "http://localhost/queue",
    "SQS_DLQ_URL": "http://localhost/dlq",
    "STATUS_TABLE_NAME": "table",
    "QDRANT_URL": "http://me:pass@localhost:6333",
    "OPENAI_API_KEY": "sk-very-secret",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ENV_FILE", os.devnull)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([], 0),
        ([Verdict.OK, Verdict.WARNING, Verdict.SKIPPED], 0),
        ([Verdict.WRONG], 1),
        ([Verdict.WRONG, Verdict.UNREACHABLE], 3),
        ([Verdict.UNREACHABLE, Verdict.BAD_SETTING, Verdict.OK], 2),
    ],
)
def test_the_worst_finding_gives_the_exit_code(verdicts: list[Verdict], code: int) -> None:
    assert exit_code(Finding("x", verdict, "") for verdict in verdicts) == code


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (TransientError(FailureCode.INTERNAL, "no answer"), Verdict.UNREACHABLE),
        (SetupError(FailureCode.INTERNAL, "no such table"), Verdict.WRONG),
        (KeyError("a bug"), Verdict.WRONG),
    ],
)
def test_a_check_that_fails_names_the_setting_and_the_address(error: Exception, verdict: Verdict) -> None:
    def ask() -> list[Finding]:
        raise error

    (found,) = Check("table", ask, "STATUS_TABLE_NAME", "t", "http://aws", "make it").run()
    assert (found.verdict, found.setting, found.value) == (verdict, "STATUS_TABLE_NAME", "t")
    assert (found.address, found.next_step) == ("http://aws", "make it")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OPENAI_API_KEY", "sk-1", HIDDEN),
        ("QDRANT_API_KEY", "k", HIDDEN),
        ("OPENAI_APIKEY", "sk-1", HIDDEN),  # a name that is no setting may hold a secret that was meant for one
        ("QDRANT_URL", "http://me:pass@host:6333/x", "http://***@host:6333/x"),
        ("LLM_MODEL_NAME", "gpt", "gpt"),
        ("LLM_MODEL_NAME", None, None),
    ],
)
def test_secrets_are_hidden(name: str, value: str | None, expected: str | None) -> None:
    assert shown(name, value) == expected


def test_each_fault_of_the_settings_is_one_finding_with_its_name_value_and_next_step(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("WORKER_CONCURRENCY", "many")
    environment.setenv("QDRNAT_API_KEY", "hunter2")
    environment.delenv("STATUS_TABLE_NAME")
    settings, findings = read_settings()
    assert settings is None
    found = {finding.setting: finding for finding in findings}
    assert set(found) == {"WORKER_CONCURRENCY", "STATUS_TABLE_NAME", "QDRNAT_API_KEY"}
    assert {finding.verdict for finding in findings} == {Verdict.BAD_SETTING}
    assert found["WORKER_CONCURRENCY"].value == "many"
    assert found["QDRNAT_API_KEY"].value == HIDDEN
    assert "did you mean QDRANT_API_KEY" in found["QDRNAT_API_KEY"].message
    assert "set STATUS_TABLE_NAME" in (found["STATUS_TABLE_NAME"].next_step or "")


def test_what_nobody_reads_in_the_env_file_is_remarked(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "my.env").write_text("TIKTOKEN_CACHE_DIR=/x\nSOMETHING_ELSE=1\nLLM_MODEL_NAME=m\n")
    environment.setenv("ENV_FILE", str(tmp_path / "my.env"))
    settings, findings = read_settings()
    assert settings is not None
    assert [finding.setting for finding in findings if finding.verdict is Verdict.WARNING] == ["SOMETHING_ELSE"]
    assert "6 from the environment, 1 from" in findings[0].message


def test_wrong_settings_end_it_with_2_and_no_secret_is_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OPENAI_APIKEYS", "sk-also-secret")
    environment.setenv("MAX_PAGES", "none")
    for arguments in ([], ["--json"]):
        done = invoke(doctor, *arguments)
        assert done.exit_code == 2
        assert "MAX_PAGES" in done.stdout
        assert "secret" not in done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert {"subject", "verdict", "message", "setting", "value", "address", "next_step"} == set(told["findings"][0])


@pytest.mark.parametrize(
    ("aliases", "sizes", "verdict", "words"),
    [
        ({}, {}, Verdict.OK, "the first document makes it"),
        ({"dnd": "dnd--m--bm25"}, {"dnd--m--bm25": 8}, Verdict.OK, "8 dimensions"),
        ({"dnd": "dnd--other"}, {"dnd--other": 8}, Verdict.WRONG, "vectors of another model (dnd--other) than m"),
        ({"dnd": "dnd--m"}, {"dnd--m": 8}, Verdict.OK, "version 0.1.0's"),
        ({"dnd": "dnd--m--bm25"}, {"dnd--m--bm25": 16}, Verdict.WRONG, "takes vectors of 16 dimensions, m makes 8"),
        ({}, {"dnd": 8}, Verdict.WRONG, "this program did not make"),
    ],
)
def test_collections_are_compared_with_the_embedder(
    aliases: dict[str, str], sizes: dict[str, int | None], verdict: Verdict, words: str
) -> None:
    found = compare_collection("dnd", "m", 8, aliases, sizes)
    assert found.verdict is verdict
    assert words in found.message


def test_languages_that_tesseract_lacks_are_named() -> None:
    assert compare_languages("eng", ["eng", "osd"]).verdict is Verdict.OK
    lacking = compare_languages("eng+deu+chi_sim", ["eng"])
    assert lacking.verdict is Verdict.WARNING
    assert "tesseract-ocr-chi-sim tesseract-ocr-deu" in (lacking.next_step or "")
