"""What clients and apps read or compile anew for each of them is read once for a process.

botocore's service models cost 0.2 s of CPU for the clients of a test, and a session 10 ms. Certificates cost 40 ms and
the shapes of requests 15 ms for each client of Qdrant; builders of addresses cost 20 ms for each app, and its templates
25 ms each. What a setting's type says of it costs 6 ms each time that settings are loaded. Nobody changes them
afterwards but to add what was missing, and no server of the tests speaks TLS.
"""

import functools
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import boto3
import botocore.loaders
import botocore.session

from foundation.errors import SettingsError

if TYPE_CHECKING:
    from config import Settings

SERVICES = ("s3", "sqs", "dynamodb")


@functools.cache
def share() -> None:
    """From now on, in this process and those that it forks."""
    botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)
    ssl.create_default_context = functools.cache(ssl.create_default_context)  # type: ignore[assignment]
    _share_sessions()
    _share_setting_types()


def _share_sessions() -> None:
    """One session of boto3 for the same keys and region. Clients are made anew, with event handlers of their own."""
    from composition import aws

    make = aws._session
    made: dict[object, boto3.session.Session] = {}
    making = threading.Lock()

    def session(settings: "Settings", region: str | None = None) -> boto3.session.Session:
        given = (settings.aws_access_key_id, settings.aws_secret_access_key, settings.aws_session_token)
        if not all(given[:2]):
            return make(settings, region)  # the environment's keys, which may be others the next time
        key = region or settings.aws_region, *(secret and secret.get_secret_value() for secret in given)
        with making:
            if key not in made:
                made[key] = make(settings, region)
                made[key].client("sqs")  # a session's first client is not for several threads
            return made[key]

    aws._session = session


def _share_setting_types() -> None:
    from pydantic_settings.sources.base import PydanticBaseEnvSettingsSource

    extract: Any = PydanticBaseEnvSettingsSource._extract_field_info
    extracted: dict[object, Any] = {}

    def extract_once(source: Any, field: Any, name: str, model_config: Any = None) -> Any:
        if model_config is not None:
            return extract(source, field, name, model_config)
        key = source.settings_cls, name, source.case_sensitive, source.env_prefix, source.env_prefix_target
        if key not in extracted:
            extracted[key] = extract(source, field, name)
        return list(extracted[key])

    PydanticBaseEnvSettingsSource._extract_field_info = extract_once  # type: ignore[assignment,method-assign]


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

    Rule._compile_builder = compile_once  # type: ignore[assignment,method-assign]


@functools.cache
def share_templates() -> None:
    """Compiled, of the panel's apps: all make their environments alike."""
    from jinja2 import Environment

    compile_template: Any = Environment.compile
    compiled: dict[object, Any] = {}

    def compile_once(environment: Any, source: Any, name: Any = None, filename: Any = None, *rest: Any) -> Any:
        if rest or not isinstance(source, str) or not name:
            return compile_template(environment, source, name, filename, *rest)
        key = type(environment), tuple(environment.extensions), source, name, filename
        if key not in compiled:
            compiled[key] = compile_template(environment, source, name, filename)
        return compiled[key]

    Environment.compile = compile_once  # type: ignore[assignment,method-assign]


def read() -> None:
    """For processes that will be forked from this one. The keys keep boto3 from looking for others."""
    from config import load_settings

    with suppress(SettingsError):  # it has compared the names and read the types by then
        load_settings("no-such-file")
    for service in SERVICES:
        boto3.client(service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")  # type: ignore[call-overload]
