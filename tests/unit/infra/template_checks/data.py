"""What is kept: bucket, queues, ledger, images, and the events that tell of it."""

import json
from collections.abc import Iterator
from urllib.parse import quote_plus

from ledger.documents import STATES
from tests.unit.infra.template_checks.access import KEY
from tests.unit.infra.template_checks.reading import Template, resolver
from work_queue.messages import parse

DERIVED_PREFIXES = ("pdf_page_images/", "extracted_links/", "pdf-metadata/", "processing/", "processing/llm_cache/")


def data_is_private_encrypted_and_recoverable(template: Template) -> Iterator[str]:
    resources = template["Resources"]
    bucket = resources["Bucket"]["Properties"]
    if list(bucket["PublicAccessBlockConfiguration"].values()) != [True] * 4:
        yield "the bucket can be made public"
    if bucket.get("OwnershipControls") != {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}:
        yield "the bucket has ACLs"
    if not bucket.get("BucketEncryption"):
        yield "the bucket isn't encrypted"
    if bucket.get("VersioningConfiguration") != {"Status": "Enabled"}:
        yield "a replaced source is lost"
    for queue in ("Queue", "DeadLetterQueue"):
        if not resolver(template).properties(queue).get("SqsManagedSseEnabled"):
            yield f"{queue} isn't encrypted"
    table = resolver(template).properties("Table")
    if table["SSESpecification"] != {"SSEEnabled": True}:
        yield "the table isn't encrypted with a key of the account"
    if table["PointInTimeRecoverySpecification"] != {"PointInTimeRecoveryEnabled": True}:
        yield "the table can't be restored"
    if table["TimeToLiveSpecification"] != {"AttributeName": "expires_at", "Enabled": True}:
        yield "old attempts stay for ever"
    states = [one for one in table["GlobalSecondaryIndexes"] if one["IndexName"] == STATES]
    if [one["Projection"] for one in states] != [{"ProjectionType": "KEYS_ONLY"}]:
        yield "every document's progress is written into one partition of an index"
    if table["BillingMode"] != "PAY_PER_REQUEST":
        yield "an idle table costs money"
    for name in ("Bucket", "Table", "Repository"):
        policies = (resources[name].get("DeletionPolicy"), resources[name].get("UpdateReplacePolicy"))
        # What a failed first deployment leaves would be in the way of the next one: names are taken.
        if policies != ("RetainExceptOnCreate", "Retain"):
            yield f"{name} goes with the stack, or stays after a first deployment that failed"


def a_key_of_ones_own_encrypts_what_is_kept(template: Template) -> Iterator[str]:
    """SQS refuses both kinds of encryption at once, and S3 asks KMS for each object without a bucket key."""
    here, usual = resolver(template, KmsKeyArn=KEY), resolver(template)
    [rule] = here.properties("Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    wanted = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    if (rule["ServerSideEncryptionByDefault"], rule.get("BucketKeyEnabled")) != (wanted, True):
        yield f"the bucket is encrypted by {rule}"
    if here.properties("Table")["SSESpecification"] != {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}:
        yield "the table is encrypted by another key"
    kept = {
        "Queue": "KmsMasterKeyId",
        "DeadLetterQueue": "KmsMasterKeyId",
        "Secret": "KmsKeyId",
        "LogGroup": "KmsKeyId",
    }
    for name, setting in kept.items():
        if here.properties(name).get(setting) != KEY:
            yield f"{name} is encrypted by another key"
        if here.properties(name).get("SqsManagedSseEnabled"):
            yield f"SQS refuses {name}, which wants two keys"
        if setting in usual.properties(name):
            yield f"{name} names a key that nobody gave"


def browsers_may_post_from_the_panel_alone(template: Template) -> Iterator[str]:
    if "CorsConfiguration" in resolver(template).properties("Bucket"):
        yield "browsers may use the bucket though nobody asked for it"
    cors = (
        resolver(template, PanelOrigin="https://papers.example.org").properties("Bucket").get("CorsConfiguration", {})
    )
    allowed = [(rule["AllowedOrigins"], rule["AllowedMethods"]) for rule in cors.get("CorsRules", ())]
    if allowed != [(["https://papers.example.org"], ["POST"])]:
        yield f"browsers may {allowed}"


def derived_data_has_a_lifecycle(template: Template) -> Iterator[str]:
    rules = resolver(template).properties("Bucket")["LifecycleConfiguration"]["Rules"]
    if any(rule["Status"] != "Enabled" for rule in rules):
        yield "a rule sleeps"
    if not any("AbortIncompleteMultipartUpload" in rule for rule in rules):
        yield "failed uploads stay for ever"
    covered = {rule.get("Prefix") for rule in rules if "NoncurrentVersionExpiration" in rule}
    yield from (f"old versions under {prefix} stay for ever" for prefix in DERIVED_PREFIXES if prefix not in covered)
    for rule in rules:
        if "ExpirationInDays" in rule and rule["Prefix"] != "processing/llm_cache/":
            yield f"{rule['Id']} deletes what is in use"


def images_are_scanned_and_never_replaced(template: Template) -> Iterator[str]:
    repository = template["Resources"]["Repository"]["Properties"]
    if repository["ImageTagMutability"] != "IMMUTABLE":
        yield "a tag can come to mean another image"
    if repository["ImageScanningConfiguration"] != {"ScanOnPush": True}:
        yield "images aren't scanned"
    rules = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    if not any(rule["selection"]["tagStatus"] == "any" for rule in rules):
        yield "images stay for ever"


def events_are_those_that_the_worker_accepts(template: Template) -> Iterator[str]:
    here = resolver(template, PdfPrefix="in box/")
    configurations = here.properties("Bucket")["NotificationConfiguration"]["QueueConfigurations"]
    if {c["Event"] for c in configurations} != {"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}:
        yield "the worker doesn't hear of what comes and goes"
    for configuration in configurations:
        if configuration["Queue"] != "<Queue.Arn>":
            yield "events go elsewhere"
        filters = {rule["Name"]: rule["Value"] for rule in configuration["Filter"]["S3Key"]["Rules"]}
        if set(filters) != {"prefix", "suffix"}:
            yield f"events are filtered by {sorted(filters)}"
            continue
        name = (
            configuration["Event"]
            .removeprefix("s3:")
            .replace("*", "Put" if "Created" in configuration["Event"] else "Delete")
        )
        key = f"{filters['prefix']}a{filters['suffix']}"
        parsed = parse(_event(name, key), bucket="documents", prefix="in box/")
        if [job.s3_key for job in parsed.jobs] != [key]:
            yield f"the worker doesn't want {key}"
    heard = {(c["Event"], rule["Value"]) for c in configurations for rule in c["Filter"]["S3Key"]["Rules"]}
    for event in ("s3:ObjectCreated:*", "s3:ObjectRemoved:*"):
        if not {(event, ".pdf"), (event, ".PDF")} <= heard:
            yield f"a PDF is dropped and {event} says nothing"


def _event(name: str, key: str) -> str:
    stored = {"key": quote_plus(key, safe="/"), "size": 1, "eTag": "e", "sequencer": "1"}
    record = {"eventSource": "aws:s3", "eventName": name, "s3": {"bucket": {"name": "documents"}, "object": stored}}
    return json.dumps({"Records": [{**record, "eventTime": "2030-01-01T00:00:00.000Z"}]})
