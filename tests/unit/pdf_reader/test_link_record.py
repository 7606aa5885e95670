"""A link's record: those of released versions come back byte for byte."""

import json
from pathlib import Path

from pdf_reader.link_record import LinkRecord

RELEASES = Path(__file__).resolve().parents[2] / "data"


def test_records_of_released_versions_come_back_byte_for_byte() -> None:
    files = [path for path in RELEASES.glob("v*/files/*.json") if path.read_bytes().startswith(b'[{"link_text"')]
    assert {path.parts[-3] for path in files} == {"v0.1.0", "v0.2.0", "v1.0.0"}
    for path in files:
        text = path.read_text(encoding="utf-8")
        made = [LinkRecord.from_json(link).to_json() for link in json.loads(text)]
        assert json.dumps(made, ensure_ascii=False, separators=(",", ":")) == text, path


def test_what_a_record_lacks_has_its_default_and_what_is_unknown_is_left_out() -> None:
    assert LinkRecord.from_json({"mood": "later"}) == LinkRecord("", 0)
    nothing = dict.fromkeys(("link_text", "source_page", "source_rect", "color", "target_page", "more_rects"))
    assert LinkRecord.from_json(nothing) == LinkRecord("", 0)


def test_a_link_over_lines_keeps_the_boxes_of_all() -> None:
    link = LinkRecord("tides", 2, (1, 2, 3, 4), more_rects=((5, 6, 7, 8),))
    assert link.to_json()["more_rects"] == [[5, 6, 7, 8]]
    assert LinkRecord.from_json(link.to_json()) == link
