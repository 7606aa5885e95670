"""What the worker and its child processes say to each other, and the only way in which a child's words are read.

A child has met hostile input. What it sends is unpickled with nothing but the classes named here, so that a child that
was taken over still can't make the worker run anything.
"""

import io
import os
import pickle
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import Enum, StrEnum
from operator import attrgetter
from pathlib import Path, PosixPath, WindowsPath
from typing import Any

from foundation.errors import FailureCode
from pdf_reader import blocks, document
from pdf_reader.document import DocumentFacts, ImageResult, Page, ReadOptions

#: A message longer than this is not read: the child that sent it is done for.
MAX_MESSAGE_BYTES = 256 * 1024 * 1024
#: The exit code of a child that a page took all memory of.
OUT_OF_MEMORY = 70


class Step(StrEnum):
    """What a child is doing; all but `open` and `text` can be left out when they go wrong."""

    OPEN = "open"
    TEXT = "text"
    IMAGE = "image"
    FIELDS = "fields"
    TABLES = "tables"
    LINKS = "links"
    OCR = "ocr"
    TAGS = "tags"

    @property
    def is_optional(self) -> bool:
        return self not in (Step.OPEN, Step.TEXT)


_STEPS = tuple(Step)


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Look at the document: answered by DocumentFacts or a Refusal. `bare` asks for no more than needed to read it."""

    path: Path
    password: str | None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class ReadTask:
    """Read the pages from `first` to `last`: answered by as many Pages, then a RangeDone. Images go to the folder.

    A page whose image is promised is followed by its ImageResult: nobody has to wait for an image to get the text.
    The steps of `without` are left out on every page, those of `first_without` on the first.
    """

    path: Path
    password: str | None
    first: int
    last: int
    options: ReadOptions
    working_folder: Path
    tesseract: str | None = None  # the program's path
    without: frozenset[Step] = frozenset()
    first_without: frozenset[Step] = frozenset()


@dataclass(frozen=True, slots=True)
class Ready:
    """The child has started."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The document can't be read at all; `message` is a sentence for a person."""

    code: FailureCode
    message: str


@dataclass(frozen=True, slots=True)
class RangeDone:
    """All pages were sent. `worn_out` asks for a new child: this one ran out of memory once."""

    worn_out: bool = False


@dataclass(frozen=True, slots=True)
class Defect:
    """Our own code failed; `trace` is for the log."""

    trace: str


Task = OpenTask | ReadTask
Message = Ready | DocumentFacts | Refusal | Page | ImageResult | RangeDone | Defect

_FROM_CHILD = (
    Ready, Refusal, RangeDone, Defect, FailureCode, PosixPath, WindowsPath,
    document.DocumentFacts, document.OutlineEntry, document.Page, document.PageOutcome, document.PageImage,
    document.ImageResult, document.Link,
    blocks.Block, blocks.BlockKind, blocks.Provenance, blocks.Table, blocks.Cell, blocks.Annotation,
)  # fmt: skip
#: Of what there is most of: class → its fields. Pickling a frozen dataclass by itself asks for them by name each time.
_FIELDS: Mapping[type, Callable[[Any], Any]] = {
    cls: attrgetter(*(field.name for field in fields(cls)))
    for cls in (document.Page, document.Link, document.OutlineEntry, blocks.Block, blocks.Table, blocks.Cell)
}
_LINES = [field.name for field in fields(document.Page)].index("lines")


_BOXES = document.Line._fields.index("bbox")


def _page(*values: Any) -> Page:
    """A page of its fields; of its lines come the columns."""
    arguments = list(values)
    if columns := list(values[_LINES]):
        columns[_BOXES] = zip(*columns[_BOXES], strict=True)
        arguments[_LINES] = tuple(map(document.Line._make, zip(*columns, strict=True)))
    return Page(*arguments)


_ALLOWED = {(made.__module__, made.__qualname__): made for made in (*_FROM_CHILD, _page)}


def _with_columns(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The fields of a page, its lines as one tuple a field, and their boxes as one a side.

    Pickle is much faster with few long tuples than with many short ones.
    """
    lines = values[_LINES]
    if not lines:
        return values
    columns = list(zip(*lines, strict=True))
    columns[_BOXES] = tuple(zip(*columns[_BOXES], strict=True))
    return (*values[:_LINES], tuple(columns), *values[_LINES + 1 :])


class BadMessageError(Exception):
    """A child sent something that no child of ours sends."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise BadMessageError(f"a {module}.{name}") from None


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: object) -> Any:
        if getter := _FIELDS.get(type(value)):
            return (_page, _with_columns(getter(value))) if type(value) is Page else (type(value), getter(value))
        # Python up to 3.11.3 (Debian 12 has 3.11.2) would have the reader call getattr to find a member of an enum.
        return (type(value), (value.value,)) if isinstance(value, Enum) else NotImplemented


def pack(message: Task | Message | object) -> bytes:
    packed = io.BytesIO()
    _Pickler(packed, protocol=pickle.HIGHEST_PROTOCOL).dump(message)
    return packed.getvalue()


def unpack_from_child(data: bytes) -> Message:
    """Raises BadMessageError for anything but a Message."""
    try:
        message = _Unpickler(io.BytesIO(data)).load()
    except Exception as error:
        # A forged pickle can make the unpickler raise anything.
        raise BadMessageError(str(error)) from error
    if not isinstance(message, Message):
        raise BadMessageError(f"a {type(message).__name__}")
    return message


class FlightRecorder:
    """A file that says which page and step a child is at; it outlives the child, and writing costs a microsecond."""

    _FORMAT = struct.Struct("<II")

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def write(self, page: int, step: Step) -> None:
        os.pwrite(self._fd, self._FORMAT.pack(page, _STEPS.index(step)), 0)

    def read(self) -> tuple[int, Step]:
        """Page 0 when no page was begun."""
        record = os.pread(self._fd, self._FORMAT.size, 0)
        if len(record) < self._FORMAT.size:
            return 0, Step.OPEN
        page, step = self._FORMAT.unpack(record)
        return page, _STEPS[min(step, len(_STEPS) - 1)]
