"""The settings themselves: which are missing, wrong or misspelt, and which fit badly together."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import SecretStr

from command_line.doctor.findings import Finding, Verdict
from composition.outages import without_password
from config import Settings, load_settings
from foundation.errors import SettingsError
from foundation.setting_names import named_env_file
from foundation.setting_values import MIN_SECRET_KEY_CHARACTERS

#: Shown in place of a secret.
HIDDEN = "(hidden)"
_NAME = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
#: Read by libraries from the environment, not by `Settings`.
_OTHER_NAMES = frozenset({"TIKTOKEN_CACHE_DIR", "ENV_FILE"})
_NAMES = {name.upper(): field for name, field in Settings.model_fields.items()}


def read_settings() -> tuple[Settings | None, list[Finding]]:
    """The settings, None when they can't be used, and what there is to say about them."""
    try:
        env_file = named_env_file(os.environ) or ".env"
    except SettingsError as error:
        step = "correct ENV_FILE, or unset it to read .env"
        return None, [
            Finding("settings", Verdict.BAD_SETTING, str(error), "ENV_FILE", os.environ.get("ENV_FILE"), None, step)
        ]
    try:
        settings = load_settings()
    except SettingsError as error:
        return None, [_fault(fault, env_file) for fault in error.faults or (str(error),)]
    return settings, [_summary(settings, env_file), *_remarks(settings, env_file)]


def shown(name: str, value: object) -> str | None:
    """A setting's value for a person: secrets hidden, passwords in addresses too. Pure.

    What is given to a name that is no setting may be a secret that was meant for one.
    """
    if value is None or value == "":
        return None
    field = _NAMES.get(name)
    is_secret = field is None or isinstance(value, SecretStr) or "SecretStr" in str(field.annotation)
    return HIDDEN if is_secret else without_password(str(value))


def _fault(fault: str, env_file: str) -> Finding:
    match = _NAME.search(fault)
    name = match.group() if match else None
    value = shown(name, _given(env_file).get(name)) if name else None
    if name and fault.startswith(f"{name} is missing"):
        step = f"set {name} in the environment or in {env_file}; .env.example describes it"
    elif "did you mean" in fault:
        step = "rename it, or unset it"
    else:
        step = f"set or correct it in the environment or in {env_file}"
    return Finding("settings", Verdict.BAD_SETTING, fault, name, value, None, step)


def _summary(settings: Settings, env_file: str) -> Finding:
    given = [name for name in _NAMES if name.lower() in settings.model_fields_set]
    in_environment = [name for name in given if os.environ.get(name)]
    from_file = len(given) - len(in_environment)
    message = (
        f"{len(in_environment)} from the environment, {from_file} from {env_file}"
        f"{'' if Path(env_file).is_file() else ' (not there)'}, the other {len(_NAMES) - len(given)} by default"
    )
    return Finding("settings", Verdict.OK, message)


def _remarks(settings: Settings, env_file: str) -> Iterator[Finding]:
    """What works, but probably isn't meant."""
    unknown = sorted(set(dotenv_values(env_file)) - set(_NAMES) - _OTHER_NAMES - set(os.environ))
    for name in unknown if Path(env_file).is_file() else ():
        if name.upper() not in _NAMES:
            message = f"{name} in {env_file} is no setting of this program"
            yield Finding("settings", Verdict.WARNING, message, name, next_step="remove it if nothing else reads it")
    if settings.app_password is None or settings.secret_key is None:
        missing = "APP_PASSWORD" if settings.app_password is None else "SECRET_KEY"
        yield Finding(
            "panel", Verdict.SKIPPED, f"{missing} is not set, so that the panel would not start here", missing
        )
    elif len(settings.secret_key.get_secret_value()) < MIN_SECRET_KEY_CHARACTERS:
        message = (
            f"SECRET_KEY is too short to sign sessions with: the panel wants {MIN_SECRET_KEY_CHARACTERS} characters"
        )
        step = "make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        yield Finding("panel", Verdict.BAD_SETTING, message, "SECRET_KEY", HIDDEN, None, step)
    if settings.aws_endpoint_url and settings.aws_access_key_id is None:
        message = "AWS_ENDPOINT_URL is set without AWS_ACCESS_KEY_ID: boto3 looks elsewhere for keys"
        step = "an emulator takes any: AWS_ACCESS_KEY_ID=test"
        yield Finding("settings", Verdict.WARNING, message, "AWS_ACCESS_KEY_ID", None, settings.aws_endpoint_url, step)


def _given(env_file: str) -> Mapping[str, str | None]:
    in_file = dotenv_values(env_file) if Path(env_file).is_file() else {}
    return {**{name.upper(): value for name, value in in_file.items()}, **os.environ}
