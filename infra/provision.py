"""Makes bucket, notification, queues and table on any AWS-compatible endpoint, all of it read from the template.

CloudFormation itself does this on AWS. Emulators' CloudFormation silently leaves parts out (moto's drops bucket
notifications), so that here plain calls carry out what the template says. Doing it twice changes nothing.

Left out on purpose: what an emulator ignores (encryption, policies), and versioning, because moto sends no event for
the delete marker that a versioned bucket gets in place of a deletion.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.template import LOCAL_PSEUDO_PARAMETERS, Resolver, load_template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

#: Properties of AWS::SQS::Queue that SetQueueAttributes knows by the same name.
_QUEUE_ATTRIBUTES = ("VisibilityTimeout", "ReceiveMessageWaitTimeSeconds", "MessageRetentionPeriod", "RedrivePolicy")
#: Properties of AWS::DynamoDB::Table that CreateTable knows by the same name and shape.
_TABLE_ARGUMENTS = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to make the parts, and as whom; without keys boto3's own chain applies."""

    url: str
    region: str
    access_key_id: str | None = None
    secret_access_key: str | None = None

    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            config=Config(connect_timeout=5, read_timeout=30, s3={"addressing_style": "path"}),
        )


def provision(endpoint: Endpoint, stack_name: str, parameters: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Create what is missing and return the settings that name it, plus those that must agree with the template.

    Raises botocore's ClientError and BotoCoreError when the endpoint refuses or isn't there.
    """
    template = _resolver(endpoint, stack_name, parameters)
    _make_queues(endpoint, stack_name, template)
    template.made["Bucket"] = _make_bucket(endpoint.client("s3"), endpoint.region, template.properties("Bucket"))
    template.made["Table"] = _make_table(
        endpoint.client("dynamodb"), f"{stack_name}-Table", template.properties("Table")
    )
    queue = template.properties("Queue")
    return {
        "AWS_S3_BUCKET_NAME": template.made["Bucket"]["Ref"],
        "AWS_S3_PDF_PREFIX": template.resolve({"Ref": "PdfPrefix"}),
        "SQS_QUEUE_URL": template.made["Queue"]["Ref"],
        "SQS_DLQ_URL": template.made["DeadLetterQueue"]["Ref"],
        "STATUS_TABLE_NAME": template.made["Table"]["Ref"],
        "VISIBILITY_TIMEOUT_SECONDS": str(queue["VisibilityTimeout"]),
        "WAIT_TIME_SECONDS": str(queue["ReceiveMessageWaitTimeSeconds"]),
    }


def provision_queues(endpoint: Endpoint, stack_name: str) -> Mapping[str, Mapping[str, str]]:
    """The queues alone, on an endpoint that has nothing else: `{"Queue": {"Ref": url, "Arn": arn}, …}`."""
    template = _resolver(endpoint, stack_name, None)
    _make_queues(endpoint, stack_name, template)
    return template.made


def _resolver(endpoint: Endpoint, stack_name: str, parameters: Mapping[str, Any] | None) -> Resolver:
    pseudo = {**LOCAL_PSEUDO_PARAMETERS, "AWS::Region": endpoint.region, "AWS::StackName": stack_name}
    return Resolver(load_template(), parameters, pseudo_parameters=pseudo)


def _make_queues(endpoint: Endpoint, stack_name: str, template: Resolver) -> None:
    sqs: SQSClient = endpoint.client("sqs")
    # The order of their references: the queue names its DLQ.
    for name in ("DeadLetterQueue", "Queue"):
        template.made[name] = _make_queue(sqs, f"{stack_name}-{name}", template.properties(name))


def _make_queue(sqs: "SQSClient", name: str, properties: Mapping[str, Any]) -> dict[str, str]:
    attributes = {
        key: json.dumps(properties[key]) if isinstance(properties[key], dict) else str(properties[key])
        for key in _QUEUE_ATTRIBUTES
        if key in properties
    }
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)  # type: ignore[arg-type]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return {"Ref": url, "Arn": arn}


def _make_bucket(s3: "S3Client", region: str, properties: Mapping[str, Any]) -> dict[str, str]:
    name = properties["BucketName"]
    try:
        if region == "us-east-1":  # the one region that must not be named
            s3.create_bucket(Bucket=name)
        else:
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})  # type: ignore[typeddict-item]
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    notifications = [_notification(n) for n in properties["NotificationConfiguration"]["QueueConfigurations"]]
    s3.put_bucket_notification_configuration(
        Bucket=name,
        NotificationConfiguration={"QueueConfigurations": notifications},  # type: ignore[typeddict-item]
    )
    return {"Ref": name, "Arn": f"arn:aws:s3:::{name}"}


def _notification(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """CloudFormation's spelling of a notification in the API's."""
    return {
        "QueueArn": configuration["Queue"],
        "Events": [configuration["Event"]],
        "Filter": {"Key": {"FilterRules": configuration["Filter"]["S3Key"]["Rules"]}},
    }


def _make_table(dynamodb: "DynamoDBClient", name: str, properties: Mapping[str, Any]) -> dict[str, str]:
    with suppress(dynamodb.exceptions.ResourceInUseException):
        dynamodb.create_table(TableName=name, **{key: properties[key] for key in _TABLE_ARGUMENTS})
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if expiry["TimeToLiveStatus"] == "DISABLED":  # saying the same again is an error
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"])
    return {"Ref": name, "Arn": dynamodb.describe_table(TableName=name)["Table"]["TableArn"]}
