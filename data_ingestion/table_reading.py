"""Reads a document's tables from its files: all of them, or one with the pages that it goes on over."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from data_ingestion.artifacts import Artifacts
from data_ingestion.document_tables import DocumentTable, TableInfo, may_go_on, tables_of
from data_ingestion.page_file import PageFile

#: Page files asked for at once; boto3 keeps ten connections.
READS_IN_FLIGHT = 8
#: A document may be processed again while its files are read: then the metadata names newer ones.
TRIES = 3
#: One table on more pages than this is a hostile PDF's, or a whole book's.
MAX_PAGES = 500

Result = TypeVar("Result")


class FilesMissing(Exception):
    """The document has no files: no worker has finished it, or a version before 0.2 stored it. Process it again."""

    def __init__(self, s3_key: str) -> None:
        super().__init__(f"{s3_key}: {type(self).__doc__}")


def list_tables(artifacts: Artifacts, s3_key: str) -> list[TableInfo]:
    """A document's tables in order, without their rows. Costs a read of each page that has one, and of every page
    of a document that a version before this one stored.

    Raises FilesMissing and TransientError.
    """
    return _of_one_generation(
        artifacts, s3_key, lambda files: [table.info for table in files.tables(files.pages_with_tables())]
    )


def find_table(artifacts: Artifacts, s3_key: str, page: int, number: int) -> DocumentTable | None:
    """The table with that number, counted from 1, among those on the page; None when there is none. It is given whole
    when it began on an earlier page. Costs a read of each page that it is on, and three more.

    Raises FilesMissing, TableTooLong and TransientError.
    """
    return _of_one_generation(artifacts, s3_key, lambda files: files.table(page, number))


class TableTooLong(Exception):
    """The table goes on over more pages than are read for one answer. `document.md` has it whole."""

    def __init__(self, page: int) -> None:
        super().__init__(f"The table on page {page} goes on over more than {MAX_PAGES} pages: read document.md.")


class _PageGone(Exception):
    """A file that the document's own list of pages names is no longer there."""


class _Files:
    """The files of one generation."""

    def __init__(self, artifacts: Artifacts, s3_key: str) -> None:
        self._artifacts = artifacts
        self._s3_key = s3_key
        metadata = artifacts.get_metadata(s3_key)
        self._generation = metadata.generation if metadata else ""
        document = artifacts.get_document(s3_key, self._generation) if self._generation else None
        if document is None:
            raise _PageGone
        self._document = document
        self._count = len(document.pages)

    def page(self, number: int) -> PageFile:
        file = self._artifacts.get_page(self._s3_key, self._generation, number)
        if file is None:
            raise _PageGone
        return file

    def tables(self, pages: Iterator[PageFile]) -> Iterator[DocumentTable]:
        return tables_of(pages, self._document.outline)

    def pages_with_tables(self) -> Iterator[PageFile]:
        numbers = [listed.page for listed in self._document.pages if listed.table_count != 0]
        with ThreadPoolExecutor(READS_IN_FLIGHT, thread_name_prefix="tables") as threads:
            for start in range(0, len(numbers), READS_IN_FLIGHT):
                yield from threads.map(self.page, numbers[start : start + READS_IN_FLIGHT])

    def table(self, page: int, number: int) -> DocumentTable | None:
        if not 1 <= page <= self._count:
            return None
        run = [self.page(page)]
        while run[0].page > 1 and may_go_on(run[0]):
            if len(run) == MAX_PAGES:
                raise TableTooLong(page)
            run.insert(0, self.page(run[0].page - 1))
        for table in self.tables(self._onward(run)):
            if (page, number) in table.numbers:
                return table
            if table.info.page > page:
                break
        return None

    def _onward(self, run: list[PageFile]) -> Iterator[PageFile]:
        """These pages, and those behind them as long as a table may go on."""
        yield from run
        last = run[-1].page
        for number in range(last + 1, self._count + 1):
            page = self.page(number)
            if not may_go_on(page):
                return
            if number - last > MAX_PAGES:
                raise TableTooLong(last)
            yield page


def _of_one_generation(artifacts: Artifacts, s3_key: str, read: Callable[[_Files], Result]) -> Result:
    for _ in range(TRIES):
        with suppress(_PageGone):
            return read(_Files(artifacts, s3_key))
    raise FilesMissing(s3_key)
