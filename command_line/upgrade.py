"""`upgrade`: what older versions stored, what doing it again would cost, and doing it within a sum."""

from typing import Annotated, Any

import typer

from command_line.output import EXIT_USAGE, JsonFlag, counted, fail, one_line_errors, out, print_json, table
from command_line.runs import WatchOption, start_run
from composition.enrichment import make_estimator
from composition.parts import Parts
from config import load_settings
from data_ingestion.upgrade import UpgradePlan, plan_upgrade
from ledger.data_version import DATA_VERSION
from ledger.run_description import RunDescription
from work_queue.bulk_runs import RunRequest


def upgrade(
    max_cost_usd: Annotated[
        float | None,
        typer.Option("--max-cost-usd", min=0, help="Do it, newest documents first, within this sum."),
    ] = None,
    is_watched: WatchOption = False,
    as_json: JsonFlag = False,
) -> None:
    """Do again what older versions stored; say the price first.

    Without a sum it only says which version stored each document, and what doing the old ones again would take.
    Old versions serve until the new ones are complete. Run it again to go on where it stopped.
    """
    with one_line_errors():
        parts = Parts(load_settings())
        estimator = make_estimator(parts.settings, parts.app_config_file.current())
        plan = plan_upgrade(parts.documents.all(), estimator)
        if max_cost_usd is None or not plan.outdated:
            _show(plan, as_json)
            return
        if plan.total.unpriced:
            models = ", ".join(sorted(plan.total.unpriced))
            fail(f"--max-cost-usd needs prices: AppConfig.prices has none for {models}", EXIT_USAGE)
        chosen = plan.within(max_cost_usd)
        if not chosen:
            first = plan.estimates[0].cost_usd
            fail(f"queued nothing: the newest document alone may cost ${first:.4f}", EXIT_USAGE)
        described = RunDescription(upgrade_to=DATA_VERSION, documents=len(chosen), cache_behavior="upgrade")
        keys = [document.s3_key for document in chosen]
        request = RunRequest(keys, None, "upgrade", described, max_cost_usd or None)
        start_run(parts, request, is_watched, as_json)


def describe_plan(plan: UpgradePlan) -> dict[str, Any]:
    """The plan for machines. Costs are upper bounds: stored answers and vectors are taken over."""
    return {
        "data_version": DATA_VERSION,
        "documents_by_version": {str(version): count for version, count in plan.by_version.items()},
        "outdated": plan.total.documents,
        **plan.total.as_json(),
        "worker_hours": round(plan.worker_hours, 3),
    }


def _show(plan: UpgradePlan, as_json: bool) -> None:
    told = describe_plan(plan)
    if as_json:
        print_json(told)
        return
    shown = table("stored documents", "data version", "documents", right=("data version", "documents"))
    for version, count in plan.by_version.items():
        shown.add_row(f"{version}{' (the newest)' if version == DATA_VERSION else ''}", str(count))
    out.print(shown)
    if not plan.outdated:
        out.print("nothing to upgrade")
        return
    out.print(
        f"upgrading {counted(told['outdated'], 'document')}, {counted(told['pages'], 'page')}:"
        f" at most {told['llm_calls']} LLM calls,"
        f" {told['tokens_in']:,} tokens in, {told['tokens_out']:,} out, {told['embedding_tokens']:,} to embed;"
        f" at most ${told['cost_usd']:.2f}; about {told['worker_hours']:.2f} hours of one worker."
        " Give --max-cost-usd to do it.",
        soft_wrap=True,
    )
