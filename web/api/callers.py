"""Who calls: the key of a request, its scopes, and how many requests it has left, as problem details and headers."""

import time
from collections.abc import Callable

from ledger.api_keys import ApiKeyRecord, ApiKeys
from ledger.key_checks import KeyChecks, KeyRefusedError, Quota, TooManyWrongKeysError
from web.api.operations import Operation
from web.api.problems import ApiProblem

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="leafmill"'}


class Callers:
    """Thread-safe. `clock` is monotonic seconds, `now` epoch seconds."""

    def __init__(
        self, keys: ApiKeys, clock: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time
    ) -> None:
        self.checks = KeyChecks(keys, clock, now)

    def identify(self, authorization: str, address: str) -> ApiKeyRecord:
        """The key of `Authorization`. Raises ApiProblem (401, 429), or TransientError when the ledger is away."""
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise ApiProblem("unauthorized", "Send Authorization: Bearer lm_…", headers=_CHALLENGE)
        try:
            return self.checks.identify(text.strip(), address)
        except KeyRefusedError as error:
            raise ApiProblem("unauthorized", str(error), headers=_CHALLENGE) from None
        except TooManyWrongKeysError as error:
            raise ApiProblem("too_many_requests", str(error), headers={"Retry-After": str(error.seconds)}) from None

    def admit(self, key: ApiKeyRecord, called: Operation) -> dict[str, str]:
        """The headers that say how many requests are left. Raises ApiProblem (403, 429)."""
        if not key.allows(*called.scopes):
            needed = " or ".join(called.scopes)
            raise ApiProblem("forbidden", f"This needs a key with the scope {needed}.")
        if key.prefix and not called.by_prefix:
            raise ApiProblem("forbidden", "This is not told by folder: it needs a key without a prefix.")
        quota = self.checks.take(called.limit, key.key_id)
        headers = _rate_headers(called.limit, quota)
        if not quota.is_admitted:
            raise ApiProblem("too_many_requests", quota.refusal, headers={**headers, "Retry-After": str(quota.seconds)})
        return headers


def _rate_headers(name: str, quota: Quota) -> dict[str, str]:
    """https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (structured fields)"""
    return {
        "RateLimit-Policy": f'"{name}";q={quota.limit};w={quota.window_seconds}',
        "RateLimit": f'"{name}";r={quota.remaining};t={quota.seconds}',
    }
