"""A thin, typed door to the one DynamoDB table: plain Python values in and out, conditions that tell what they met."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import tenacity
from botocore.exceptions import ClientError

from foundation.aws import aws_errors, error_code
from foundation.batches import in_batches
from ledger.item_values import from_item, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
Item = dict[str, Any]
Key = tuple[str, str]  # pk, sk

#: Writes meet on the items that all documents share: the day's cost and the run. Of two transactions DynamoDB cancels
#: one, and a plain write is refused while a transaction holds its item. The SDK leaves both to the caller to try again.
CONFLICTS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
PLAIN_CONFLICT = "TransactionConflictException"
CONFLICT_ATTEMPTS = 10
CONFLICT_WAIT_SECONDS, MAX_CONFLICT_WAIT_SECONDS = 0.05, 2.0
#: What one BatchGetItem takes, and one TransactWriteItems.
MAX_BATCH_KEYS = 100
MAX_TRANSACTION_WRITES = 100

#: The condition of a put that replaces nothing.
IS_NEW = "attribute_not_exists(pk)"


class ConditionNotMetError(Exception):
    """Somebody else wrote first. `item` is what stands there now, None when there is nothing."""

    def __init__(self, item: Item | None = None) -> None:
        super().__init__("the condition of a ledger write did not hold")
        self.item = item


@dataclass(frozen=True, slots=True)
class Update:
    """One conditional update. Names in `set`, `add` and `remove` are attribute names; the condition uses `#name` for
    an attribute and `:name` for one of `values`."""

    key: Key
    set: Mapping[str, Any]
    add: Mapping[str, int | float]
    remove: tuple[str, ...] = ()
    condition: str | None = None
    values: Mapping[str, Any] | None = None

    def arguments(self, table: str) -> dict[str, Any]:
        """What UpdateItem takes."""
        parts = []
        if self.set:
            parts.append("SET " + ", ".join(f"#{name} = :set_{name}" for name in self.set))
        if self.remove:
            parts.append("REMOVE " + ", ".join(f"#{name}" for name in self.remove))
        if self.add:
            parts.append("ADD " + ", ".join(f"#{name} :add_{name}" for name in self.add))
        values = {f":set_{name}": value for name, value in self.set.items()}
        values |= {f":add_{name}": value for name, value in self.add.items()}
        values |= {f":{name}": value for name, value in (self.values or {}).items()}
        expression = " ".join(parts)
        arguments: dict[str, Any] = {
            "TableName": table,
            "Key": _key(self.key),
            "UpdateExpression": expression,
            "ExpressionAttributeNames": _names(f"{expression} {self.condition or ''}"),
            "ExpressionAttributeValues": to_item(values),
        }
        if self.condition:
            arguments["ConditionExpression"] = self.condition
        return arguments


@dataclass(frozen=True, slots=True)
class SortCondition:
    """What the sort key has to be in a query; `expression` compares `#s`, the attribute, with `:s`, the value."""

    expression: str
    attribute: str
    value: str


def begins_with(attribute: str, beginning: str) -> SortCondition:
    return SortCondition("begins_with(#s, :s)", attribute, beginning)


def at_least(attribute: str, least: str) -> SortCondition:
    return SortCondition("#s >= :s", attribute, least)


class Table:
    """Reads and writes items. Raises errors.TransientError(dependency="aws") when DynamoDB can't answer."""

    def __init__(self, dynamodb: "DynamoDBClient", name: str) -> None:
        self._client = dynamodb
        self.name = name

    def ask(self) -> None:
        """Raise TransientError unless the table is there and answers."""
        with aws_errors(f"asking the table {self.name}"):
            self._client.get_item(TableName=self.name, Key=_key(("probe", "probe")))

    def get(self, key: Key) -> Item | None:
        """One item, read consistently."""
        with aws_errors("reading the ledger"):
            answer = self._client.get_item(TableName=self.name, Key=_key(key), ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else None

    def get_all(self, keys: Sequence[Key]) -> Iterator[Item]:
        """Items by their keys, eventually consistent and in any order; those that are gone are left out."""
        for batch in in_batches(keys, MAX_BATCH_KEYS):
            wanted: Any = {self.name: {"Keys": [_key(key) for key in batch]}}
            while wanted:
                with aws_errors("reading the ledger"):
                    answer = self._client.batch_get_item(RequestItems=wanted)
                yield from map(from_item, answer["Responses"].get(self.name, ()))
                wanted = answer.get("UnprocessedKeys")  # more than 16 MB, or throttled

    def put(self, item: Item) -> None:
        with aws_errors("writing the ledger"):
            _until_no_conflict(lambda: self._client.put_item(TableName=self.name, Item=to_item(item)))

    def delete(self, key: Key, *, condition: str | None = None, values: Mapping[str, Any] | None = None) -> None:
        """Raises ConditionNotMetError when the condition does not hold."""
        arguments: dict[str, Any] = {"TableName": self.name, "Key": _key(key)}
        if condition:
            arguments |= {
                "ConditionExpression": condition,
                "ExpressionAttributeNames": _names(condition),
                "ExpressionAttributeValues": to_item({f":{name}": value for name, value in (values or {}).items()}),
            }
        with aws_errors("deleting from the ledger"):
            try:
                _until_no_conflict(lambda: self._client.delete_item(**arguments))
            except ClientError as error:
                if error_code(error) == "ConditionalCheckFailedException":
                    raise ConditionNotMetError from None
                raise

    def update(self, update: Update) -> Item:
        """The item after the update. Raises ConditionNotMetError with the item that did not meet the condition."""
        with aws_errors("writing the ledger"):
            try:
                answer = _until_no_conflict(
                    lambda: self._client.update_item(
                        **update.arguments(self.name),
                        ReturnValues="ALL_NEW",
                        ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    )
                )
            except ClientError as error:
                if error_code(error) == "ConditionalCheckFailedException":
                    found: Any = error.response.get("Item")
                    raise ConditionNotMetError(from_item(found) if found else self.get(update.key)) from None
                raise
        return from_item(answer["Attributes"])

    def transact(self, updates: Sequence[Update], puts: Sequence[Item] = (), deletes: Sequence[Key] = ()) -> None:
        """All or nothing, at most 100 writes; tried again when another transaction was in the way.

        Raises ConditionNotMetError when a condition does not hold.
        """
        writes: list[Any] = [{"Update": update.arguments(self.name)} for update in updates]
        writes += [{"Put": {"TableName": self.name, "Item": to_item(item)}} for item in puts]
        writes += [{"Delete": {"TableName": self.name, "Key": _key(key)}} for key in deletes]
        with aws_errors("writing the ledger"):
            try:
                _until_no_conflict(lambda: self._client.transact_write_items(TransactItems=writes))
            except ClientError as error:
                if "ConditionalCheckFailed" in _cancellation_reasons(error):
                    raise ConditionNotMetError from None
                raise

    def put_new(self, items: Sequence[Item]) -> set[Key]:
        """Write the items whose keys are free, at most 100 of different keys; returns the keys that were taken.

        One call when all are free; one more when some are taken, since a transaction writes all or nothing.
        """
        taken = set[Key]()
        pending = list(items)
        while pending:
            writes: list[Any] = [
                {"Put": {"TableName": self.name, "Item": to_item(item), "ConditionExpression": IS_NEW}}
                for item in pending
            ]
            with aws_errors("writing the ledger"):
                try:
                    _until_no_conflict(partial(self._client.transact_write_items, TransactItems=writes))
                    break
                except ClientError as error:
                    refused = [reason == "ConditionalCheckFailed" for reason in _reasons_by_write(error)]
                    if not any(refused):
                        raise
            taken |= {(item["pk"], item["sk"]) for item, is_taken in zip(pending, refused, strict=True) if is_taken}
            pending = [item for item, is_taken in zip(pending, refused, strict=True) if not is_taken]
        return taken

    def query(
        self,
        partition: str,
        value: str,
        *,
        index: str | None = None,
        sort: SortCondition | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[Item]:
        """Items of one partition, page by page, never a scan."""
        condition, names, values = "#p = :p", {"#p": partition}, {":p": value}
        if sort:
            condition += f" AND {sort.expression}"
            names["#s"], values[":s"] = sort.attribute, sort.value
        arguments: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_item(values),
            "ScanIndexForward": not newest_first,
        }
        if index:
            arguments["IndexName"] = index
        else:
            arguments["ConsistentRead"] = True
        if limit:
            arguments["Limit"] = limit
        found = 0
        while True:
            with aws_errors("reading the ledger"):
                answer = self._client.query(**arguments)
            for item in answer["Items"]:
                yield from_item(item)
                found += 1
                if limit and found >= limit:
                    return
            if "LastEvaluatedKey" not in answer:
                return
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _until_no_conflict(call: Callable[[], T]) -> T:
    """What the call answers. Raises what it raised last."""
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_conflict),
        stop=tenacity.stop_after_attempt(CONFLICT_ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=CONFLICT_WAIT_SECONDS, max=MAX_CONFLICT_WAIT_SECONDS),
        reraise=True,
    )(call)


def _is_conflict(error: BaseException) -> bool:
    """Nothing was written, because another write was at the same item."""
    is_plain = isinstance(error, ClientError) and error_code(error) == PLAIN_CONFLICT
    return is_plain or bool(_cancellation_reasons(error) & CONFLICTS)


def _cancellation_reasons(error: BaseException) -> set[str]:
    """Why DynamoDB cancelled a transaction; empty for any other error."""
    return set(_reasons_by_write(error))


def _reasons_by_write(error: BaseException) -> list[str]:
    """As above, in the order of the transaction's writes: `None` for a write that was in nobody's way."""
    if not isinstance(error, ClientError) or error_code(error) != "TransactionCanceledException":
        return []
    found: Any = error.response.get("CancellationReasons", ())
    return [str(reason.get("Code")) for reason in found]


def _key(key: Key) -> dict[str, Any]:
    return to_item({"pk": key[0], "sk": key[1]})


def _names(expression: str) -> dict[str, str]:
    """The attributes that an expression names as `#name`."""
    return {f"#{name}": name for name in re.findall(r"#(\w+)", expression)}
