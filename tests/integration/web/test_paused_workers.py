"""People see that workers are paused, why and since when, and pause them: on the panel and on the command line."""

import json
import time

from typer.testing import CliRunner

from composition.parts import Parts
from ledger.operator_pause import OperatorPause
from ledger.paused_workers import FORGET_SECONDS, PausedWorkers
from scripts.manage_vector_stores import app as commands
from tests.support.panel import Visitor

REFUSED = {
    "dependency": "llm", "code": "llm_failed", "reason": "the model's server refuses OPENAI_API_KEY (HTTP 401)",
    "since": 0.0, "needs_person": True,
}  # fmt: skip


def pause(parts: Parts, worker: str, *, seconds: float) -> None:
    parts.paused_workers.put(worker, [{**REFUSED, "since": time.time() - seconds}])


def test_the_panel_says_what_workers_wait_for(parts: Parts, browser: Visitor) -> None:
    pause(parts, "w1", seconds=600)
    pause(parts, "w2", seconds=60)
    for address in ("/api/admin/queue", "/api/admin/status"):
        [entry] = browser.get(address).json["paused"]
        assert (entry["dependency"], entry["reason"], entry["needs_person"]) == ("llm", REFUSED["reason"], True)
        assert entry["workers"] == ["w1", "w2"]
        assert 600 <= entry["seconds"] < 900


def test_the_command_line_says_it_too(parts: Parts) -> None:
    pause(parts, "w1", seconds=600)
    done = CliRunner().invoke(commands, ["status", "--json"])
    [entry] = json.loads(done.stdout)["workers"]["paused"]
    assert (entry["dependency"], entry["workers"]) == ("llm", ["w1"])
    told = CliRunner().invoke(commands, ["status"]).stdout.replace("\n", " ")
    assert "workers paused: 1 for 10 min: llm: the model's server refuses OPENAI_API_KEY (HTTP 401)" in told
    assert "somebody has to act" in told


def test_a_worker_that_went_on_or_died_is_not_counted(parts: Parts) -> None:
    pause(parts, "w1", seconds=10)
    pause(parts, "w2", seconds=10)
    parts.paused_workers.remove("w1")
    assert [one.worker for one in parts.paused_workers.all()] == ["w2"]
    later = PausedWorkers(parts.table, clock=lambda: time.time() + FORGET_SECONDS + 1)
    assert later.all() == []


def test_an_operator_pauses_all_workers_at_the_panel_and_resumes(parts: Parts, browser: Visitor) -> None:
    said = browser.post("/api/admin/workers/pause", {"by": "Ann", "reason": "moving Qdrant"}).json["operator_pause"]
    assert (said["by"], said["reason"]) == ("Ann", "moving Qdrant")
    for address in ("/api/admin/queue", "/api/admin/status"):
        assert browser.get(address).json["operator_pause"] == said
    assert parts.operator_pauses.current() == OperatorPause(**said)
    assert browser.post("/api/admin/workers/resume", {}).json == {"was_paused": True}
    assert browser.get("/api/admin/queue").json["operator_pause"] is None
    assert browser.post("/api/admin/workers/resume", {}).json == {"was_paused": False}


def test_whoever_gives_no_name_is_said_to_be_at_the_panel(browser: Visitor) -> None:
    assert "panel" in browser.post("/api/admin/workers/pause", {}).json["operator_pause"]["by"]


def test_pausing_from_the_command_line_is_seen_in_the_panel(parts: Parts, browser: Visitor) -> None:
    assert CliRunner().invoke(commands, ["workers", "pause", "--reason", "[b]moving"]).exit_code == 0
    assert browser.get("/api/admin/queue").json["operator_pause"]["reason"] == "[b]moving"
    told = CliRunner().invoke(commands, ["status"]).stdout.replace("\n", " ")
    assert "[b]moving" in told
    assert json.loads(CliRunner().invoke(commands, ["status", "--json"]).stdout)["workers"]["operator_pause"]["by"]
    assert json.loads(CliRunner().invoke(commands, ["workers", "resume", "--json"]).stdout)["ended"]["reason"]
    assert "were not paused" in CliRunner().invoke(commands, ["workers", "resume"]).stdout
