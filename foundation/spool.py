"""Items of a document on disk, so that memory doesn't grow with its pages.

The file has no name: the kernel takes its space back when the spool goes or its process dies, however that ends, and no
other document can come upon it.
"""

import os
import pickle
import tempfile
import threading
import weakref
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")

#: How much is written, and read by who goes through the items, at once. Each call of the system lets go of the
#: interpreter, which other threads may then keep for milliseconds.
BLOCK_BYTES = 1 << 16


class Spool(Sequence[T], Generic[T]):
    """Items in the order in which they were added. Memory holds eight bytes of each, and one block.

    The file is in the system's temporary folder (`TMPDIR`). `pack` makes plain data of an item, and `unpack` the item
    of that: pickling tuples and texts takes a fraction of what dataclasses take. Items are added by one thread, and
    read by any, also meanwhile. Adding raises OSError when the disk is full.
    """

    def __init__(
        self,
        items: Iterable[T] = (),
        *,
        pack: Callable[[T], Any] = lambda item: item,
        unpack: Callable[[Any], T] = lambda packed: packed,
    ) -> None:
        self._pack = pack
        self._unpack = unpack
        with tempfile.TemporaryFile(prefix="spool-") as file:
            self._file = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._file)
        #: Where each item ends.
        self._ends = array("q")
        #: The last items, which are not in the file yet, and where they begin.
        self._unwritten = bytearray()
        self._written = 0
        self._guard = threading.Lock()
        self.extend(items)

    def append(self, item: T) -> None:
        data = pickle.dumps(self._pack(item), pickle.HIGHEST_PROTOCOL)
        with self._guard:
            self._unwritten += data
            self._ends.append(self._written + len(self._unwritten))
            if len(self._unwritten) >= BLOCK_BYTES:
                self._write()

    def extend(self, items: Iterable[T]) -> None:
        for item in items:
            self.append(item)

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[T]:
        first = 0
        while first < len(self):
            start = self._start(first)
            # At least one, and as many as a block holds.
            last = max(first + 1, bisect_right(self._ends, start + BLOCK_BYTES, first))
            block = memoryview(self._read(start, self._ends[last - 1]))
            for end in self._ends[first:last]:
                yield self._item(block[: end - start])
                block, start = block[end - start :], end
            first = last

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        end = self._ends[index]
        return self._item(self._read(self._start(index if index >= 0 else len(self) + index), end))

    def _start(self, place: int) -> int:
        return self._ends[place - 1] if place else 0

    def _item(self, data: bytes | memoryview) -> T:
        return self._unpack(pickle.loads(data))  # noqa: S301 (only this process has the file)

    def _read(self, start: int, end: int) -> bytes:
        with self._guard:
            written = self._written
            unwritten = self._unwritten[max(0, start - written) : max(0, end - written)]
        from_file = os.pread(self._file, min(end, written) - start, start) if start < written else b""
        return from_file + unwritten

    def _write(self) -> None:
        data, at = self._unwritten, self._written
        while data:  # a signal, or a disk that gets full, may cut a write short
            written = os.pwrite(self._file, data, at)
            data, at = data[written:], at + written
        self._unwritten, self._written = bytearray(), at
