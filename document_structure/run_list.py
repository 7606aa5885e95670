"""The runs of a document, page by page on disk: there are thousands of them, and few become headings."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import overload

from document_structure.text_runs import Run
from foundation.spool import Spool

#: Pages that are held at a time: a run is asked for along with those around it.
_HELD_PAGES = 4


class RunList(Sequence[Run]):
    """Runs in document order. Going through them in order costs a few microseconds each, others a page each."""

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        self._pages: Spool[list[Run]] = Spool(
            pack=lambda runs: list(map(tuple, runs)), unpack=lambda packed: list(map(Run._make, packed))
        )
        #: How many runs there are up to the end of each page.
        self._ends = array("q")
        self._page = lru_cache(_HELD_PAGES)(self._pages.__getitem__)
        for _, on_page in groupby(runs, key=lambda run: run.page):
            self.add_page(list(on_page))

    def add_page(self, runs: Sequence[Run]) -> None:
        """Takes the runs of the next page."""
        if runs:
            self._pages.append(list(runs))
            self._ends.append(len(self) + len(runs))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Run]:
        for runs in self._pages:
            yield from runs

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> list[Run]: ...
    def __getitem__(self, index: int | slice) -> Run | list[Run]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        page = bisect_right(self._ends, place)
        return self._page(page)[place - (self._ends[page - 1] if page else 0)]
