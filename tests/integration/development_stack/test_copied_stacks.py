"""The stacks that tests get are copies, which don't know of each other."""

import uuid

from infra.provision import Endpoint
from tests.support.aws_engine import Moto


def test_a_copy_works_as_a_stack_that_was_made_and_is_empty_but_for_the_first_event(moto_endpoint: str) -> None:
    engine, endpoint = Moto(moto_endpoint), Endpoint(moto_endpoint, "us-east-1", "test", "test")
    s3, sqs, dynamodb = (endpoint.client(service) for service in ("s3", "sqs", "dynamodb"))
    for _ in range(2):
        name = f"t{uuid.uuid4().hex[:10]}"
        made = engine.make_stack(name, "http://qdrant")
        bucket, queue, table = made["AWS_S3_BUCKET_NAME"], made["SQS_QUEUE_URL"], made["STATUS_TABLE_NAME"]
        assert all(name in value for value in (bucket, queue, made["SQS_DLQ_URL"], table))
        assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
        assert dynamodb.scan(TableName=table)["Items"] == []
        [first] = sqs.receive_message(QueueUrl=queue)["Messages"]
        assert f'"Bucket": "{bucket}"' in first["Body"]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])

        s3.put_object(Bucket=bucket, Key="source-pdfs/a.pdf", Body=b"%PDF")
        dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "sk": {"S": "b"}})
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        for _ in range(20):
            found = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0).get("Messages", [])
            if not found:
                break
            assert bucket in found[0]["Body"]
            assert "a.pdf" in found[0]["Body"]
        [letter] = sqs.receive_message(QueueUrl=made["SQS_DLQ_URL"])["Messages"]
        assert bucket in letter["Body"], "the copied queue names the copied one for what nobody could do"
        assert f"{name}-DeadLetterQueue" in attributes["RedrivePolicy"]
