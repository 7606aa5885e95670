"""The comparison with other pipelines compares like with like and shows who failed."""

from benchmarks.machine import REPOSITORY
from benchmarks.peers import task
from benchmarks.peers.__main__ import Row, note
from benchmarks.peers.measure import Run
from benchmarks.peers.report import table
from benchmarks.peers.systems import SYSTEMS
from foundation.app_config import parse_app_config


def test_peers_cut_chunks_of_our_size() -> None:
    ours = parse_app_config(None)
    assert (ours.chunk_tokens, ours.chunk_overlap_tokens) == (task.CHUNK_TOKENS, task.CHUNK_OVERLAP_TOKENS)


def test_every_system_has_its_module_and_a_hashed_environment() -> None:
    for system in SYSTEMS:
        assert (REPOSITORY / "benchmarks" / "peers" / f"{system.module}.py").is_file()
        if system.environment:
            locked = (REPOSITORY / "requirements" / f"peers-{system.environment}.txt").read_text(encoding="utf-8")
            packages = [line for line in locked.splitlines() if "==" in line]
            assert packages
            assert all(line.endswith("\\") for line in packages)


def test_tidy_keeps_lines_and_one_space_between_words() -> None:
    assert task.tidy("A\t\r \xa0cantrip\t\r \xa0is\nRituals ") == "A cantrip is\nRituals "


def test_the_last_words_of_a_failed_run_stand_in_its_row() -> None:
    row = Row("peer", with_llm=False, leaves_out="")
    note(row, Run(1, 2.0, 1.0, 10.0, 0.0, "", "Traceback\nRuntimeError: no model\n"), {})
    assert "| peer | 0 |" in table([row])
    assert "RuntimeError: no model" in table([row])
