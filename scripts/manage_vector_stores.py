#!/usr/bin/env python3
"""Put PDFs in, ask for them again, see what became of them, search them, take them out.

The same functions as `leafmill`'s.
"""

import typer

from command_line import dead_letters, documents, erase, evaluate, runs, stores, upgrade, workers
from command_line.program import run
from foundation.logs import configure_logs

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)


@app.callback()
def _quiet() -> None:
    """Results are for standard output; what goes wrong on the way goes to standard error."""
    configure_logs("console", "WARNING")


for command in (
    documents.upload,
    runs.enqueue_all,
    runs.enqueue,
    runs.watch,
    documents.status,
    documents.delete,
    erase.erase,
    stores.search,
    stores.stats,
    stores.migrate_embeddings,
    stores.refill,
    stores.fill_folders,
    upgrade.upgrade,
    evaluate.evaluate,
):
    app.command()(command)
app.add_typer(dead_letters.app, name="dlq")
app.add_typer(workers.app, name="workers")


if __name__ == "__main__":
    run(app)
