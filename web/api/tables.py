"""The tables of a document: their list, their rows, and as CSV."""

from dataclasses import asdict
from typing import Any

from flask import Response
from pydantic import Field

from data_ingestion.document_tables import DocumentTable, TableInfo
from data_ingestion.table_reading import FilesMissing, TableTooLong, find_table, list_tables
from web.api.boxes import Box
from web.api.documents import document_url, find_entry
from web.api.operations import READ, Call, Model, operation
from web.api.problems import ApiProblem, not_found
from web.views.tables import table_file

MAX_ROWS = 1_000
CSV = "text/csv"
TAG = "Documents"


class RowsQuery(Model):
    """Which rows of a table."""

    first_row: int = Field(default=0, ge=0, le=10_000_000, description="Counted from 0.")
    limit: int = Field(default=200, ge=1, le=MAX_ROWS, description="At most so many.")


class TableSummary(Model):
    """A table, known by the page that it begins on and its number there."""

    page: int = Field(description="Counted from 1.")
    number: int = Field(description="Counted from 1.")
    title: str = Field(description="What stands right above it; empty when nothing does.")
    heading_path: str = Field(description="The headings that it stands under.")
    columns: list[str] = Field(description="The names of the columns.")
    row_count: int = Field(description="Rows below the header.")
    boxes: list[Box] = Field(description="One a page that it is on.")
    json_url: str = Field(description="Its rows in this API.")
    csv_url: str = Field(description="The table as a file.")


class Tables(Model):
    """The tables of a document in order."""

    tables: list[TableSummary] = Field(description="In the order of the document.")


class Table(TableSummary):
    """A table with its rows."""

    first_row: int = Field(description="Which row `rows` begins with, counted from 0.")
    rows: list[list[str]] = Field(description="The texts of each row.")
    row_boxes: list[Box] = Field(description="Where each row stands.")
    next_row: int | None = Field(description="Give it as `first_row` to go on; null at the end.")


@operation("GET", "/documents/{document_id}/tables", tag=TAG, scopes=READ, answer=Tables, problems=("conflict",))
def get_tables(call: Call) -> Tables:
    """List the tables of a document, without their rows.

    A table that goes on over pages is one.
    """
    entry = find_entry(call)
    try:
        found = list_tables(call.panel.artifacts, entry.s3_key)
    except FilesMissing as error:
        raise ApiProblem("conflict", str(error)) from None
    return Tables(tables=[TableSummary(**_table(call, info)) for info in found])


@operation(
    "GET", "/documents/{document_id}/pages/{page}/tables/{number}", tag=TAG, scopes=READ, query=RowsQuery,
    answer=Table, problems=("conflict",),
)  # fmt: skip
def get_table(call: Call) -> Table:
    """Read a table's rows.

    `number` counts the tables on the page from 1; the part of a table on a later page names the whole table.
    """
    query: RowsQuery = call.query
    table = _found_table(call)
    end = query.first_row + query.limit
    rows = table.rows[query.first_row : end]
    return Table(
        **_table(call, table.info),
        first_row=query.first_row,
        rows=[list(row.cells) for row in rows],
        row_boxes=[Box.model_validate(row.box) for row in rows],
        next_row=end if end < table.info.row_count else None,
    )


@operation(
    "GET", "/documents/{document_id}/pages/{page}/tables/{number}/csv", tag=TAG, scopes=READ, answers={CSV: None},
    problems=("conflict",),
)  # fmt: skip
def get_table_csv(call: Call) -> Response:
    """Read a table as CSV (RFC 4180) with a header line.

    What a spreadsheet would compute has an apostrophe before it.
    """
    return table_file(_found_table(call), find_entry(call).s3_key, "csv")


def _found_table(call: Call) -> DocumentTable:
    entry = find_entry(call)
    try:
        table = find_table(call.panel.artifacts, entry.s3_key, int(call.path["page"]), int(call.path["number"]))
    except (FilesMissing, TableTooLong) as error:
        raise ApiProblem("conflict", str(error)) from None
    if table is None:
        raise not_found("table")
    return table


def _table(call: Call, info: TableInfo) -> dict[str, Any]:
    place = f"{document_url(call)}/pages/{info.page}/tables/{info.number}"
    return {**asdict(info), "json_url": place, "csv_url": f"{place}/csv"}
