"""Every operation, in the order of the documentation."""

from web.api import costs, describing, reading, running, searching, tables, uploading
from web.api.operations import Operation

OPERATIONS: tuple[Operation, ...] = (
    searching.search,
    searching.ask,
    reading.list_documents,
    reading.get_document,
    reading.get_outline,
    reading.get_markdown,
    reading.get_page,
    reading.get_page_image,
    tables.get_tables,
    tables.get_table,
    tables.get_table_csv,
    running.reprocess_document,
    running.delete_document,
    uploading.create_upload,
    uploading.get_upload,
    running.list_runs,
    running.start_run,
    running.get_run,
    running.cancel_run,
    costs.get_costs,
    describing.get_key,
    describing.get_openapi,
    describing.get_problem,
)
