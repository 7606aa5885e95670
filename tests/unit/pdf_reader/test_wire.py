"""What a child says is only believed when it is one of the known messages."""

import os
import pickle
from dataclasses import dataclass
from pathlib import Path

import pytest

from foundation.errors import FailureCode
from pdf_reader import wire
from pdf_reader.blocks import Annotation, Block, BlockKind, Cell, Provenance, Table
from pdf_reader.document import DocumentFacts, ImageResult, Line, Link, OutlineEntry, Page, PageImage, PageOutcome

PAGE = Page(
    1,
    PageOutcome.TEXT,
    text="a\n\n| b |",
    lines=(Line("a", (0, 0, 1, 1), 10, False, False, "Serif", 0, 0, 0, 1),),
    blocks=(
        Block(BlockKind.PARAGRAPH, "a", ((0, 0, 1, 1),), 0, 1),
        Block(
            BlockKind.TABLE,
            "",
            ((0, 0, 1, 1),),
            3,
            8,
            provenance=Provenance.OCR,
            table=Table((0, 0, 1, 1), (("b",),), "| b |", 3, 8, 1, (Cell(0, 0, 1, 1),), ((0, 0, 1, 1),)),
        ),
    ),
    annotations=(Annotation("text", "me", "Really?", (0, 0, 1, 1)),),
    links=(Link("a", 1, (0, 0, 1, 1), "#000000", "external", target_url="https://example.org"),),
    image=PageImage(Path("1.jpg"), 10, 10, 150),
)


@pytest.mark.parametrize(
    "message",
    [
        PAGE,
        ImageResult(1, "image: failed (OSError)"),
        DocumentFacts(1, outline=(OutlineEntry(1, "One", 1),)),
        wire.Ready(),
        wire.RangeDone(worn_out=True),
        wire.Refusal(FailureCode.CORRUPT, "damaged"),
        wire.Defect("trace"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_messages_survive_the_wire(message: wire.Message) -> None:
    assert wire.unpack_from_child(wire.pack(message)) == message


def test_a_page_without_lines_survives_the_wire() -> None:
    page = Page(1, PageOutcome.EMPTY)

    assert wire.unpack_from_child(wire.pack(page)) == page


class UnevenLines:
    """A page whose second line has a text and nothing else."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        columns = [[value] for value in PAGE.lines[0]]
        columns[0].append("b")
        columns[1] = [[0], [0], [1], [1]]
        return wire._page, (1, PageOutcome.TEXT, "", "native", 0.0, 0.0, columns, (), (), (), None, "", (), ())


def test_lines_whose_columns_differ_in_length_are_refused() -> None:
    with pytest.raises(wire.BadMessageError):
        wire.unpack_from_child(pickle.dumps(UnevenLines()))


@dataclass
class Stranger:
    name: str = "x"


class Exploit:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("false",)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(pickle.dumps(Stranger()), id="a class that is no message"),
        pytest.param(pickle.dumps(Exploit()), id="a call of something else"),
        pytest.param(pickle.dumps({"number": 1}), id="a plain value"),
        pytest.param(wire.pack(PAGE)[:-20], id="a message that is cut off"),
        pytest.param(b"\x80\x05garbage", id="no pickle"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(wire.BadMessageError):
        wire.unpack_from_child(data)


def test_the_flight_recorder_tells_the_last_page_and_step(tmp_path: Path) -> None:
    with (tmp_path / "record").open("w+b") as file:
        recorder = wire.FlightRecorder(file.fileno())
        assert recorder.read() == (0, wire.Step.OPEN)

        recorder.write(7, wire.Step.TABLES)
        recorder.write(8, wire.Step.LINKS)

        assert recorder.read() == (8, wire.Step.LINKS)
