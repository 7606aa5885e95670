"""Items of a document on disk, so that memory doesn't grow with its pages.

The file has no name: the kernel takes its space back when the spool goes or its process dies, however that ends, and no
other document can come upon it.
"""

import os
import pickle
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class Spool(Sequence[T], Generic[T]):
    """Items in the order in which they were added. Memory holds eight bytes of each.

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
        #: Where each item ends in the file.
        self._ends = array("q")
        self.extend(items)

    def append(self, item: T) -> None:
        data = pickle.dumps(self._pack(item), pickle.HIGHEST_PROTOCOL)
        end = self._ends[-1] if self._ends else 0
        while data:  # a signal, or a disk that gets full, may cut a write short
            written = os.pwrite(self._file, data, end)
            data, end = data[written:], end + written
        self._ends.append(end)

    def extend(self, items: Iterable[T]) -> None:
        for item in items:
            self.append(item)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        end = self._ends[index]
        place = index if index >= 0 else len(self) + index
        start = self._ends[place - 1] if place else 0
        return self._unpack(pickle.loads(os.pread(self._file, end - start, start)))  # noqa: S301 (only this process has the file)
