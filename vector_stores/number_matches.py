"""Which hits have the numbers that a query asks for, however they are written. Pure.

A row of a long table has few words, and its number's digits stand in many other rows: neither meaning nor BM25 on the
parts of `25,850` tells it from them. Years and short numbers are left out: they stand everywhere and mean little.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from embeddings.joined_numbers import joined_numbers
from vector_stores.points import Hit

#: As much as a heading that matches has by default (AppConfig's `rerank_gamma`); fused scores are 1 at best.
NUMBER_LIFT = 0.2
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_PLAIN = re.compile(r"(?<![\w.,'’])[0-9]{4,15}(?![.,'’]?\w)")


def numbers_in(text: str) -> frozenset[str]:
    """Numbers with separators, and plain ones of four digits and more, each in the form without separators."""
    return frozenset([*joined_numbers(text), *(found[0] for found in _PLAIN.finditer(text))])


def asked_numbers(query: str) -> frozenset[str]:
    """Those of a query that tell one passage from another."""
    return frozenset(
        number
        for number in numbers_in(query)
        if "p" in number or (len(number) >= 4 and not _FIRST_YEAR <= int(number) <= _LAST_YEAR)
    )


def lift_by_numbers(query: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits with NUMBER_LIFT added for those that have all numbers asked for, its share for some; best first."""
    asked = asked_numbers(query)
    if not asked:
        return list(hits)
    lifted = [
        replace(hit, score=hit.score + NUMBER_LIFT * len(asked & numbers_in(hit.text)) / len(asked)) for hit in hits
    ]
    return sorted(lifted, key=lambda hit: hit.score, reverse=True)
