"""Numbers as texts write them, by value: `1,577`, `1577` and `1.577 thousand` are the same. Pure.

Read are digits of any script, thousands and decimals by the text's language, scale words, percent, negatives with a
minus or in brackets, years, dates, ordinals and small numbers in words. A numeral within a word (`S3`, `10-K`) is none.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from answers.number_words import (
    CURRENCIES,
    DECIMAL_COMMA_LANGUAGES,
    MONTHS,
    NUMBER_WORDS,
    PERCENT_WORDS,
    SCALES,
    SCALES_OF_LANGUAGE,
)

#: A numeral of more characters is a serial number, or an attack.
MAX_NUMERAL_CHARACTERS = 40
FIRST_YEAR, LAST_YEAR = 1700, 2100
_LATIN = r"A-Za-zÀ-ɏͰ-ϿЀ-ӿ"
_GROUP = "[.,٫٬'’\u00a0\u2009\u202f]"
CURRENCY_PATTERN = "|".join(re.escape(name) for name in sorted(CURRENCIES, key=len, reverse=True))
_SCALE_NAMES = {*SCALES, *(name for names in SCALES_OF_LANGUAGE.values() for name in names)}
SCALE_PATTERN = "|".join(re.escape(name) for name in sorted(_SCALE_NAMES, key=lambda name: (-len(name), name)))
_PERCENT = "|".join(re.escape(name) for name in sorted(PERCENT_WORDS, key=len, reverse=True))
_NUMERAL = re.compile(
    rf"""(?P<open>\(\s*)?
    (?P<minus>(?<![\w)%])[-–])?
    (?:(?P<year>(?<![{_LATIN}\d])(?:FY|CY|GJ)\s?'?)
      |(?P<currency>(?<![{_LATIN}])(?:{CURRENCY_PATTERN})\s?(?P<inner>[-(])?)
      |(?<![{_LATIN}\d])(?<!\d[.,]))
    (?P<digits>\d{{1,{MAX_NUMERAL_CHARACTERS}}}(?:{_GROUP}\d{{1,{MAX_NUMERAL_CHARACTERS}}})*)
    (?P<rest>\s?(?i:%|{_PERCENT})(?![{_LATIN}])
      |[\s-]?(?i:{SCALE_PATTERN})(?![{_LATIN}])
      |(?:k|K|M|B|T|bn|mn)(?![{_LATIN}\d])
      |(?:st|nd|rd|th|x)(?![{_LATIN}]))?
    (?P<close>\s*\)\s?%?)?""",
    re.VERBOSE,
)
_INSIDE_A_WORD = re.compile(rf"[{_LATIN}]|-[A-Z](?![{_LATIN}])")
_ISO_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_CJK_DATE = re.compile(r"(?<!\d)(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_SHORT_DATE = re.compile(r"(?<![\d./])(\d{1,2})([./])(\d{1,2})\2(\d{4})(?![\d/])")
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY_FIRST = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|\.|er)?\s+(?:de\s+|of\s+)?({_MONTH})\.?,?\s+(?:de\s+)?(\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
#: A blank between groups of three, where a comma begins decimals.
_BLANK_GROUP = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_URL = re.compile(r"https?://\S+|www\.\S+")
_ASCII = {ord("−"): "-", ord("％"): "%", ord("٪"): "%", ord("，"): ",", ord("．"): ".", ord("（"): "(", ord("）"): ")"}

#: Year, month, day.
Date = tuple[int, int, int]


class NumberKind(Enum):
    """What a number counts."""

    PLAIN = auto()
    MONEY = auto()
    PERCENT = auto()
    YEAR = auto()
    DATE = auto()
    LABEL = auto()  # 1.2.3
    WORD = auto()  # three, 3rd


@dataclass(frozen=True, slots=True)
class Number:
    """`text[start:end]`. `values` are its readings without sign and scale, each with the unit of its last digit:
    `1.577` is 1577 or 1.577 in German. `scale` is 1 where none is written. Of a date `dates` are the readings.
    """

    text: str
    start: int
    end: int
    kind: NumberKind
    values: tuple[tuple[float, float], ...] = ()
    scale: float = 1.0
    has_minus: bool = False
    is_in_brackets: bool = False
    dates: tuple[Date, ...] = ()

    @property
    def is_figure(self) -> bool:
        """What somebody who asks how much may want to hear: no year, no date, and no number in words."""
        return self.kind not in (NumberKind.YEAR, NumberKind.WORD, NumberKind.DATE)

    @property
    def is_negative(self) -> bool:
        return self.has_minus or self.is_in_brackets

    @property
    def is_soft(self) -> bool:
        """What an answer may count by itself, such as "three reasons"."""
        return self.kind is NumberKind.WORD


@lru_cache(maxsize=256)
def numbers_in(text: str, language: str = "en") -> tuple[Number, ...]:
    """The numbers of a text, in order. `language` is an ISO 639-1 code, and decides what a comma means."""
    plain = _with_ascii_digits(text)
    if language in DECIMAL_COMMA_LANGUAGES:
        plain = _BLANK_GROUP.sub("\u00a0", plain)
    for url in _URL.finditer(plain):
        plain = plain[: url.start()] + " " * (url.end() - url.start()) + plain[url.end() :]
    found = list(_dates(text, plain))
    for date in found:
        plain = plain[: date.start] + " " * (date.end - date.start) + plain[date.end :]
    found += _numerals(text, plain, language)
    found += _words(text, language)
    return tuple(sorted(found, key=lambda number: number.start))


def without_numbers(text: str, language: str = "en") -> str:
    """The words alone."""
    parts, at = [], 0
    for number in numbers_in(text, language):
        if number.kind is not NumberKind.WORD and number.start >= at:
            parts.append(text[at : number.start])
            at = number.end
    return " ".join([*parts, text[at:]])


def _with_ascii_digits(text: str) -> str:
    """The same length: each digit of another script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(char)) if char.isdecimal() else _ASCII.get(ord(char), char) for char in text)


