"""Which language a text is in, by its script and its commonest words: quick, offline, and silent when unsure."""

import re
from collections import Counter

from embeddings.stop_words import STOP_WORDS

#: BCP 47's code for a language that can't be determined.
UNKNOWN = "und"
#: What is looked at is enough to tell.
SAMPLE_CHARACTERS = 20_000
#: Of all words, this share must be stop words of a language for it to be that one.
MIN_STOP_WORD_SHARE = 0.08
MIN_WORDS = 8
#: Of all letters, this share must be of a script. A technical text has many Latin words in any language.
MIN_SCRIPT_SHARE = 0.25

#: Script → its letters; those of the rarer scripts come first, since Japanese is full of Han.
_SCRIPTS = {
    "ja": re.compile("[\u3040-\u30ff]"),
    "ko": re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]"),
    "zh": re.compile("[\u3400-\u9fff\uf900-\ufaff]"),
    "ar": re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]"),
    "he": re.compile("[\u0590-\u05ff\ufb1d-\ufb4f]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "el": re.compile("[\u0370-\u03ff]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "ka": re.compile("[\u10a0-\u10ff]"),
    "hy": re.compile("[\u0530-\u058f]"),
    "bn": re.compile("[\u0980-\u09ff]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
}
#: Letters that only one of the languages of a script has.
_DISTINCTIVE = {"ar": (("fa", "پچژگ"),), "ru": (("uk", "іїєґ"), ("bg", "ъ"))}
#: Kana make a text Japanese even when most of its letters are Han.
_MIN_KANA_SHARE = 0.05
_LETTERS = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[^\W\d_]+")
_DECLARED = re.compile(r"([a-zA-Z]{2})(?:[-_]\w+)*$")


def detect_language(text: str) -> str:
    """ISO 639-1 code of the language that most of `text` is in, `und` when it can't be told."""
    sample = text[:SAMPLE_CHARACTERS]
    letters = len(_LETTERS.findall(sample))
    if letters == 0:
        return UNKNOWN
    shares = {code: len(script.findall(sample)) / letters for code, script in _SCRIPTS.items()}
    if shares["ja"] >= _MIN_KANA_SHARE:
        return "ja"
    code, share = max(shares.items(), key=lambda item: item[1])
    if share >= MIN_SCRIPT_SHARE:
        return _tell_apart(code, sample.lower(), letters)
    return _by_stop_words(sample)


def declared_language(code: str) -> str:
    """ISO 639-1 code of what a document names as its language (BCP 47, `de-AT`), `und` for what is no code."""
    found = _DECLARED.match(code.strip())
    return found.group(1).lower() if found else UNKNOWN


def _tell_apart(code: str, sample: str, letters: int) -> str:
    for other, distinctive in _DISTINCTIVE.get(code, ()):
        if sum(sample.count(letter) for letter in distinctive) / letters > 0.01:
            return other
    return code


def _by_stop_words(sample: str) -> str:
    words = Counter(word.lower() for word in _WORDS.findall(sample))
    total = words.total()
    if total < MIN_WORDS:
        return UNKNOWN
    counts = {code: sum(words[word] for word in stop_words) for code, stop_words in STOP_WORDS.items()}
    best, runner_up = sorted(counts, key=lambda code: -counts[code])[:2]
    is_clear = counts[best] >= total * MIN_STOP_WORD_SHARE and counts[best] > counts[runner_up]
    return best if is_clear else UNKNOWN
