"""What the ledger's door to DynamoDB makes of numbers, and of transactions that meet."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from foundation.errors import TransientError
from ledger import table as table_module
from ledger.table import CONFLICT_ATTEMPTS, ConditionNotMetError, Table, Update, from_item, to_item


def cancelled(*reasons: str) -> ClientError:
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(response, "TransactWriteItems")


class FakeDynamoDb:
    """Answers transactions with what it is given, then with success."""

    def __init__(self, *errors: ClientError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def transact_write_items(self, **arguments: Any) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


def transact(*errors: ClientError) -> FakeDynamoDb:
    dynamodb: Any = FakeDynamoDb(*errors)
    Table(dynamodb, "table").transact([Update(("pk", "sk"), {"a": 1}, {})])
    return dynamodb


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "CONFLICT_WAIT_SECONDS", 0.0)


@pytest.mark.parametrize("reason", sorted(table_module.CONFLICTS))
def test_a_transaction_that_met_another_is_tried_again(reason: str) -> None:
    assert transact(cancelled("None", reason), cancelled(reason, "None")).calls == 3


def test_a_condition_that_does_not_hold_is_told_at_once() -> None:
    with pytest.raises(ConditionNotMetError):
        transact(cancelled("ConditionalCheckFailed", "None"))


def test_conflicts_without_end_are_the_worlds_fault() -> None:
    with pytest.raises(TransientError, match="TransactionCanceledException"):
        transact(*[cancelled("TransactionConflict")] * CONFLICT_ATTEMPTS)


@pytest.mark.parametrize("reasons", [("ValidationError",), ()])
def test_what_trying_again_cannot_help_is_not_tried_again(reasons: tuple[str, ...]) -> None:
    with pytest.raises(TransientError):
        transact(cancelled(*reasons), cancelled(*reasons))


@pytest.mark.parametrize("dollars", [0.000001, 0.0000123, 0.1, 123456.789])
def test_no_number_is_written_with_an_exponent(dollars: float) -> None:
    written = to_item({"cost_usd": dollars})
    assert "E" not in written["cost_usd"]["N"]
    assert from_item(written)["cost_usd"] == pytest.approx(dollars, abs=1e-6)


def test_what_is_less_than_a_millionth_is_nothing() -> None:
    assert to_item({"cost_usd": 6e-8}) == {"cost_usd": {"N": "0.0"}}
