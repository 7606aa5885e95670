"""Lines that say when, or in which unit: they stand between a title and its figures and are printed like the title."""

import re
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BEGINS = re.compile(
    r"\W*(?:(?:for\s+)?(?:the\s+)?(?:(?:fiscal|first|second|third|fourth|three|six|nine|twelve)\s+)*"
    r"(?:years?|months|quarters?|weeks|periods?)\b|as\s+(?:of|at)\b|at\s+(?:\d|[a-z]+\s+\d)|"
    r"(?:amounts\s+|dollars\s+)?in\s+(?:\w+\s+of\s+)?(?:millions|thousands)|"
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)\b"
    r"|(?:exercices?|au\s+31|zum\s+3[01]|vom\s+1|al\s+3[01]|ejercicios?)\b|\(?unaudited|\d)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
#: Words of lines that say nothing but when and in which unit; one of the second set is among them.
_WHEN_AND_UNIT: Final = _words("""
    for the year years ended ending month months quarter quarters week weeks period periods fiscal as of at and or in to
    through three six nine twelve thirteen first second third fourth unaudited audited amounts dollars dollar except per
    share shares data par value values where noted otherwise indicated u s us usd eur euros euro d en et au le und am
    zum bis geschäftsjahr exercice exercices clos ejercicio terminado el de m
""")
_MONTH_OR_UNIT: Final = _words("""
    january february march april may june july august september october november december ended ending millions
    thousands billions million thousand billion janvier février mars avril mai juin juillet août septembre octobre
    novembre décembre januar februar märz juni juli oktober dezember enero febrero marzo abril mayo junio julio
    agosto septiembre octubre noviembre diciembre milliers millionen millones miles mio tausend
""")


def is_period(text: str) -> bool:
    """Whether a line begins by telling what the columns below it are: `Years Ended December 31, 2022 and 2021`."""
    return _BEGINS.match(text) is not None


def is_only_period_or_unit(text: str) -> bool:
    """Whether a line says when or in which unit and nothing else: `(in millions)`, `As of December 31, 2022`."""
    rest = frozenset(_WORD.findall(text.casefold())) - _WHEN_AND_UNIT
    return bool(rest) and rest <= _MONTH_OR_UNIT
