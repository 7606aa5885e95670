"""Tokens and dollars: what a document will cost before anything is spent, and what it did cost."""

import re
import threading
from dataclasses import replace

from foundation.app_config import ModelPrice
from model_api.usage import Usage

#: `gpt-4.1-mini-2025-04-14` costs what `gpt-4.1-mini` costs.
_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_PER_MILLION = 1_000_000


def find_price(prices: dict[str, ModelPrice], model: str) -> ModelPrice | None:
    """The price of `model` by its name, without a date at its end, a provider before a slash or a prefix
    of vectors behind a bar; None when unknown."""
    model = model.partition("|")[0]
    names = (model, _DATE.sub("", model), _DATE.sub("", model).rsplit("/", 1)[-1])
    return next((prices[name] for name in names if name in prices), None)


def dollars(price: ModelPrice, tokens_in: int, tokens_out: int) -> float:
    """What these tokens cost, in US dollars."""
    return (price.input * tokens_in + price.output * tokens_out) / _PER_MILLION


def priced(usage: Usage, price: ModelPrice | None) -> Usage:
    """`usage` with its cost, or with its calls counted as unpriced."""
    if price is None:
        return replace(usage, unpriced_calls=usage.calls)
    return replace(usage, cost_usd=dollars(price, usage.tokens_in, usage.tokens_out))


class Allowance:
    """What one document may still cost: reserved before each call, corrected after it. Thread-safe.

    Without a maximum everything is allowed and nothing is counted. A maximum needs a price to mean anything.
    """

    def __init__(self, price: ModelPrice | None, max_cost_usd: float | None) -> None:
        self._price = price or ModelPrice(input=0.0)
        self._left_usd = max_cost_usd
        self._lock = threading.Lock()

    @property
    def is_limited(self) -> bool:
        return self._left_usd is not None

    def covers(self, tokens_in: int, tokens_out: int) -> bool:
        """There is enough left for this, as of now."""
        return self._left_usd is None or dollars(self._price, tokens_in, tokens_out) <= self._left_usd

    def reserve(self, tokens_in: int, tokens_out: int) -> float | None:
        """Take what this may cost at most; None, and nothing is taken, when there isn't enough left."""
        cost = dollars(self._price, tokens_in, tokens_out)
        with self._lock:
            if self._left_usd is None:
                return 0.0
            if cost > self._left_usd:
                return None
            self._left_usd -= cost
            return cost

    def settle(self, reserved_usd: float, usage: Usage) -> None:
        """Give back what was reserved, less what `usage` did cost."""
        with self._lock:
            if self._left_usd is not None:
                self._left_usd += reserved_usd - dollars(self._price, usage.tokens_in, usage.tokens_out)
