"""What models cost: by day and model from the ledger, by document from the catalogue, by run from the runs."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Self

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


@dataclass(frozen=True, slots=True)
class CostTotal:
    """What models cost together, and how many documents and questions that was for."""

    tokens_in: int
    tokens_out: int
    cost_usd: float
    documents: int
    questions: int

    @classmethod
    def of(cls, costs: Sequence[CostRecord]) -> Self:
        return cls(
            tokens_in=sum(cost.tokens_in for cost in costs),
            tokens_out=sum(cost.tokens_out for cost in costs),
            cost_usd=sum(cost.cost_usd for cost in costs),
            documents=sum(cost.documents for cost in costs),
            questions=sum(cost.questions for cost in costs),
        )

    def as_json(self) -> dict[str, float]:
        return asdict(self)


@blueprint.get("/api/admin/api-costs")
def api_costs() -> ResponseReturnValue:
    """One query a day that was asked for. Days are in UTC."""
    query = read_query(CostsQuery)
    parts = panel()
    days = [(day, parts.costs.of_day(day)) for day in parts.costs.newest_days(query.days)]
    costs = [cost for _, of_day in days for cost in of_day]
    documents = parts.catalogue.snapshot().documents.values()
    dearest = sorted(documents, key=lambda entry: entry.record.cost_usd, reverse=True)[:TOP_DOCUMENTS]
    return jsonify(
        as_of=datetime.now(UTC).isoformat(timespec="seconds"),
        days=[
            {"day": day, "models": [cost.model_dump() for cost in of_day], "total": CostTotal.of(of_day).as_json()}
            for day, of_day in days
        ],
        models=[{"model": model, **total.as_json()} for model, total in _by_model(costs)],
        total=CostTotal.of(costs).as_json(),
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


def _by_model(costs: Iterable[CostRecord]) -> list[tuple[str, CostTotal]]:
    """The dearest first."""
    found: dict[str, list[CostRecord]] = {}
    for cost in costs:
        found.setdefault(cost.model, []).append(cost)
    totals = [(model, CostTotal.of(of_model)) for model, of_model in found.items()]
    return sorted(totals, key=lambda row: row[1].cost_usd, reverse=True)
