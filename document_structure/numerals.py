"""Values of the numbers that divisions carry: `7A`, `IV`, `B`, `十二`, `premier`, `One`."""

import re
from functools import lru_cache

#: Words that number divisions, by value; the forms of one value share a row.
_WORDS = (
    "one|first|eins|erster|erste|erstes|premier|première|première|un|primero|primera|uno|una|primo|prima",
    "two|second|zwei|zweiter|zweite|zweites|deuxième|second|seconde|deux|segundo|segunda|dos|secondo|seconda",
    "three|third|drei|dritter|dritte|drittes|troisième|trois|tercero|tercera|tres|terzo|terza",
    "four|fourth|vier|vierter|vierte|viertes|quatrième|quatre|cuarto|cuarta|cuatro|quarto|quarta",
    "five|fifth|fünf|fünfter|fünfte|fünftes|cinquième|cinq|quinto|quinta|cinco",
    "six|sixth|sechs|sechster|sechste|sechstes|sixième|sexto|sexta|seis|sesto|sesta",
    "seven|seventh|sieben|siebter|siebte|siebtes|siebenter|septième|sept|séptimo|séptima|siete|settimo|settima",
    "eight|eighth|acht|achter|achte|achtes|huitième|huit|octavo|octava|ocho|ottavo|ottava",
    "nine|ninth|neun|neunter|neunte|neuntes|neuvième|neuf|noveno|novena|nueve|nono|nona",
    "ten|tenth|zehn|zehnter|zehnte|zehntes|dixième|dix|décimo|décima|diez|decimo|decima",
    "eleven|eleventh|elf|elfter|elfte|onzième|onze|undécimo|undécima|once",
    "twelve|twelfth|zwölf|zwölfter|zwölfte|douzième|douze|duodécimo|duodécima|doce",
)
_WORD_VALUES = {word: value for value, row in enumerate(_WORDS, 1) for word in row.split("|")}
#: For regular expressions, longest first.
NUMBER_WORDS = "|".join(sorted(_WORD_VALUES, key=lambda word: -len(word)))
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_IDEOGRAPHS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_NUMBER_AND_LETTER = re.compile(r"(\d+)(?:er|re|º|°|\.?[oª])?[\s\-]?([a-z]?)", re.IGNORECASE)


def roman_value(digits: str) -> int:
    """The value of a Roman number in either case, 0 of anything else."""
    values = [_ROMAN_DIGITS.get(character, 0) for character in digits.lower()]
    if not values or not all(values):
        return 0
    return sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True))


def ideographic_value(digits: str) -> int:
    """The value of a Chinese or Japanese number (`二十三`, `百零五`), 0 of anything else."""
    total = digit = 0
    for character in digits:
        if character in _TENS:
            total += (digit or 1) * _TENS[character]
            digit = 0
        elif character in _IDEOGRAPHS:
            digit = digit * 10 + _IDEOGRAPHS[character]
        else:
            return 0
    return total + digit


@lru_cache(maxsize=1_024)
def number_value(number: str, *, prefer_letter: bool = False) -> tuple[int, ...]:
    """Sorts as a reader counts: `1` < `1A` < `2`, `5.9` < `5.10`, `IX` < `X`; empty without a value.

    `prefer_letter` reads `C` as the third letter, not as a hundred.
    """
    if match := _NUMBER_AND_LETTER.fullmatch(number):
        letter = match[2].lower()
        return (int(match[1]), ord(letter) - ord("a") + 1) if letter else (int(match[1]),)
    if re.fullmatch(r"\d+(?:[.\-–]\d+)+", number):
        return tuple(map(int, re.split(r"[.\-–]", number)))
    if value := _WORD_VALUES.get(number.lower(), 0):
        return (value,)
    is_letter = len(number) == 1 and number.isascii() and number.isalpha()
    if is_letter and prefer_letter:
        return (ord(number.lower()) - ord("a") + 1,)
    if value := roman_value(number) or ideographic_value(number):
        return (value,)
    return (ord(number.lower()) - ord("a") + 1,) if is_letter else ()
