"""Words and signs that stand for numbers, by language. Data, as their languages' dictionaries have them."""

#: Languages that write 1.577,30 for what English writes 1,577.30.
DECIMAL_COMMA_LANGUAGES = frozenset(
    ["bg", "cs", "da", "de", "el", "es", "fi", "fr", "hu", "id", "it", "nl", "no", "pl", "pt", "ro", "ru", "sv", "tr",
     "uk"]
)  # fmt: skip
CURRENCIES = frozenset(
    ["$", "€", "£", "¥", "₹", "₩", "₽", "US$", "C$", "A$", "HK$", "R$", "USD", "EUR", "GBP", "JPY", "CHF", "CNY", "RMB"]
)
_NAMES = {
    name: frozenset(" ".join(names.split()).split(", "))
    for name, names in {
        "percent": """%, percent, per cent, pct, percentage points, percentage point, prozent, prozentpunkte, pour cent,
            por ciento, por cento, per cento, procent, процентов, процента, процент, بالمائة, في المئة, パーセント,
            퍼센트""",
        "thousand": """thousand, thousands, tausend, tsd., tsd, mille, mila, mil, duizend, тыс., тыс, тысяч, ألف, آلاف,
            천, 千""",
        "million": """million, millions, mio., mio, millionen, millón, millones, milione, milioni, milhão, milhões,
            miljoen, miljoner, millioner, млн, миллионов, مليون, ملايين, mn, 백만, 百万""",
        "billion": """billion, billions, bn, mrd., mrd, milliarde, milliarden, milliard, milliards, mil millones,
            miliardo, miliardi, bilhão, bilhões, miljard, miljarder, млрд, миллиардов, مليار, مليارات, 십억, 十亿,
            十億""",
    }.items()
}
PERCENT_WORDS = _NAMES["percent"]
#: What a word behind a number multiplies it by.
SCALES: dict[str, float] = {
    **dict.fromkeys(_NAMES["thousand"], 1e3),
    **dict.fromkeys(["万", "萬", "만"], 1e4),
    **dict.fromkeys(["lakh", "lakhs"], 1e5),
    **dict.fromkeys(_NAMES["million"], 1e6),
    **dict.fromkeys(["crore", "crores", "千万", "천만"], 1e7),
    **dict.fromkeys(["亿", "億", "억"], 1e8),
    **dict.fromkeys(_NAMES["billion"], 1e9),
    **dict.fromkeys(["trillion", "trillions", "兆", "조"], 1e12),
}
#: The long scale: a German billion is an English trillion.
SCALES_OF_LANGUAGE: dict[str, dict[str, float]] = {
    "de": {"billion": 1e12, "billionen": 1e12},
    "fr": {"billion": 1e12, "billions": 1e12},
    "es": {"billón": 1e12, "billones": 1e12},
    "nl": {"biljoen": 1e12},
}
MONTHS: dict[str, int] = {
    name: month
    for month, names in enumerate(
        (
            "january jan januar janvier enero gennaio janeiro januari",
            "february feb februar février febrero febbraio fevereiro februari",
            "march mar märz mars marzo março maart",
            "april apr avril abril aprile",
            "may mai mayo maggio maio mei",
            "june jun juni juin junio giugno junho",
            "july jul juli juillet julio luglio julho",
            "august aug août agosto augustus",
            "september sep sept septembre septiembre settembre setembro",
            "october oct oktober octobre octubre ottobre outubro",
            "november nov novembre noviembre novembro",
            "december dec dezember décembre diciembre dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
#: "One" and "first" are left out: they seldom count.
NUMBER_WORDS: dict[str, dict[str, int]] = {
    language: {word: value for value, words in spelt.items() for word in words.split()}
    for language, spelt in {
        "en": {
            2: "two second twice", 3: "three third thrice", 4: "four fourth", 5: "five fifth", 6: "six sixth",
            7: "seven seventh", 8: "eight eighth", 9: "nine ninth", 10: "ten tenth", 11: "eleven eleventh",
            12: "twelve twelfth", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen",
            18: "eighteen", 19: "nineteen", 20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty",
            70: "seventy", 80: "eighty", 90: "ninety", 100: "hundred",
        },
        "de": {
            2: "zwei zweite zweiten zweimal", 3: "drei dritte dritten", 4: "vier vierte vierten", 5: "fünf fünfte",
            6: "sechs sechste", 7: "sieben siebte", 8: "acht achte", 9: "neun neunte", 10: "zehn zehnte", 11: "elf",
            12: "zwölf", 20: "zwanzig", 30: "dreißig", 40: "vierzig", 50: "fünfzig", 100: "hundert",
        },
        "fr": {
            2: "deux deuxième", 3: "trois troisième", 4: "quatre quatrième", 5: "cinq cinquième", 6: "six sixième",
            7: "sept", 8: "huit", 9: "neuf", 10: "dix", 11: "onze", 12: "douze", 20: "vingt", 30: "trente", 100: "cent",
        },
        "es": {
            2: "dos segundo segunda", 3: "tres tercero tercera", 4: "cuatro cuarto", 5: "cinco quinto", 6: "seis",
            7: "siete", 8: "ocho", 9: "nueve", 10: "diez", 11: "once", 12: "doce", 20: "veinte", 100: "cien",
        },
    }.items()
}  # fmt: skip
