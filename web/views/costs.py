"""What models cost: by day and model from the ledger, by document from the catalogue, by run from the runs."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from ledger.records import CostRecord
from web.inputs import Input, read_query
from web.panel import panel

blueprint = Blueprint("costs", __name__)

TOP_DOCUMENTS = 20


class CostsQuery(Input):
    days: int = Field(default=30, ge=1, le=90)


@blueprint.get("/api/admin/api-costs")
def costs() -> ResponseReturnValue:
    """One query a day that was asked for. Days are in UTC."""
    query = read_query(CostsQuery)
    parts = panel()
    days = [_day(day, parts.costs.of_day(day)) for day in parts.costs.newest_days(query.days)]
    documents = parts.catalogue.snapshot().documents.values()
    dearest = sorted(documents, key=lambda entry: entry.record.cost_usd, reverse=True)[:TOP_DOCUMENTS]
    return jsonify(
        as_of=datetime.now(UTC).isoformat(timespec="seconds"),
        days=days,
        models=_by_model(days),
        total=_sum([row for day in days for row in day["models"]]),
        documents=[
            {
                "s3_key": entry.s3_key,
                "document_id": entry.document_id,
                "tokens_in": entry.record.tokens_in,
                "tokens_out": entry.record.tokens_out,
                "cost_usd": entry.record.cost_usd,
            }
            for entry in dearest
            if entry.record.cost_usd or entry.record.tokens_in
        ],
    )


def _day(day: str, costs: list[CostRecord]) -> dict[str, Any]:
    rows = [cost.model_dump() for cost in costs]
    return {"day": day, "models": rows, "total": _sum(rows)}


def _by_model(days: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for day in days:
        for row in day["models"]:
            rows.setdefault(row["model"], []).append(row)
    found = [{"model": model, **_sum(of_model)} for model, of_model in rows.items()]
    return sorted(found, key=lambda row: row["cost_usd"], reverse=True)


def _sum(rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("tokens_in", "tokens_out", "cost_usd", "documents", "questions")
    return {name: sum(row[name] for row in rows) for name in names}
