"""What models cost."""

from pydantic import Field

from web.api.operations import ADMIN, Call, Model, operation


class DaysQuery(Model):
    """How many days, today included (UTC)."""

    days: int = Field(default=30, ge=1, le=90, description="So many days.")


class ModelCost(Model):
    """What one model cost on one day (UTC)."""

    day: str = Field(description="ISO 8601.")
    model: str = Field(description="The model's name.")
    tokens_in: int = Field(description="Tokens that it was sent.")
    tokens_out: int = Field(description="Tokens that it wrote.")
    cost_usd: float = Field(description="US dollars.")
    documents: int = Field(description="Documents that it worked on.")
    questions: int = Field(description="Questions of people.")


class Costs(Model):
    """Costs by day and model, the newest day first."""

    costs: list[ModelCost] = Field(description="One item a day and model.")


@operation("GET", "/costs", tag="Costs", scopes=ADMIN, query=DaysQuery, answer=Costs, by_prefix=False)
def get_costs(call: Call) -> Costs:
    """Show what models cost, by day and model."""
    query: DaysQuery = call.query
    costs = call.panel.costs
    return Costs(
        costs=[
            ModelCost(day=day, **cost.model_dump())
            for day in costs.newest_days(query.days)
            for cost in costs.of_day(day)
        ]
    )
