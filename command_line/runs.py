"""Commands that ask for many documents at once, and show how far that is."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from command_line.documents import full_key, not_good, parse_stores, refuse_missing
from command_line.estimate import estimate_sources, refuse_over, show_estimate
from command_line.output import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    JsonFlag,
    Keys,
    PrefixOption,
    counted,
    err,
    one_line_errors,
    out,
    print_json,
    progress_bar,
)
from command_line.watch import summary, watch_run
from composition.enrichment import make_estimator
from composition.parts import Parts
from config import load_settings
from foundation.store_names import StoreName
from ledger import Documents, Runs
from ledger.records import CacheBehavior
from ledger.run_description import DESCRIBED_KEYS, RunDescription
from work_queue.bulk_runs import RunRequest, begin, queue_documents

StoreOption = Annotated[
    str | None, typer.Option("--store", help="pages, semantic, haystack, a comma list, or all (the worker's default).")
]
CacheOption = Annotated[
    CacheBehavior,
    typer.Option(
        "--cache-behavior",
        help="use: skip what is up to date; upgrade: also do what an older version stored; rebuild: do all again.",
    ),
]
WatchOption = Annotated[bool, typer.Option("--watch", "-w", help="Stay and show the run until it is over.")]


def enqueue_all(
    store: StoreOption = None,
    cache_behavior: CacheOption = "use",
    prefix: PrefixOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be queued, and queue nothing.")] = False,
    max_cost_usd: Annotated[
        float | None,
        typer.Option(
            "--max-cost-usd",
            min=0,
            help="Queue nothing if the estimate is higher; begin no more documents once they cost that much.",
        ),
    ] = None,
    is_watched: WatchOption = False,
    as_json: JsonFlag = False,
) -> None:
    """Queue every PDF under the source prefix.

    One message a document, counted as one run.
    """
    with one_line_errors():
        parts = Parts(load_settings())
        stores = parse_stores(store)
        prefix = full_key(parts.artifacts, prefix or "")
        if dry_run or max_cost_usd is not None:
            estimate = estimate_sources(
                parts.artifacts,
                parts.documents,
                make_estimator(parts.settings, parts.app_config_file.current()),
                prefix,
                stores or parts.settings.target_stores,
                cache_behavior,
            )
            if dry_run:
                show_estimate(estimate, as_json)
                return
            if max_cost_usd is not None:
                refuse_over(estimate, max_cost_usd)
        keys = (source.key for source in parts.artifacts.list_sources(prefix))
        request = _request(keys, stores, cache_behavior, RunDescription(prefix=prefix), max_cost_usd)
        start_run(parts, request, is_watched, as_json)


def enqueue(
    keys: Keys,
    store: StoreOption = None,
    cache_behavior: CacheOption = "use",
    is_watched: WatchOption = False,
    as_json: JsonFlag = False,
) -> None:
    """Queue some documents.

    Queues nothing when one of them is not in the bucket.
    """
    with one_line_errors():
        parts = Parts(load_settings())
        stores = parse_stores(store)
        names = list(dict.fromkeys(full_key(parts.artifacts, key) for key in keys))
        refuse_missing(parts.artifacts, names)
        described = RunDescription(keys=tuple(names[:DESCRIBED_KEYS]))
        request = _request(names, stores, cache_behavior, described)
        start_run(parts, request, is_watched, as_json, names)


def watch(
    run_id: Annotated[str, typer.Argument(help="As enqueue-all and the panel name it.")], as_json: JsonFlag = False
) -> None:
    """Show a run, live, until it is over.

    It goes on without being watched.
    """
    with one_line_errors():
        parts = Parts(load_settings())
        _watch(parts.runs, parts.documents, run_id, as_json)


def _request(
    keys: Iterable[str],
    stores: tuple[StoreName, ...] | None,
    cache_behavior: CacheBehavior,
    what: RunDescription,
    max_cost_usd: float | None = None,
) -> RunRequest:
    described = replace(what, stores=stores or "default", cache_behavior=cache_behavior)
    return RunRequest(keys, stores, cache_behavior, described, max_cost_usd)


def start_run(
    parts: Parts, request: RunRequest, is_watched: bool, as_json: bool, named: Sequence[str] | None = None
) -> None:
    """Queue the documents as a run, and show it until it is over if somebody wants to see that."""
    run_id = begin(parts.runs, request)
    sent = 0
    with progress_bar("queueing", None) as advance:
        for sent in queue_documents(parts.runs, parts.queue, run_id, request):
            advance(sent)
    if is_watched:
        _watch(parts.runs, parts.documents, run_id, as_json)
    elif as_json:
        print_json({"run_id": run_id, "enqueued": sent, **({"keys": list(named)} if named else {})})
    else:
        out.print(f"queued {counted(sent, 'document')} as run {run_id}")


def _watch(runs: Runs, documents: Documents, run_id: str, as_json: bool) -> None:
    """Ends the program with EXIT_FAILED when a document did not succeed."""
    try:
        run = watch_run(runs, documents, run_id)
    except KeyboardInterrupt:
        err.print(f"the run goes on without being watched; `watch {run_id}` shows it again")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if as_json:
        print_json(run.as_json())
    else:
        out.print(summary(run), soft_wrap=True)
        if table := not_good(documents, run_id):
            out.print(table)
    if not run.went_well:
        raise typer.Exit(EXIT_FAILED)
