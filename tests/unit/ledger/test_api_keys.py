"""What a token is worth, and how long a key lasts."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.api_keys import ApiKeyRecord, KeyState, Token, judge, parse_duration, parse_token

NOW = 1_750_000_000.0  # 2025-06-15T15:06:40Z
SECRET = "s3cret"
#: sha256 of SECRET.
HASH = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
ID = "abcdefghjkmn"


def record(**changes: object) -> ApiKeyRecord:
    made = {"key_id": ID, "scopes": ("read",), "secret_sha256": HASH, "created_at": "2025-01-01T00:00:00.000Z"}
    return ApiKeyRecord.model_validate({**made, **changes})


@pytest.mark.parametrize(
    ("secret", "stored", "state"),
    [
        (SECRET, record(), KeyState.ACCEPTED),
        (SECRET, None, KeyState.UNKNOWN),
        ("other", record(), KeyState.UNKNOWN),
        ("", record(), KeyState.UNKNOWN),
        (SECRET, record(valid_until="2025-06-15T15:06:40.001Z"), KeyState.ACCEPTED),
        (SECRET, record(valid_until="2025-06-15T15:06:40.000Z"), KeyState.EXPIRED),
        (SECRET, record(revoked_at="2025-06-01T00:00:00.000Z"), KeyState.REVOKED),
        # Only its owner learns that a key is over.
        ("other", record(revoked_at="2025-06-01T00:00:00.000Z"), KeyState.UNKNOWN),
    ],
)
def test_a_token_is_worth_what_its_record_says(secret: str, stored: ApiKeyRecord | None, state: KeyState) -> None:
    assert judge(Token(ID, secret), stored, NOW) is state


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (f"lm_{ID}_a_b-c", Token(ID, "a_b-c")),
        (f"lm_{ID}_", None),
        (f"lm_{ID}", None),
        (f"LM_{ID}_abc", None),
        (f"lm_{ID.upper()}_abc", None),
        ("lm_short_abc", None),
        ("lm_abcdefghjkm#_abc", None),
        (f"lm_{ID}_é", None),
        (f"lm_{ID}_" + "a" * 100, None),
        ("", None),
    ],
)
def test_a_token_has_its_form(text: str, token: Token | None) -> None:
    assert parse_token(text) == token


@pytest.mark.parametrize(
    ("text", "hours"),
    [("90d", 2_160), ("12h", 12), ("2025-06-15", 8.888888888888889), ("2025-06-16", 32.88888888888889)],
)
def test_a_duration_is_days_hours_or_until_the_end_of_a_day(text: str, hours: float) -> None:
    assert parse_duration(text, datetime.fromtimestamp(NOW, UTC)) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "d", "0d", "9", "1w", "-1d", "2025-06-14", "soon", "999999d", "٣d"])
def test_what_is_no_duration_or_over_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"say 90d|over already"):
        parse_duration(text, datetime.fromtimestamp(NOW, UTC))
