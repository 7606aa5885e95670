"""What the ledger's door to DynamoDB makes of transactions that meet."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from foundation.errors import TransientError
from ledger import table as table_module
from ledger.table import CONFLICT_ATTEMPTS, ConditionNotMetError, Table, Update


def cancelled(*reasons: str) -> ClientError:
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(response, "TransactWriteItems")


def met_a_transaction() -> ClientError:
    return ClientError({"Error": {"Code": "TransactionConflictException", "Message": "ongoing"}}, "UpdateItem")


class FakeDynamoDb:
    """Answers writes with what it is given, then with success."""

    def __init__(self, *errors: ClientError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def transact_write_items(self, **arguments: Any) -> dict[str, Any]:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return {"Attributes": {"a": {"N": "1"}}}

    update_item = put_item = delete_item = transact_write_items


def transact(*errors: ClientError) -> FakeDynamoDb:
    dynamodb = FakeDynamoDb(*errors)
    Table(cast(Any, dynamodb), "table").transact([Update(("pk", "sk"), {"a": 1}, {})])
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


PLAIN_WRITES: list[Callable[[Table], object]] = [
    lambda table: table.update(Update(("pk", "sk"), {"a": 1}, {})),
    lambda table: table.put({"pk": "pk", "sk": "sk"}),
    lambda table: table.delete(("pk", "sk")),
]


@pytest.mark.parametrize("write", PLAIN_WRITES, ids=["update", "put", "delete"])
def test_a_plain_write_that_met_a_transaction_is_tried_again(write: Callable[[Table], object]) -> None:
    """The producer counts what it queues on the run's item, where workers' transactions count what they ended."""
    dynamodb: Any = FakeDynamoDb(met_a_transaction(), met_a_transaction())
    write(Table(dynamodb, "table"))
    assert dynamodb.calls == 3


@pytest.mark.parametrize("write", PLAIN_WRITES, ids=["update", "put", "delete"])
def test_a_plain_write_that_always_meets_one_is_the_worlds_fault(write: Callable[[Table], object]) -> None:
    dynamodb: Any = FakeDynamoDb(*[met_a_transaction()] * CONFLICT_ATTEMPTS)
    with pytest.raises(TransientError, match="TransactionConflictException"):
        write(Table(dynamodb, "table"))


@pytest.mark.parametrize("reasons", [("ValidationError",), ()])
def test_what_trying_again_cannot_help_is_not_tried_again(reasons: tuple[str, ...]) -> None:
    with pytest.raises(TransientError):
        transact(cancelled(*reasons), cancelled(*reasons))
