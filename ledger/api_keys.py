"""Keys of the API: who may call it, for what, on which part of the sources. Only a hash of each secret is kept.

A key is `lm_{key_id}_{secret}`. The id finds the record; the secret has 256 random bits, so that a plain SHA-256 of it
can't be searched through, and comparing costs a request nothing.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal, get_args

from foundation.errors import FailureCode, TransientError
from foundation.timestamps import utc_iso
from ledger.records import Record
from ledger.table import ConditionNotMetError, Table, Update

#: `read`: search, ask, documents. `upload`: put PDFs there and see what becomes of them. `admin`: everything.
Scope = Literal["read", "upload", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

TOKEN_START = "lm_"  # noqa: S105 (what every token begins with)
ID_CHARACTERS = 12
SECRET_BYTES = 32
#: Of a token: 3 + 12 + 1 + 43. Longer ones are refused unread.
MAX_TOKEN_CHARACTERS = 100
MAX_NAME_CHARACTERS = 100
#: A revoked key is listed this long.
KEEP_REVOKED_DAYS = 90
#: When a key was last used is written at most this often, however many requests it sends.
LAST_USED_SECONDS = 300.0
_PARTITION = "api-keys"
_ID_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

# The clauses of the conditional writes.
IS_NEW = "attribute_not_exists(#pk)"
NOT_REVOKED = "attribute_exists(#secret_sha256) AND attribute_not_exists(#revoked_at)"
IS_OLDER = "attribute_exists(#secret_sha256) AND (attribute_not_exists(#last_used_at) OR #last_used_at < :before)"


class ApiKeyRecord(Record):
    """One key. `prefix` is what S3 keys begin with, "" for all. Times are ISO 8601 in UTC; `valid_until` None: no end.

    `valid_until` is not the table's TTL attribute: an expired key stays listed until somebody revokes it.
    """

    key_id: str
    name: str = ""
    scopes: tuple[Scope, ...]
    prefix: str = ""
    secret_sha256: str
    created_at: str
    valid_until: str | None = None
    revoked_at: str | None = None
    last_used_at: str | None = None

    def allows(self, *scopes: Scope) -> bool:
        """Whether it has one of these scopes; admin has all. Pure."""
        return "admin" in self.scopes or not set(self.scopes).isdisjoint(scopes)

    def state(self, now: float) -> Literal["valid", "expired", "revoked"]:
        """At `now` (epoch seconds). Pure."""
        if self.revoked_at:
            return "revoked"
        if self.valid_until and self.valid_until <= utc_iso(now):
            return "expired"
        return "valid"


class KeyState(StrEnum):
    """What is said of a token."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Token:
    """The parts of what a client sends."""

    key_id: str
    secret: str


def parse_token(text: str) -> Token | None:
    """None for what is no token of ours. Pure."""
    if len(text) > MAX_TOKEN_CHARACTERS or not text.startswith(TOKEN_START) or not text.isascii():
        return None
    key_id, _, secret = text.removeprefix(TOKEN_START).partition("_")
    if len(key_id) != ID_CHARACTERS or set(key_id) - set(_ID_ALPHABET) or not secret:
        return None
    return Token(key_id, secret)


def judge(token: Token, record: ApiKeyRecord | None, now: float) -> KeyState:
    """What a token is worth at `now` (epoch seconds). Only its owner learns that a key is expired or revoked. Pure.

    It takes the same time whether the record is missing or the secret is wrong.
    """
    expected = record.secret_sha256 if record else _sha256("")
    is_right = hmac.compare_digest(_sha256(token.secret), expected)
    if record is None or not is_right:
        return KeyState.UNKNOWN
    state = record.state(now)
    return KeyState.ACCEPTED if state == "valid" else KeyState(state)


class ApiKeys:
    """Raises TransientError when the table doesn't answer. `clock` gives epoch seconds."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def create(
        self, scopes: Iterable[Scope], *, prefix: str = "", name: str = "", valid_for: timedelta | None = None
    ) -> tuple[ApiKeyRecord, str]:
        """The record and the token, which nothing shows again. `prefix` is what S3 keys begin with."""
        now = self._clock()
        secret = secrets.token_urlsafe(SECRET_BYTES)
        ends = utc_iso(now + valid_for.total_seconds()) if valid_for else None
        record = ApiKeyRecord(
            key_id="".join(secrets.choice(_ID_ALPHABET) for _ in range(ID_CHARACTERS)),
            name=name[:MAX_NAME_CHARACTERS],
            scopes=tuple(scope for scope in SCOPES if scope in set(scopes)),
            prefix=prefix,
            secret_sha256=_sha256(secret),
            created_at=utc_iso(now),
            **({"valid_until": ends} if ends else {}),
        )
        try:
            self._table.update(Update((_PARTITION, record.key_id), record.to_item(), {}, condition=IS_NEW))
        except ConditionNotMetError as error:
            # One id in 10^17 is taken, or the SDK sent the write again whose answer was lost.
            if not error.item or error.item.get("secret_sha256") != record.secret_sha256:
                raise TransientError(FailureCode.INTERNAL, "the key's id is taken: try again") from None
        return record, f"{TOKEN_START}{record.key_id}_{secret}"

    def find(self, key_id: str) -> ApiKeyRecord | None:
        """One consistent read."""
        item = self._table.get((_PARTITION, key_id))
        return ApiKeyRecord.from_item(item) if item and "secret_sha256" in item else None

    def all(self) -> Iterator[ApiKeyRecord]:
        """The oldest first. One query."""
        records = [ApiKeyRecord.from_item(item) for item in self._table.query("pk", _PARTITION)]
        return iter(sorted(records, key=lambda record: record.created_at))

    def revoke(self, key_id: str) -> ApiKeyRecord | None:
        """The key as it is from now on; None when there is none. A second call changes nothing."""
        now = self._clock()
        gone = {"revoked_at": utc_iso(now), "expires_at": int(now) + KEEP_REVOKED_DAYS * 86_400}
        try:
            return ApiKeyRecord.from_item(
                self._table.update(Update((_PARTITION, key_id), gone, {}, condition=NOT_REVOKED))
            )
        except ConditionNotMetError as error:
            return ApiKeyRecord.from_item(error.item) if error.item else None

    def note_use(self, key_id: str) -> bool:
        """Write that the key is used now, unless another process has lately; whether it was written."""
        now = self._clock()
        used = {"last_used_at": utc_iso(now)}
        before = {"before": utc_iso(now - LAST_USED_SECONDS)}
        try:
            self._table.update(Update((_PARTITION, key_id), used, {}, condition=IS_OLDER, values=before))
        except ConditionNotMetError:
            return False
        return True


def parse_duration(text: str, now: datetime | None = None) -> timedelta:
    """How long a key is valid: `90d`, `12h`, or until a date, `2027-01-31` (its end in UTC). Raises ValueError."""
    number, unit = text[:-1], text[-1:]
    if number.isascii() and number.isdigit() and unit in "dh" and unit and len(number) <= 5:
        found = timedelta(days=int(number)) if unit == "d" else timedelta(hours=int(number))
    else:
        try:
            day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            raise ValueError("say 90d, 12h or a date as 2027-01-31") from None
        found = day + timedelta(days=1) - (now or datetime.now(UTC))
    if found <= timedelta(0):
        raise ValueError("that is over already")
    return found


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
