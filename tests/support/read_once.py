"""What clients and apps read or compile anew for each of them is read once for a process.

botocore's service models cost 0.2 s of CPU for the clients of a test. Certificates cost 40 ms and the shapes of
requests 15 ms for each client of Qdrant; builders of addresses cost 20 ms for each app. Nobody changes them afterwards
but to add what was missing, and no server of the tests speaks TLS.
"""

import functools
import ssl
from typing import Any

import boto3
import botocore.loaders
import botocore.session

SERVICES = ("s3", "sqs", "dynamodb")


@functools.cache
def share() -> None:
    """From now on, in this process and those that it forks."""
    botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)  # type: ignore[attr-defined]
    ssl.create_default_context = functools.cache(ssl.create_default_context)  # type: ignore[assignment]


@functools.cache
def share_shapes() -> None:
    """Those by which Qdrant's client looks for texts that it is to embed: for processes that have imported it."""
    from qdrant_client.embed.schema_parser import ModelSchemaParser

    shared = vars(ModelSchemaParser())
    ModelSchemaParser.__init__ = lambda self: vars(self).update(shared)  # type: ignore[method-assign]


@functools.cache
def share_builders() -> None:
    """Of the addresses of Flask's apps; each app still makes its own map of them."""
    from werkzeug.routing import Rule

    compile_builder: Any = Rule._compile_builder
    compiled: dict[object, Any] = {}

    def compile_once(rule: Any, append_unknown: bool = True) -> Any:
        key = rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    Rule._compile_builder = compile_once  # type: ignore[method-assign]


def read() -> None:
    """For processes that will be forked from this one. The keys keep boto3 from looking for others."""
    for service in SERVICES:
        boto3.client(service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")  # type: ignore[call-overload]
