"""A document's tables as files to keep: CSV for spreadsheets, JSON with the places of the rows."""

from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from ledger.records import DocumentState
from web.file_answers import name_file
from web.panel import panel
from web.problems import ProblemError, not_found

if TYPE_CHECKING:
    from data_ingestion.document_tables import DocumentTable, TableInfo

blueprint = Blueprint("tables", __name__)


@blueprint.get("/documents/<document_id>/pages/<int:page>/tables/<int:number>.<any(csv, json):kind>")
def download(document_id: str, page: int, number: int, kind: str) -> ResponseReturnValue:
    """The whole table that the page's `number`-th is a part of."""
    # With it comes the reading of documents, which nothing else of the panel needs.
    from data_ingestion.table_reading import FilesMissing, TableTooLong, find_table

    entry = panel().entry(document_id)
    if entry.state is DocumentState.DELETED:
        raise not_found("document")
    try:
        table = find_table(panel().artifacts, entry.s3_key, page, number)
    except FilesMissing as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, "no_files", str(error)) from None
    except TableTooLong as error:
        raise ProblemError(HTTPStatus.CONFLICT, "too_long", str(error)) from None
    if table is None:
        raise not_found("table")
    return table_file(table, entry.s3_key, kind)


def table_file(table: "DocumentTable", s3_key: str, kind: str) -> Response:
    """As `csv` (RFC 4180, with a header line) or as `json`."""
    if kind == "csv":
        response = Response(table.to_csv(), content_type="text/csv; charset=utf-8; header=present")
    else:
        rows = {
            "first_row": 0,
            "rows": [row.cells for row in table.rows],
            "row_boxes": [row.box for row in table.rows],
        }
        response = jsonify(asdict(table.info) | rows)
    return name_file(response, _file_name(table.info, s3_key, kind))


def _file_name(info: "TableInfo", s3_key: str, ending: str) -> str:
    """What the file of a table is called: `handbook-page-12-table-1.csv`."""
    stem = s3_key.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return f"{stem}-page-{info.page}-table-{info.number}.{ending}"
