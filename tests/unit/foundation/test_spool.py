"""A spool keeps items on disk, leaves nothing there, and shares nothing."""

import errno
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from foundation.spool import BLOCK_BYTES, Spool

HOLD = """
import sys
from foundation.spool import Spool
spool = Spool(["x" * 1_000_000])
print(len(spool), flush=True)
sys.stdin.read()
"""


def test_items_come_back_by_place_and_in_order() -> None:
    spool: Spool[tuple[int, str]] = Spool([(1, "a"), (2, "\ud800 ﬁ")])
    spool.append((3, ""))

    assert len(spool) == 3
    assert list(spool) == [(1, "a"), (2, "\ud800 ﬁ"), (3, "")]
    assert (spool[0], spool[2], spool[-1]) == ((1, "a"), (3, ""), (3, ""))
    assert spool[1:] == [(2, "\ud800 ﬁ"), (3, "")]
    with pytest.raises(IndexError):
        spool[3]


def test_items_are_packed_and_unpacked() -> None:
    spool = Spool([Path("a"), Path("b")], pack=str, unpack=Path)

    assert list(spool) == [Path("a"), Path("b")]


def test_items_of_several_blocks_come_back_whole_also_while_more_are_added() -> None:
    items = [str(number) * (number * 7_919 % (BLOCK_BYTES // 3)) for number in range(40)]
    items[20] = "x" * 3 * BLOCK_BYTES
    spool = Spool(items[:10])
    seen = []
    for number, item in enumerate(spool):
        seen.append(item)
        assert spool[number] == item
        spool.extend(items[10 + number : 11 + number])

    assert seen == items
    assert [spool[place] for place in range(-40, 40)] == items * 2


def test_other_threads_read_what_is_being_added() -> None:
    spool: Spool[bytes] = Spool()
    count = 2_000

    def read_all() -> int:
        seen = 0
        while seen < count:
            for place in range(seen, len(spool)):
                assert spool[place] == b"%d" % place * 500
                seen += 1
        return seen

    with ThreadPoolExecutor(2) as readers:
        results = [readers.submit(read_all) for _ in range(2)]
        for number in range(count):
            spool.append(b"%d" % number * 500)

    assert [result.result() for result in results] == [count, count]


def test_spools_do_not_share_a_file() -> None:
    first, second = Spool(["first"]), Spool(["second"])
    first.append("more")

    assert (list(first), list(second)) == (["first", "more"], ["second"])


def test_a_write_that_was_cut_short_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: whole(file, data[: BLOCK_BYTES // 3], at))
    items = ["some text" * BLOCK_BYTES, "and more of it"]

    assert list(Spool(items)) == items


def test_the_file_goes_with_the_spool() -> None:
    spool = Spool(["x"])
    file = spool._file
    del spool

    with pytest.raises(OSError) as caught:  # noqa: PT011 (the number says which)
        os.fstat(file)
    assert caught.value.errno == errno.EBADF


def test_a_process_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "1\n"
    held = [Path(link).resolve() for link in Path(f"/proc/{process.pid}/fd").iterdir() if link.is_symlink()]
    assert any(str(path).startswith(str(tmp_path)) for path in held)

    process.send_signal(signal.SIGKILL)
    process.communicate()

    assert list(tmp_path.iterdir()) == []
