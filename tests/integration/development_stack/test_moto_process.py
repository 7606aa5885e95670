"""moto in our process: DynamoDB's promise that an item is changed as a whole, which moto's own server doesn't keep."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

THREADS = 6
UPDATES = 60


def test_no_addition_is_lost_when_many_come_at_once(moto_endpoint: str) -> None:
    """Without the lock one in some hundred is."""

    def client() -> Any:
        return boto3.client(
            "dynamodb",
            endpoint_url=moto_endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    dynamodb = client()
    dynamodb.create_table(
        TableName="counters",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def count(_: int) -> None:
        own = client()
        for _ in range(UPDATES):
            own.update_item(
                TableName="counters",
                Key={"pk": {"S": "pages"}},
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(count, range(THREADS)))

    item = dynamodb.get_item(TableName="counters", Key={"pk": {"S": "pages"}})["Item"]
    assert item["n"] == {"N": str(THREADS * UPDATES)}