def _dates(text: str, plain: str) -> Iterator[Number]:
    taken: list[tuple[int, int]] = []
    for pattern, read in (
        (_ISO_DATE, lambda m: ((int(m[1]), int(m[2]), int(m[3])),)),
        (_CJK_DATE, lambda m: ((int(m[1]), int(m[2]), int(m[3])),)),
        (_SHORT_DATE, lambda m: ((int(m[4]), int(m[3]), int(m[1])), (int(m[4]), int(m[1]), int(m[3])))),
        (_DAY_FIRST, lambda m: ((int(m[3]), MONTHS[m[2].casefold()], int(m[1])),)),
        (_MONTH_FIRST, lambda m: ((int(m[3]), MONTHS[m[1].casefold()], int(m[2])),)),
    ):
        for match in pattern.finditer(plain):
            dates = tuple(date for date in dict.fromkeys(read(match)) if 1 <= date[1] <= 12 and 1 <= date[2] <= 31)
            if dates and not any(start < match.end() and match.start() < end for start, end in taken):
                taken.append((match.start(), match.end()))
                shown = text[match.start() : match.end()]
                yield Number(shown, match.start(), match.end(), NumberKind.DATE, dates=dates)


def _numerals(text: str, plain: str, language: str) -> Iterator[Number]:
    for match in _NUMERAL.finditer(plain):
        rest = (match["rest"] or "").strip(" -\t\n").casefold()
        end = match.end("rest") if match["rest"] else match.end("digits")
        if not rest and _INSIDE_A_WORD.match(plain, end):
            continue
        is_in_brackets = bool(match["close"]) and (bool(match["open"]) or match["inner"] == "(")
        is_percent = rest in PERCENT_WORDS or (is_in_brackets and match["close"].endswith("%"))
        if is_in_brackets and is_percent:
            end = match.end("close")
        start = match.start("digits")
        for group in ("currency", "year", "minus"):
            if match[group]:
                start = match.start(group)
        has_minus = bool(match["minus"]) or match["inner"] == "-"
        values = readings(match["digits"], language)
        scale = _scale(match["rest"] or "", rest, language)
        has_currency = bool(match["currency"])
        kind = _kind(match["digits"], values, has_currency, is_percent, rest, scale)
        if match["year"] and len(match["digits"]) == 2:
            values, kind = ((2000.0 + int(match["digits"]), 1.0),), NumberKind.YEAR
        shown = text[start:end]
        yield Number(shown, start, end, kind, values, scale, has_minus, is_in_brackets)


def _kind(
    digits: str, values: tuple[tuple[float, float], ...], has_currency: bool, is_percent: bool, rest: str, scale: float
) -> NumberKind:
    if not values:
        return NumberKind.LABEL
    if is_percent:
        return NumberKind.PERCENT
    if has_currency:
        return NumberKind.MONEY
    if rest in ("st", "nd", "rd", "th"):
        return NumberKind.WORD
    is_year = len(digits) == 4 and digits.isdecimal() and FIRST_YEAR <= int(digits) <= LAST_YEAR
    return NumberKind.YEAR if is_year and scale == 1 and not rest else NumberKind.PLAIN


def _scale(raw: str, rest: str, language: str) -> float:
    own = SCALES_OF_LANGUAGE.get(language, {})
    if rest in own:
        return own[rest]
    if raw in ("k", "K"):
        return 1e3
    if raw in ("M", "mn"):
        return 1e6
    if raw in ("B", "bn"):
        return 1e9
    if raw == "T":
        return 1e12
    return SCALES.get(rest, 1.0)


def readings(digits: str, language: str) -> tuple[tuple[float, float], ...]:
    """Values that `1.577` or `1,577.30` may have, the likeliest first, each with the unit of its last digit."""
    groups = re.split(f"({_GROUP})", digits)
    whole, marks, parts = groups[0], groups[1::2], groups[2::2]
    if not marks:
        return ((float(whole), 1.0),)
    is_grouped = len(whole) <= 3 and all(len(part) == 3 for part in parts)
    # Indian: 12,34,567
    is_lakh = len(whole) <= 2 and len(parts) > 1 and len(parts[-1]) == 3 and all(len(part) == 2 for part in parts[:-1])
    last = marks[-1]
    decimal = (float("".join([whole, *parts[:-1]]) + "." + parts[-1]), 10.0 ** -len(parts[-1]))
    grouped = (float("".join([whole, *parts])), 1.0)
    if len(marks) > 1:
        if (is_grouped or is_lakh) and len(set(marks)) == 1 and last != "٫":
            return (grouped,)
        front_is_grouped = len(whole) <= 3 and all(len(part) == 3 for part in parts[:-1])
        if front_is_grouped and len(set(marks[:-1])) == 1 and last not in marks[:-1] and last in ".,٫":
            return (decimal,)
        return ()
    if last not in ".,":
        return (decimal,) if last == "٫" else (grouped,) if is_grouped else ()
    has_comma = language in DECIMAL_COMMA_LANGUAGES
    if not is_grouped or whole == "0":
        return (decimal,)
    if has_comma:
        return (grouped, decimal) if last == "." else (decimal, grouped)
    return (grouped,) if last == "," else (decimal,)


def _words(text: str, language: str) -> Iterator[Number]:
    known = NUMBER_WORDS.get(language, NUMBER_WORDS["en"])
    for match in _WORD.finditer(text):
        value = known.get(match.group().casefold())
        if value is not None:
            yield Number(match.group(), match.start(), match.end(), NumberKind.WORD, ((float(value), 1.0),))
