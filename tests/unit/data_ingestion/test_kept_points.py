"""The file of a generation's points gives back what was put in."""

import gzip
from array import array
from pathlib import Path

import pytest

from data_ingestion.kept_points import POINTS_FILE, KeptBatch, KeptEnd, PointsSpool, read_points
from vector_stores.base import Record

METADATA = {"page": 3, "h1": "Lights", "boxes": [{"page": 3, "x0": 1.5}]}
RECORDS = (
    Record(0, "Text with 猫 and a lone \ud800.", "Lights\n\nText with 猫 and a lone \ud800.", METADATA, ("Lights",)),
    Record(1, "1 | 2", "Lights\n\nsaid in other words", METADATA),
)
DENSE = (array("f", [0.5, -1.25]), array("f", [2.0, 0.0]))
BATCH = KeptBatch(("semantic", "haystack"), "a-model", "en", RECORDS, DENSE)


def kept(folder: Path, *batches: KeptBatch, ends: bool = True) -> list[KeptBatch | KeptEnd]:
    spool = PointsSpool(folder)
    for batch in batches:
        spool.add(batch)
    if ends:
        spool.finish({"document_title": "T"}, {"semantic": 2, "haystack": 2})
    else:
        spool.close()
    with gzip.open(folder / POINTS_FILE, "rb") as lines:
        return list(read_points(lines))


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    end = KeptEnd({"document_title": "T"}, {"semantic": 2, "haystack": 2})
    assert kept(tmp_path, BATCH, BATCH) == [BATCH, BATCH, end]


def test_a_file_that_was_not_ended_has_no_end(tmp_path: Path) -> None:
    assert kept(tmp_path, BATCH, ends=False) == [BATCH]


@pytest.mark.parametrize("line", [b"{}", b"[]", b"no json", b'{"stores":[],"records":[],"dense":"AAAA"}'])
def test_what_is_no_such_file_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="not a file of kept points"):
        list(read_points([line]))
