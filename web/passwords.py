"""Compares what somebody sent with the password of the panel, in time that tells nothing about it."""

import hashlib
import hmac
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: Longer ones are refused unread: hashing them is work that a stranger could ask for.
MAX_PASSWORD_CHARACTERS = 1_024


class Password:
    """`secret` is the password itself, or its argon2 hash as `argon2-cffi` writes it. Thread-safe."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._is_hash = secret.startswith("$argon2")
        self._accepted = b""
        self._lock = threading.Lock()

    def matches(self, attempt: str) -> bool:
        if not attempt or len(attempt) > MAX_PASSWORD_CHARACTERS:
            return False
        digest = _digest(attempt)
        if not self._is_hash:
            return hmac.compare_digest(digest, _digest(self._secret))
        # A machine sends it with every request: verified once, it is recognised by its digest.
        if hmac.compare_digest(digest, self._accepted):
            return True
        with self._lock:  # one at a time: each takes 64 MB
            try:
                PasswordHasher().verify(self._secret, attempt.encode("utf-8", "surrogatepass"))
            except (VerificationError, InvalidHashError):
                return False
            self._accepted = digest
        return True

    def fingerprint(self, key: str) -> str:
        """Changes with the password, so that sessions can end with it."""
        return hmac.new(key.encode(), self._secret.encode(), hashlib.sha256).hexdigest()[:32]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
